// The store as its users see it: what is appended, when it can be read, and what a new start finds.
import Basics
import BrokerProtocol
import Testing

@testable import BrokerCore

@Suite struct LogStoreTests {
  let log = LogID(7)

  private func store(on disk: MemoryDisk = MemoryDisk(), segmentBytes: Int = 1 << 20) throws -> LogStore {
    var settings = LogStoreSettings()
    settings.segmentBytes = segmentBytes
    settings.indexInterval = 256
    return try LogStore.open(on: disk, settings)
  }

  @Test("nothing is readable before its flush has completed")
  func readableAfterFlush() throws {
    let store = try store()
    _ = store.append([.create(log)])
    let position = store.append(tag: 1, to: log, count: 3)
    #expect(store.endOffset(of: log) == Offset(3))
    #expect(store.readableEnd(of: log) == .zero && store.durable < position)
    let job = try #require(store.takeFlush())
    #expect(store.takeFlush() == nil)
    try job.run()
    #expect(try store.batches(of: log).isEmpty)
    store.completed(job)
    #expect(store.readableEnd(of: log) == Offset(3) && store.durable == position)
    #expect(try store.batches(of: log).map(\.header.recordCount) == [3])
  }

  @Test("reads begin at the batch that holds the offset, end at whole batches and respect every bound")
  func reads() throws {
    let store = try store(segmentBytes: 2000)
    _ = store.append([.create(log)])
    for tag in 0..<100 { store.append(tag: UInt64(tag), to: log, count: 1 + tag % 3, bytes: 20) }
    try store.flush()
    #expect(store.segments(of: log).count > 3)
    let all = try store.batches(of: log)
    #expect(
      all.map(\.header.baseOffset.rawValue)
        == all.indices.map { all[..<$0].reduce(0) { $0 + Int64($1.header.recordCount) } })
    for from in 0..<store.endOffset(of: log).rawValue {
      let expected = all.drop { $0.header.nextOffset <= Offset(from) }
      #expect(try store.batches(of: log, from: Offset(from)) == Array(expected))
      let few = try store.batches(of: log, from: Offset(from), maxBytes: 400)
      #expect(few == Array(expected.prefix(few.count)) && !few.isEmpty)
      #expect(few.reduce(0) { $0 + $1.size } <= 400)
      #expect(
        few.count == expected.count
          || few.reduce(0) { $0 + $1.size } + expected.dropFirst(few.count).first!.size > 400)
      #expect(try store.batches(of: log, from: Offset(from), maxBytes: 1).count == 1)
      let none = try store.read(
        log, from: Offset(from), below: .init(1000), maxBytes: 1, atLeastOneBatch: false)
      #expect(none.isEmpty)
    }
  }

  @Test(
    "a new start finds logs, trims and states in order, with and without a checkpoint",
    arguments: [false, true])
  func reopens(checkpointed: Bool) throws {
    let disk = MemoryDisk()
    let store = try store(on: disk, segmentBytes: 500)
    _ = store.append([.create(log), .create(LogID(8)), .state(ByteSlice([1]))])
    for tag in 0..<50 { store.append(tag: UInt64(tag), to: log) }
    _ = store.append([.trim(log, below: Offset(20)), .state(ByteSlice([2]))])
    if checkpointed { try store.takeWholeCheckpoint([ByteSlice([1]), ByteSlice([2])]) }
    _ = store.append([.state(ByteSlice([3])), .remove(LogID(8))])
    store.append(tag: 50, to: log)
    try store.flush()

    var states: [[UInt8]] = []
    let (again, report) = try LogStore.open(on: disk, settings: store.settings) { entry throws(StoreError) in
      if case .state(let bytes) = entry { states.append(bytes.bytes) }
    }
    #expect(states == [[1], [2], [3]])
    #expect(again.startOffset(of: log) == Offset(20) && again.readableEnd(of: log) == Offset(51))
    #expect(try again.batches(of: log, from: Offset(20)) == store.batches(of: log, from: Offset(20)))
    #expect(again.segments(of: log) == store.segments(of: log))
    #expect(report.framesReplayed == (checkpointed ? 2 : 54) && report.bytesCut == 0)
    #expect(again.append(tag: 51, to: log) == store.append(tag: 51, to: log))
  }

  @Test("the first record at or after a time is found across segments and inside batches")
  func timestamps() throws {
    let store = try store(segmentBytes: 1000)
    _ = store.append([.create(log)])
    for tag in 0..<60 {
      store.append(tag: UInt64(tag), to: log, count: 3, timestamp: Timestamp(milliseconds: Int64(tag) * 10))
    }
    try store.flush()
    for time in -5..<592 as Range<Int64> {
      let found = try store.firstOffset(log, at: Timestamp(milliseconds: time), below: Offset(.max))
      let (tens, ones) = (max(0, time) / 10, max(0, time) % 10)
      let expected = ones > 2 ? (tens + 1) * 3 : tens * 3 + ones
      #expect(found?.offset == Offset(expected))
    }
    #expect(try store.firstOffset(log, at: Timestamp(milliseconds: 593), below: Offset(.max)) == nil)
    #expect(try store.firstOffset(log, at: Timestamp(milliseconds: 100), below: Offset(30)) == nil)
  }

  @Test("a checkpoint lets older journal files and dropped segments go, and nothing before it")
  func checkpointsFree() throws {
    let disk = MemoryDisk()
    let store = try store(on: disk, segmentBytes: 300)
    _ = store.append([.create(log)])
    for tag in 0..<30 { store.append(tag: UInt64(tag), to: log) }
    try store.takeWholeCheckpoint()
    let before = disk.list(SegmentName.folder).filter { $0.hasSuffix(".log") }.count
    _ = store.append([.trim(log, below: Offset(30))])
    try store.flush()
    #expect(disk.list(SegmentName.folder).filter { $0.hasSuffix(".log") }.count == before)
    #expect(store.segments(of: log).isEmpty && store.garbage.count == before)
    try store.takeWholeCheckpoint()
    #expect(disk.list(SegmentName.folder).isEmpty && disk.list(JournalFiles.folder).isEmpty)
    #expect(store.append(tag: 30, to: log) > .zero)
    #expect(try LogStore.open(on: disk).endOffset(of: log) == Offset(30))
  }
}
