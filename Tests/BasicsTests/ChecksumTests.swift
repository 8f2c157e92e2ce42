import Testing

@testable import Basics

@Suite struct ChecksumTests {
  @Test("CRC-32C of the RFC 3720 vectors")
  func crcOfPublishedVectors() {
    #expect(crc32c(Array("123456789".utf8)) == 0xE306_9283)
    #expect(crc32c([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(crc32c([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(crc32c(Array(0..<32)) == 0x46DD_794E)
  }

  @Test("a checksum moved over bytes, with theirs added, is the checksum of both")
  func crcMoved() {
    var random = SeededRandom(seed: 3)
    for count in [0, 1, 2, 3, 7, 8, 255, 256, 4095, 100_000] {
      let (before, bytes) = (
        UInt32(truncatingIfNeeded: random.next()),
        (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      )
      #expect(crc32c(bytes, continuing: before) == crc32c(before, movedBy: count) ^ crc32c(bytes))
    }
    let far = 5_000_000_000
    #expect(crc32c(crc32c(9, movedBy: far), movedBy: 7) == crc32c(9, movedBy: far + 7))
  }

  @Test("the processor's instruction and the table agree at every length and split")
  func instructionEqualsTable() {
    var random = SeededRandom(seed: 1)
    for length in 0..<300 {
      let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      #expect(crc32c(bytes) == crc32cByTable(bytes))
      let cut = length == 0 ? 0 : random.int(in: 0..<length)
      let first = crc32c(Array(bytes[..<cut]))
      #expect(crc32c(Array(bytes[cut...]), continuing: first) == crc32c(bytes))
    }
  }
}
