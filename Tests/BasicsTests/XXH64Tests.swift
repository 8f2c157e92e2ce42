import Basics
import Testing

@Suite struct XXH64Tests {
  /// The sanity buffer of xxHash's own self test: top bytes of a generator that multiplies by PRIME64.
  private static let sanity: [UInt8] = {
    var generator: UInt64 = 2_654_435_761
    return (0..<222).map { _ in
      defer { generator = generator &* 11_400_714_785_074_694_797 }
      return UInt8(truncatingIfNeeded: generator >> 56)
    }
  }()

  private func hash(_ bytes: [UInt8], seed: UInt64) -> UInt64 {
    unsafe XXH64.hash(bytes.span.bytes, seed: seed)
  }

  /// Values of xxHash's own self test (tests/sanity_test_vectors.h), with seed 0 and PRIME32.
  @Test(
    "hashes equal the published ones",
    arguments: [
      (0, 0, 0xEF46_DB37_51D8_E999), (0, 0x9E37_79B1, 0xAC75_FDA2_929B_17EF),
      (1, 0, 0xE934_A84A_DB05_2768), (1, 0x9E37_79B1, 0x5014_6076_43A9_B4C3),
      (4, 0, 0x9136_A0DC_A574_57EE), (14, 0, 0x8282_DCC4_994E_35C8),
      (14, 0x9E37_79B1, 0xC3BD_6BF6_3DEB_6DF0), (222, 0, 0xB641_AE8C_B691_C174),
      (222, 0x9E37_79B1, 0x20CB_8AB7_AE10_C14A),
    ] as [(Int, UInt64, UInt64)])
  func published(length: Int, seed: UInt64, expected: UInt64) {
    #expect(hash(Array(Self.sanity[..<length]), seed: seed) == expected)
  }

  @Test("pieces hash as the whole does, wherever they are cut", arguments: 0..<150)
  func pieces(length: Int) {
    var random = SeededRandom(seed: UInt64(length))
    let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    let seed = random.next()
    for _ in 0..<20 {
      var state = XXH64(seed: seed)
      var start = 0
      while start < length {
        let end = random.int(in: start..<length) + 1
        unsafe state.update(bytes.span.bytes.extracting(start..<end))
        start = end
      }
      #expect(state.digest() == hash(bytes, seed: seed))
      #expect(state.digest() == state.digest())
    }
  }

  @Test("an integer hashes as its bytes, least significant first")
  func integers() {
    let word: UInt64 = 0x0102_0304_0506_0708
    let bytes: [UInt8] = [8, 7, 6, 5, 4, 3, 2, 1]
    var state = XXH64(seed: 7)
    state.update(integer: word)
    #expect(state.digest() == hash(bytes, seed: 7))
    #expect(XXH64.hash(word: word, seed: 7) == hash(bytes, seed: 7))
  }
}
