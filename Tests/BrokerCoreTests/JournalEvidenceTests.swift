// Telling damage from a torn tail, when what stands behind the broken frame was made to be hard to tell.
import Basics
import BrokerProtocol
import Testing

@testable import BrokerCore

@Suite struct JournalEvidenceTests {
  private static let salt: UInt32 = 7

  private func search(_ bytes: [UInt8], that missing: UInt64, from: Int = 0) throws -> (
    found: Int?, summed_bytes: Int
  ) {
    let disk = MemoryDisk()
    let file = try disk.open("journal", create: .empty)
    try file.write([ByteSlice(bytes)], at: 0)
    var evidence = JournalEvidence(in: file, path: "journal", size: bytes.count, salt: Self.salt)
    let found = try evidence.find(that: JournalPosition(missing), from: from)
    return (found, evidence.summed_bytes)
  }

  private func frame(_ body: Int, position: UInt64, synced: UInt64, salt: UInt32 = salt) -> [UInt8] {
    let entry = FrameEntry(.state(ByteSlice([UInt8](repeating: 5, count: body))))
    return PendingFrame(position: JournalPosition(position), entries: [entry])
      .sealed(synced: JournalPosition(synced), salt: salt).flatMap(\.bytes)
  }

  /// A header of a frame whose checksum is wrong.
  private func lure(bodySize: Int, synced: UInt64) -> [UInt8] {
    let header = FrameHeader(
      bodySize: bodySize, position: JournalPosition(synced + 1), synced: JournalPosition(synced),
      entryCount: 1)
    return header.unsealed + [1, 2, 3, 4]
  }

  @Test("a frame is found wherever it begins, also across the pieces in which the file is read")
  func found() throws {
    let window = 1 << 20
    let proof = frame(100, position: 9, synced: 8)
    for at in [
      0, 1, 31, window - 33, window - 32, window - 31, window - 4, window - 1, window, 2 * window - 40,
    ] {
      let noise = [UInt8](repeating: 0x4A, count: at)
      #expect(try search(noise + proof, that: 8).found == at)
      #expect(try search(noise + proof + noise.prefix(50), that: 9).found == nil)
    }
    let large = frame(3 * window, position: 9, synced: 8)
    #expect(try search([0] + large, that: 8).found == 1)
    #expect(try search([0] + large.dropLast(), that: 8).found == nil)
  }

  @Test("what it finds is what going through every body finds", arguments: 0..<30 as Range<UInt64>)
  func same(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var bytes: [UInt8] = []
    for _ in 0..<60 {
      switch random.int(in: 0..<5) {
      case 0: bytes += frame(random.int(in: 0..<300), position: 9, synced: UInt64(random.int(in: 6..<9)))
      case 1: bytes += frame(20, position: 9, synced: 9, salt: Self.salt + 1)
      case 2: bytes += frame(random.int(in: 0..<300), position: 9, synced: 9).dropLast()
      case 3: bytes += lure(bodySize: random.int(in: 0..<2000), synced: 9)
      default: bytes += (0..<random.int(in: 0..<40)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      }
    }
    let from = random.int(in: 0..<bytes.count)
    #expect(try search(bytes, that: 8, from: from).found == plainly(bytes, that: 8, from: from))
  }

  private func plainly(_ bytes: [UInt8], that missing: UInt64, from: Int) -> Int? {
    (from..<max(from, bytes.count - 31)).first { at in
      guard let (header, checksum) = FrameHeader.decode(ByteSlice(Array(bytes[at..<at + 32]))),
        header.synced >= JournalPosition(missing), at + 32 + header.bodySize <= bytes.count
      else { return false }
      let sum = crc32c(Array(bytes[at..<at + 28]), continuing: Self.salt)
      return crc32c(Array(bytes[at + 32..<at + 32 + header.bodySize]), continuing: sum) == checksum
    }
  }

  @Test("a tail full of headers that each claim the whole rest costs no more than going through it twice")
  func hostile() throws {
    let count = 20_000
    let size = count * 32
    let bytes = (0..<count).flatMap { lure(bodySize: size - ($0 + 1) * 32, synced: 9) }
    let (found, summed_bytes) = try search(bytes, that: 8)
    #expect(found == nil)
    #expect(summed_bytes <= 2 * size)
  }
}
