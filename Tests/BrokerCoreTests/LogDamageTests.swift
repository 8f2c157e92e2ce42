// Damage is told from a torn tail: the first refuses the start and is found by the check, the second is cut.
import Basics
import BrokerProtocol
import Testing

@testable import BrokerCore

@Suite struct LogDamageTests {
  private let log = LogID(1)

  /// Three frames, each flushed on its own, after a checkpoint of two.
  private func filled() throws -> (disk: MemoryDisk, journal: String) {
    let disk = MemoryDisk()
    var settings = LogStoreSettings()
    settings.indexInterval = 64
    let store = try LogStore.open(on: disk, settings)
    _ = store.append([.create(log)])
    for tag in 0..<20 { store.append(tag: UInt64(tag), to: log) }
    try store.takeWholeCheckpoint()
    for tag in 20..<23 {
      store.append(tag: UInt64(tag), to: log)
      try store.flush()
    }
    let name = try #require(disk.list(JournalFiles.folder).first)
    return (disk, "\(JournalFiles.folder)/\(name)")
  }

  private func flip(_ path: String, at position: Int, on disk: MemoryDisk) throws {
    let file = try disk.open(path, create: .never)
    let byte = try file.read(at: position, count: 1).bytes[0]
    try file.write([ByteSlice([byte ^ 0x20])], at: position)
  }

  @Test("a sound folder is found sound, and its index too")
  func sound() throws {
    let check = try StoreCheck(of: filled().disk)
    #expect(check.findings.isEmpty)
    #expect(check.logs == 1 && check.segments == 1 && check.frames == 3 && check.records == 23)
  }

  @Test("a flipped bit in any frame but the last refuses the start and names file and place")
  func damagedFrame() throws {
    let (disk, journal) = try filled()
    let size = try disk.open(journal, create: .never).size()
    for position in 0..<(size * 2 / 3) {
      try flip(journal, at: position, on: disk)
      let error = #expect(throws: StoreError.self) { try LogStore.open(on: disk) }
      guard case .damaged(journal, let at, _) = error else {
        Issue.record("not refused as damage: \(String(describing: error))")
        return
      }
      #expect(at <= position && position - at < size / 3)
      #expect(try StoreCheck(of: disk).isDamaged)
      try flip(journal, at: position, on: disk)
    }
    #expect(try LogStore.open(on: disk).endOffset(of: log) == Offset(23))
  }

  @Test("a missing journal file, a short segment and a broken checkpoint refuse the start")
  func missingFiles() throws {
    var disk = try filled().disk
    let segment = SegmentName(log: log, base: .zero, generation: 0).path
    try disk.open(segment, create: .never).truncate(to: 100)
    #expect(throws: StoreError.self) { try LogStore.open(on: disk) }
    #expect(try StoreCheck(of: disk).isDamaged)
    disk = try filled().disk
    try flip(Checkpoint.path, at: 20, on: disk)
    #expect(throws: StoreError.self) { try LogStore.open(on: disk) }
    #expect(try StoreCheck(of: disk).isDamaged)
    disk = try filled().disk
    disk.remove(Checkpoint.path)
    #expect(throws: StoreError.self) { try LogStore.open(on: disk) }
  }

  @Test("a last frame cut at any byte is cut off, and only that", arguments: [true, false])
  func tornTail(truncated: Bool) throws {
    for bytes in 1..<100 {
      let (disk, journal) = try filled()
      let file = try disk.open(journal, create: .never)
      if truncated {
        try file.truncate(to: file.size() - bytes)
      } else {
        try flip(journal, at: file.size() - bytes, on: disk)
      }
      let check = try StoreCheck(of: disk)
      #expect(!check.isDamaged && check.findings.count == 1)
      let (store, report) = try LogStore.open(on: disk, settings: LogStoreSettings()) {
        _ throws(StoreError) in
      }
      #expect(store.endOffset(of: log) == Offset(22) && report.bytesCut > 0)
      #expect(try StoreCheck(of: disk).findings.isEmpty)
    }
  }

  @Test("a flipped bit in a segment is found by the check, with its place")
  func damagedSegment() throws {
    let (disk, _) = try filled()
    try flip(SegmentName(log: log, base: .zero, generation: 0).path, at: 400, on: disk)
    let check = try StoreCheck(of: disk)
    #expect(check.isDamaged)
    #expect(
      check.findings.map(\.description).joined().contains("segments/1-0-0.log: a record batch is damaged"))
  }

  @Test("a lost or broken index is made again from its segment")
  func damagedIndex() throws {
    let (disk, _) = try filled()
    try flip(SegmentName(log: log, base: .zero, generation: 0).indexPath, at: 3, on: disk)
    #expect(try !StoreCheck(of: disk).isDamaged)
    let store = try LogStore.open(on: disk)
    for offset in 0..<23 {
      #expect(
        try store.batches(of: log, from: Offset(Int64(offset)), maxBytes: 1).map(\.header.baseOffset.rawValue)
          == [Int64(offset)])
    }
  }

  @Test("frames of another folder, stored as a record, are not taken for this one's")
  func foreignFrames() throws {
    let (disk, journal) = try filled()
    let frames = try disk.contents(of: journal)
    var settings = LogStoreSettings()
    settings.salt = 99
    let other = MemoryDisk()
    let store = try LogStore.open(on: other, settings)
    _ = store.append([.create(log)])
    var builder = RecordBatchBuilder(baseTimestamp: .zero)
    builder.append(key: nil, value: frames)
    _ = store.append([.append(log, builder.build())])
    try store.flush()
    let path = "\(JournalFiles.folder)/\(try #require(other.list(JournalFiles.folder).first))"
    let file = try other.open(path, create: .never)
    try file.truncate(to: file.size() - 1)
    #expect(try LogStore.open(on: other, settings).endOffset(of: log) == .zero)
  }
}
