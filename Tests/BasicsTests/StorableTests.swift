import Basics
import Testing

@Suite struct StorableTests {
  private func bytes(_ value: some Storable) -> [UInt8] {
    var bytes: [UInt8] = []
    value.store(into: &bytes)
    return bytes
  }

  @Test(
    "a hash that says it better equals the hash of the bytes",
    arguments: ["", "a", "über", String(repeating: "long", count: 99)])
  func hashes(text: String) {
    #expect(unsafe text.storedHash == XXH64.hash(bytes(text).span.bytes))
    let number = UInt64(text.utf8.count) &* 0x1234_5678_9abc_def1
    #expect(unsafe number.storedHash == XXH64.hash(bytes(number).span.bytes))
  }

  @Test("what is no value gives none")
  func malformed() {
    #expect(unsafe UInt64(stored: [1, 2, 3].span.bytes) == nil)
    #expect(unsafe String(stored: [0xff, 0xfe].span.bytes) == nil)
    #expect(unsafe String(stored: bytes("é").span.bytes) == "é")
    #expect(unsafe UInt64(stored: bytes(258 as UInt64).span.bytes) == 258)
  }

  @Test("a reader gives nil where bytes end too early, at every cut")
  func reader() {
    var whole: [UInt8] = []
    whole.append(littleEndian: UInt16(7))
    whole.append(countedText: "name")
    for end in 0...whole.count {
      var reader = unsafe ByteReader(whole.span.bytes.extracting(first: end))
      let (number, name) = (reader.integer(UInt16.self), reader.text())
      #expect(number == (end >= 2 ? 7 : nil))
      #expect(name == (end == whole.count ? "name" : nil))
    }
  }
}
