// A compacted topic's life under a seed: writers with and without transactions, every codec, compactions that
// begin, run and end at any moment, kills that lose what was not flushed. Nothing but the seed decides.
import Basics
import BrokerProtocol

@testable import BrokerCore

final class CompactionLife {
  private static let topic = "t"
  private let talk: Conversation
  private var random: SeededRandom
  private var model = CompactedTopic()
  /// As it is after a kill.
  private var flushed = CompactedTopic()
  private var writers: [Writer] = []
  private var job: (job: MaintenanceJob, hasRun: Bool)?
  private var isCompactedForSure = false
  private var mayDeleteRecords = false
  private var codecs: [RecordBatchAttributes.Codec] = [.none, .lz4]
  private var unreadTold = 0
  private(set) var faults: [String] = []
  private(set) var compactions = 0

  private struct Writer {
    var client: TransactionalClient
    var open: [Offset]?
    var sequence: Int32 = 0
  }

  init(seed: UInt64) throws {
    random = SeededRandom(seed: seed)
    talk = try Conversation { $0.transactionTimeout_max = .seconds(3600) }
    try makeTopic()
    for number in 0..<3 {
      writers.append(Writer(client: try TransactionalClient(talk, id: "w\(number)", timeout: .seconds(900))))
    }
    try flush()
  }

  private func pick<Choice>(_ choices: [Choice]) -> Choice { choices[random.int(in: 0..<choices.count)] }

  private func makeTopic() throws {
    let lag_max = pick([nil, 3_600_000, 86_400_000])
    let lag_min = pick([0, 0, 600_000, 3_600_000])
    let ratio = pick(["0", "0.5", "1"])
    let tombstones_ms = pick([0, 60_000, 7_200_000])
    mayDeleteRecords = random.chance(1, in: 4)
    // Of the others one batch is enough to keep every tombstone behind it.
    if random.chance(1, in: 2) { codecs += [.none, .lz4, .gzip, .snappy, .zstd] }
    isCompactedForSure = lag_max != nil || ratio == "0"
    model.limits.lag_min = .milliseconds(lag_min)
    model.limits.tombstones = .milliseconds(tombstones_ms)
    var configs = [
      "cleanup.policy": mayDeleteRecords ? "compact,delete" : "compact", "retention.ms": "-1",
      "segment.bytes": pick(["200", "600", "5000"]), "segment.ms": pick(["60000", "3600000", "86400000"]),
      "min.cleanable.dirty.ratio": ratio, "delete.retention.ms": String(tombstones_ms),
      "min.compaction.lag.ms": String(lag_min),
      "message.timestamp.type": pick(["CreateTime", "CreateTime", "LogAppendTime"]),
    ]
    if let lag_max { configs["max.compaction.lag.ms"] = String(lag_max) }
    note(error: try talk.create(Self.topic, configs).error, of: "creating the topic")
  }

  func live(steps: Int) throws {
    for _ in 0..<steps where faults.isEmpty { try step() }
    if faults.isEmpty { try settle() }
  }

  private func step() throws {
    switch random.int(in: 0..<40) {
    case 0..<12: try write(by: nil)
    case 12..<22: try transact()
    case 22..<26:
      try pass(pick([.seconds(1), .seconds(61), .seconds(600), .seconds(3600), .seconds(43_200)]))
    case 26..<29: try flush()
    case 29..<37: try maintain()
    case 37: try restart(killed: random.chance(1, in: 2))
    case 38: try deleteRecords()
    default:
      guard case .none = talk.broker.store.checkpoints, random.chance(1, in: 3) else { return try check() }
      talk.broker.checkpoint()
    }
  }

  private func note(error: ErrorCode, of what: String) {
    if error != .none { faults.append("\(what) was answered \(error)") }
  }
}

extension CompactionLife {
  /// One to four records in one batch, as it may come from any client.
  private func batch(by writer: Writer?) throws -> (
    batch: RecordBatch, records: [SeenRecord], isReadable: Bool
  ) {
    let codec = pick(codecs)
    let isOld = random.chance(1, in: 8)
    let time = isOld ? talk.now - .seconds(86_400) : talk.now
    var builder = RecordBatchBuilder(
      baseTimestamp: time, attributes: RecordBatchAttributes(codec: codec, isTransactional: writer != nil),
      producerID: writer?.client.producer ?? .none, producerEpoch: writer?.client.epoch ?? .none,
      baseSequence: writer?.sequence ?? -1)
    var records: [SeenRecord] = []
    for index in 0...random.int(in: 0..<4) {
      let key = random.chance(1, in: 20) ? nil : "k\(random.int(in: 0..<8))"
      let value = random.chance(1, in: 4) ? nil : "v\(random.next() % 1_000_000)"
      records.append(SeenRecord(offset: Offset(Int64(index)), key: key, value: value, time: time))
      builder.append(
        key: key.map { ByteSlice(Array($0.utf8)) }, value: value.map { ByteSlice(Array($0.utf8)) },
        timestamp: time)
    }
    // What is not really compressed as it says, nobody but this life can read.
    let isReadable = codec == .none || codec == .lz4 && (codecs.count < 3 || !random.chance(1, in: 8))
    var encoder = try BatchCodec()
    return (isReadable ? encoder.seal(builder)! : builder.build(), records, isReadable)
  }

  private func write(by number: Int?) throws {
    let writer = number.map { writers[$0] }
    let (batch, records, isReadable) = try batch(by: writer)
    let result = try talk.produce(batch, to: Self.topic, transactionalID: writer?.client.id)
    note(error: result.error, of: "a write")
    let placed = records.map { record in
      var record = record
      record.offset = result.baseOffset + record.offset.rawValue
      if result.logAppendTime != .none { record.time = result.logAppendTime }
      return CompactedTopic.Written(
        record: record, isReadable: isReadable, writtenAt: talk.now, fate: number == nil ? .committed : .open)
    }
    model.append(placed)
    guard let number else { return }
    writers[number].sequence += Int32(records.count)
    writers[number].open = (writers[number].open ?? []) + placed.map(\.record.offset)
  }

  private func transact() throws {
    let number = random.int(in: 0..<writers.count)
    if writers[number].open == nil {
      note(error: try writers[number].client.add(Self.topic), of: "joining a transaction")
      writers[number].open = []
    } else if random.chance(1, in: 3) {
      return try end(number, commit: random.chance(2, in: 3))
    }
    try write(by: number)
  }

  private func end(_ number: Int, commit: Bool) throws {
    note(error: try writers[number].client.end(commit: commit), of: "ending a transaction")
    model.end(writers[number].open ?? [], commit ? .committed : .aborted)
    writers[number].open = nil
  }

  /// Transactions that lasted too long are aborted meanwhile, and their writers fenced.
  private func pass(_ duration: Duration) throws {
    talk.pass(duration)
    for number in writers.indices where writers[number].open != nil {
      let client = writers[number].client
      if talk.broker.state.transactions[client.id]?.phase != .ongoing { try begin(number) }
    }
  }

  /// A new epoch; what was open is aborted.
  private func begin(_ number: Int) throws {
    model.end(writers[number].open ?? [], .aborted)
    writers[number] = Writer(
      client: try TransactionalClient(talk, id: writers[number].client.id, timeout: .seconds(900)))
  }

  private func flush() throws {
    try talk.flush()
    flushed = model
  }

  private func maintain() throws {
    if let (job, hasRun) = job {
      if hasRun {
        talk.broker.completed(job, now: talk.now)
        self.job = nil
      } else {
        if case .compaction = job.work { compactions += 1 }
        try job.run()
        self.job = (job, true)
      }
    } else {
      job = talk.broker.takeMaintenance(now: talk.now).map { ($0, false) }
    }
    unreadTold += talk.broker.takeUnreadBatches().count
    if unreadTold > 1 { faults.append("the same topic was told of twice") }
  }

  private func restart(killed: Bool) throws {
    if killed { model = flushed } else { try flush() }
    (job, unreadTold) = (nil, 0)
    try talk.restart()
    for number in writers.indices { writers[number].open = [] }
    // Whose transactions were open is the broker's to know, and a new epoch ends them in any case.
    let open = model.written.values.filter { $0.fate == .open }.map(\.record.offset)
    for number in writers.indices { try begin(number) }
    model.end(open, .aborted)
    try flush()
  }

  private func deleteRecords() throws {
    guard mayDeleteRecords, random.chance(1, in: 3) else { return }
    try flush()
    let log = talk.broker.state.topics[Self.topic]!.logs[0]
    let end = talk.broker.store.readableEnd(of: log).rawValue
    let target = Offset(Int64(random.int(in: 0..<Int(end / 2) + 1)))
    let request = DeleteRecordsRequest(topics: [
      TopicEntry(name: Self.topic, partitions: [.init(partition: PartitionID(0), offset: target)])
    ])
    _ = try talk.ask(.deleteRecords(request), version: 2)
    model.start = max(model.start, target)
    try flush()
  }
}

extension CompactionLife {
  /// Reads as a client does, from anywhere, in pieces.
  private func read(from: Offset, _ isolation: IsolationLevel) throws -> (records: [SeenRecord], end: Offset)
  {
    var (next, records, skipped) = (from, [SeenRecord](), Set<ProducerID>())
    while true {
      let request = Conversation.fetchRequest(
        Self.topic, from: next.rawValue, isolation, maxBytes: Int32(pick([1, 500, 100_000])))
      guard case .fetch(let response) = try talk.ask(request, version: 12) else {
        throw Conversation.NoAnswer()
      }
      let part = response.topics[0].partitions[0]
      note(error: part.error, of: "a fetch")
      let batches = try part.records.flatMap { chunk throws(RecordBatchError) in
        guard case .memory(let bytes) = chunk else { return [RecordBatch]() }
        return try RecordBatch.all(in: bytes)
      }
      var upcoming = (part.abortedTransactions ?? []).sorted { $0.firstOffset < $1.firstOffset }
      for batch in batches {
        while let first = upcoming.first, first.firstOffset <= batch.header.lastOffset {
          skipped.insert(upcoming.removeFirst().producerID)
        }
        if let outcome = batch.markedOutcome {
          if outcome == .abort { skipped.remove(batch.header.producerID) }
        } else if !(batch.header.attributes.isTransactional && skipped.contains(batch.header.producerID)) {
          records += try opened(batch).filter { $0.offset >= next }
        }
      }
      guard let last = batches.last, part.error == .none else {
        return (records, isolation == .readCommitted ? part.lastStableOffset : part.highWatermark)
      }
      next = last.header.nextOffset
    }
  }

  private func opened(_ batch: RecordBatch) throws -> [SeenRecord] {
    try batch.validate()
    var codec = try BatchCodec()
    var reader = RecordReader(codec.open(batch) ?? batch.records)
    var records: [SeenRecord] = []
    let header = batch.header
    while let record = try reader.next() {
      let time = Timestamp(milliseconds: header.baseTimestamp.rawValue + record.timestampDelta_ms)
      records.append(
        SeenRecord(
          offset: header.baseOffset + record.offsetDelta,
          key: record.key.map { String(decoding: $0.bytes, as: UTF8.self) },
          value: record.value.map { String(decoding: $0.bytes, as: UTF8.self) },
          time: header.attributes.hasLogAppendTime ? header.maxTimestamp : time))
    }
    return records
  }

  private func check() throws {
    try flush()
    let (seen, end) = try read(from: model.start, .readCommitted)
    faults += model.faults(in: seen, below: end, now: talk.now)
    guard end > model.start else { return }
    let middle = model.start + Int64(random.int(in: 0..<Int(end.rawValue - model.start.rawValue)))
    if try read(from: middle, .readCommitted).records != seen.filter({ $0.offset >= middle }) {
      faults.append("from \(middle) on there is something else to read than from the start")
    }
  }

  /// Ends all transactions, lets all limits pass, and lets compaction do what it may.
  private func settle() throws {
    for number in writers.indices where writers[number].open != nil { try end(number, commit: false) }
    try write(by: nil)
    for _ in 0..<4 {
      try pass(.seconds(3 * 86_400))
      try flush()
      // Once to end what was going on, and then all that is due.
      repeat { try maintain() } while job != nil
      try pass(.seconds(61))
      try flush()
      repeat { try maintain() } while job != nil
    }
    try check()
    guard isCompactedForSure else { return }
    let (seen, end) = try read(from: model.start, .readUncommitted)
    let (left, eitherWay) = model.settled(below: end)
    let expected = left.filter { !eitherWay.contains($0.offset) }
    if seen.filter({ !eitherWay.contains($0.offset) }) != expected {
      faults.append("compaction left \(seen), where \(expected) should be left")
    }
  }
}
