// What compaction keeps and lets go, told as small logs before and after.
import Basics
import BrokerProtocol
import Testing

@testable import BrokerCore

@Suite struct LogCompactionTests {
  private let log = LogID(1)
  private let start = Timestamp(milliseconds: 1_000_000)

  /// A log of one batch per entry; compacted, it is read back as `offset:key=value`.
  private struct Bench {
    let store: LogStore
    let log: LogID
    var rules: CompactionRules

    init(_ log: LogID, now: Timestamp, segmentBytes: Int = 1 << 20) throws {
      self.log = log
      var settings = LogStoreSettings()
      settings.segmentBytes = segmentBytes
      settings.indexInterval = 64
      store = try LogStore.open(on: MemoryDisk(), settings)
      rules = CompactionRules(below: Offset(.max), now: now, deleteRetention: .seconds(60))
      _ = store.append([.create(log)])
    }

    func put(
      _ records: [(key: String, value: String?)], codec: RecordBatchAttributes.Codec = .none,
      producer: ProducerID = .none
    ) throws {
      var builder = RecordBatchBuilder(
        baseOffset: store.endOffset(of: log), baseTimestamp: Timestamp(milliseconds: 5000),
        attributes: RecordBatchAttributes(codec: codec, isTransactional: producer != .none),
        producerID: producer,
        producerEpoch: ProducerEpoch(producer == .none ? -1 : 0))
      for (key, value) in records {
        builder.append(key: ByteSlice(Array(key.utf8)), value: value.map { ByteSlice(Array($0.utf8)) })
      }
      var encoder = try BatchCodec()
      let batch = codec == .lz4 ? encoder.seal(builder) : builder.build()
      _ = store.append([.append(log, try #require(batch))])
    }

    func mark(_ outcome: TransactionOutcome, _ producer: ProducerID) {
      let marker = RecordBatch.marker(
        outcome, at: store.endOffset(of: log), timestamp: .zero, producerID: producer,
        producerEpoch: ProducerEpoch(0),
        coordinatorEpoch: 0)
      _ = store.append([.append(log, marker)])
    }

    /// Rolls, compacts and installs.
    func compact(_ rules: CompactionRules? = nil) throws {
      _ = store.append([.roll(log)])
      try store.flush()
      let job = try #require(store.compaction(of: log, by: rules ?? self.rules))
      _ = store.append([.replace(log, try job.run().replacement)])
      try store.flush()
    }

    func contents() throws -> [String] {
      var codec = try BatchCodec()
      var lines: [String] = []
      for batch in try store.batches(of: log) {
        try batch.validate()
        if let outcome = batch.markedOutcome {
          lines.append("\(batch.header.baseOffset):\(outcome)")
          continue
        }
        guard let payload = codec.open(batch) else {
          lines.append("\(batch.header.baseOffset):unread")
          continue
        }
        var reader = RecordReader(payload)
        while let record = try reader.next() {
          let key = String(decoding: record.key?.bytes ?? [], as: UTF8.self)
          let value = record.value.map { String(decoding: $0.bytes, as: UTF8.self) }
          #expect(batch.header.baseTimestamp.rawValue + record.timestampDelta_ms == 5000)
          lines.append("\(batch.header.baseOffset + record.offsetDelta):\(key)=\(value ?? "null")")
        }
      }
      return lines
    }
  }

  @Test(
    "of each key the last record stays, at its offset", arguments: [RecordBatchAttributes.Codec.none, .lz4])
  func lastOfEachKey(codec: RecordBatchAttributes.Codec) throws {
    let bench = try Bench(log, now: start)
    try bench.put([("a", "1"), ("b", "1"), ("a", "2")], codec: codec)
    try bench.put([("c", "1")], codec: codec)
    try bench.put([("b", "2"), ("d", "1")], codec: codec)
    try bench.compact()
    #expect(try bench.contents() == ["2:a=2", "3:c=1", "4:b=2", "5:d=1"])
    #expect(bench.store.endOffset(of: log) == Offset(6) && bench.store.startOffset(of: log) == .zero)
    #expect(try bench.store.batches(of: log, from: Offset(1)).first?.header.baseOffset == .zero)
    try bench.put([("c", "2")])
    try bench.compact()
    #expect(try bench.contents() == ["2:a=2", "4:b=2", "5:d=1", "6:c=2"])
  }

  @Test("a tombstone stays until its retention has passed since it was found to be the last")
  func tombstones() throws {
    var bench = try Bench(log, now: start)
    try bench.put([("a", "1"), ("b", "1")])
    try bench.put([("a", nil)])
    try bench.compact()
    #expect(try bench.contents() == ["1:b=1", "2:a=null"])
    try bench.put([("c", "1")])
    bench.rules.now = start + .seconds(59)
    try bench.compact()
    #expect(try bench.contents() == ["1:b=1", "2:a=null", "3:c=1"])
    try bench.put([("d", "1")])
    bench.rules.now = start + .seconds(60)
    try bench.compact()
    #expect(try bench.contents() == ["1:b=1", "3:c=1", "4:d=1"])
  }

  @Test("records of aborted transactions go; the abort marker stays as long as readers are told of it")
  func abortedTransactions() throws {
    var bench = try Bench(log, now: start)
    let (good, bad) = (ProducerID(1), ProducerID(2))
    try bench.put([("a", "old")])
    try bench.put([("a", "good")], producer: good)
    try bench.put([("a", "bad")], producer: bad)
    bench.mark(.abort, bad)
    bench.mark(.commit, good)
    bench.rules.aborted = [bad: [Offset(2)...Offset(3)]]
    try bench.compact()
    #expect(try bench.contents() == ["1:a=good", "3:abort"])
    bench.rules.aborted = [:]
    try bench.put([("b", "1")])
    try bench.compact()
    #expect(try bench.contents() == ["1:a=good", "5:b=1"])
  }

  @Test("batches of codecs that are not opened stay, and keep later tombstones with them")
  func unreadableCodecs() throws {
    var bench = try Bench(log, now: start)
    try bench.put([("a", "1")], codec: .zstd)
    try bench.put([("a", nil)])
    try bench.compact()
    try bench.put([("b", "1")])
    bench.rules.now = start + .seconds(1000)
    try bench.compact()
    #expect(try bench.contents() == ["0:unread", "1:a=null", "2:b=1"])
  }

  @Test("nothing at or above the given offset is touched")
  func bounded() throws {
    var bench = try Bench(log, now: start, segmentBytes: 100)
    for value in 0..<10 { try bench.put([("a", "\(value)")]) }
    bench.rules.below = Offset(5)
    try bench.compact()
    #expect(try bench.contents() == (4..<10).map { "\($0):a=\($0)" })
    let again = bench.store.compaction(of: log, by: bench.rules)
    #expect(again?.sources.count == nil)
  }

  @Test("more keys than fit at once are compacted in several runs, to the same end")
  func manyKeys() throws {
    var bench = try Bench(log, now: start, segmentBytes: 400)
    for round in 0..<3 { for key in 0..<20 { try bench.put([("k\(key)", "\(round)")]) } }
    bench.rules.keysAtOnce = 7
    try bench.compact()
    while let job = bench.store.compaction(of: log, by: bench.rules) {
      _ = bench.store.append([.replace(log, try job.run().replacement)])
      try bench.store.flush()
    }
    #expect(try bench.contents() == (0..<20).map { "\(40 + $0):k\($0)=2" })
    #expect(
      try bench.store.batches(of: log, from: Offset(45), maxBytes: 1).map(\.header.baseOffset) == [Offset(45)]
    )
  }

  @Test("a trim during a compaction wins: nothing below the start comes back")
  func trimmedMeanwhile() throws {
    let bench = try Bench(log, now: start, segmentBytes: 100)
    for key in 0..<6 { try bench.put([("k\(key)", "1")]) }
    _ = bench.store.append([.roll(log)])
    try bench.store.flush()
    let job = try #require(bench.store.compaction(of: log, by: bench.rules))
    let replacement = try job.run().replacement
    _ = bench.store.append([.trim(log, below: Offset(4))])
    _ = bench.store.append([.replace(log, replacement)])
    try bench.store.flush()
    #expect(try bench.contents() == ["4:k4=1", "5:k5=1"])
  }
}
