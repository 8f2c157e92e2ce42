// Published vectors: FIPS 180-4's examples, RFC 4231, RFC 7914, RFC 4648.
import Testing

@testable import Basics

@Suite struct SHA256Tests {
  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  @Test(
    "a hash is the standard's",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
    ])
  func hash(text: String, expected: String) {
    #expect(hex(SHA256.hash(Array(text.utf8))) == expected)
  }

  @Test("pieces of any size hash as the whole does")
  func pieces() {
    let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0 * 7) }
    for size in [1, 3, 55, 56, 63, 64, 65, 128, 299] {
      var hash = SHA256()
      for start in stride(from: 0, to: bytes.count, by: size) {
        hash.update(Array(bytes[start..<min(start + size, bytes.count)]))
      }
      #expect(hash.finish() == SHA256.hash(bytes))
    }
  }

  @Test("a code is RFC 4231's, also under a key longer than a block")
  func hmac() {
    let short = HMACSHA256(key: Array("Jefe".utf8)).code(of: Array("what do ya want for nothing?".utf8))
    #expect(hex(short) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    let long = HMACSHA256(key: [UInt8](repeating: 0xAA, count: 131))
      .code(of: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8))
    #expect(hex(long) == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
  }

  @Test("a derived key is RFC 7914's")
  func derived() {
    let key = pbkdf2(password: Array("passwd".utf8), salt: Array("salt".utf8), iterations: 1)
    #expect(hex(key) == "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc")
  }

  @Test(
    "base64 is RFC 4648's, both ways",
    arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")])
  func base64Text(text: String, expected: String) {
    #expect(base64(Array(text.utf8)) == expected)
    #expect(bytes(base64: expected) == Array(text.utf8))
  }

  @Test("what is not base64 is none", arguments: ["Z", "Zg", "Zg=", "Zh==", "Zm9v ", "Zm=v"])
  func noBase64(text: String) { #expect(bytes(base64: text) == nil) }

  @Test("secrets are equal when every byte is")
  func equal() {
    #expect(areEqualInConstantTime([1, 2], [1, 2]) && areEqualInConstantTime([], []))
    #expect(!areEqualInConstantTime([1, 2], [1, 3]) && !areEqualInConstantTime([1], [1, 2]))
  }
}
