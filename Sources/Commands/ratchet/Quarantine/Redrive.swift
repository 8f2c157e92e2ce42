// Publishing records again that were set aside. A transaction holds a record's second life and the note in
// quarantine that it has one; and whoever redrives first takes the one transactional id that there is for it,
// then reads which notes exist. So each record is published again at most once, whatever ends in the middle.
import Basics
import Kafka

/// One run of the command.
struct Redrive {
  private let topic: QuarantineTopic
  private let producer: Producer
  private let address: String
  private var done = 0
  private var failures = 0

  /// Bounds what a transaction holds: the records of one are in memory together.
  private static let recordsPerTransaction = 500
  private static let bytesPerTransaction = 16 << 20
  private static let timeout = Duration.seconds(30)

  init(_ topic: QuarantineTopic, prefix: String, _ arguments: Arguments) throws {
    let configuration = try BrokerConnection.configuration(arguments) ?? [:]
    self.topic = topic
    address = topic.address
    do throws(KafkaError) {
      producer = try Producer(
        configuration.setting([
          "transactional.id": "\(prefix).redrive", "transaction.timeout.ms": "60000",
          // Only the topics' own limits count.
          "message.max.bytes": "\(64 << 20)",
        ]))
      try producer.initializeTransactions(Self.timeout)
    } catch { throw brokerDiagnostic(error, "no transaction can be begun", at: address) }
  }

  /// Publishes the record at `position`, or all that were set aside for `reason`, and says each.
  mutating func run(
    _ position: QuarantinePosition?, reason: String?, saying say: (String) -> Void
  ) throws -> ExitStatus {
    var (wanted, redriven): ([QuarantinedRecord], [QuarantinePosition: String]) = ([], [:])
    try topic.read(from: position) { record in
      if case .redriven(let position, let place) = record.content { redriven[position] = place }
      let isWanted = position.map { $0 == record.position } ?? (record.reason == reason)
      if isWanted { wanted.append(record) }
    }
    if let position, wanted.isEmpty { throw nothing(at: position, topic) }
    var (bundle, bytes): ([QuarantinedRecord], Int) = ([], 0)
    for record in wanted {
      if let place = redriven[record.position] {
        say("\(record.position) was redriven before, to \(place)")
        continue
      }
      guard case .input(let origin) = record.content, origin.leftOut_bytes == nil else {
        say("\(record.position) cannot be redriven: its value was not kept")
        failures += 1
        continue
      }
      bundle.append(record)
      bytes += record.value?.count ?? 0
      guard bundle.count == Self.recordsPerTransaction || bytes >= Self.bytesPerTransaction else { continue }
      try publish(bundle, saying: say)
      (bundle, bytes) = ([], 0)
    }
    try publish(bundle, saying: say)
    say("\(done) redriven")
    return failures == 0 ? .success : .failure
  }

  private mutating func publish(_ records: [QuarantinedRecord], saying say: (String) -> Void) throws {
    guard !records.isEmpty else { return }
    let places: [String]
    do throws(KafkaError) {
      try producer.beginTransaction()
      places = try publishOriginals(records)
      try note(records, places)
    } catch {
      try? producer.abortTransaction(Self.timeout)
      throw brokerDiagnostic(error, "nothing of this transaction was redriven", at: address)
    }
    switch producer.commitTransaction(Self.timeout) {
    case .committed: break
    case .mustAbort(let cause):
      try? producer.abortTransaction(Self.timeout)
      throw Diagnostic("nothing of this transaction was redriven", at: .named(address), why: cause.message)
    case .fenced(let cause), .unknown(let cause):
      throw Diagnostic(
        "whether \(records.count) records were redriven is not known", at: .named(address),
        why: "\(cause.name): \(cause.message)",
        next: "run the same command again: what was redriven is passed over")
    }
    for (record, place) in zip(records, places) { say("\(record.position) redriven to \(place)") }
    done += records.count
  }

  /// Returns where each lies.
  private func publishOriginals(_ records: [QuarantinedRecord]) throws(KafkaError) -> [String] {
    var batches: [String: ProduceBatch] = [:]
    var lots: [(batch: ProduceBatch, index: Int, partition: TopicPartition)] = []
    for record in records {
      guard case .input(let origin) = record.content else { continue }
      let batch = batches[origin.partition.topic] ?? ProduceBatch(topic: origin.partition.topic)
      batches[origin.partition.topic] = batch
      let index = batch.append(
        record, to: origin.partition.partition, headers: record.headers, timestamp: origin.timestamp)
      lots.append((batch, index, origin.partition))
    }
    for name in batches.keys.sorted() { if let batch = batches[name] { try send(batch) } }
    var places: [String] = []
    for lot in lots {
      guard case .delivered(let offset) = lot.batch.outcome(of: lot.index) else { continue }
      places.append("\(lot.partition)@\(offset)")
    }
    return places
  }

  private func note(_ records: [QuarantinedRecord], _ places: [String]) throws(KafkaError) {
    let batch = ProduceBatch(topic: topic.name)
    for (record, place) in zip(records, places) {
      // A key of its own and no tombstone: what was set aside stays listed beside it.
      var note = record
      (note.key, note.value) = (Array("redriven/\(record.position)".utf8), [])
      batch.append(
        note, to: record.position.partition,
        headers: [
          RecordHeader(QuarantinedRecord.redrivenHeader, "\(record.position)"),
          RecordHeader(QuarantinedRecord.redrivenToHeader, place),
        ])
    }
    try send(batch)
  }

  /// Every record of it is delivered when this returns.
  private func send(_ batch: ProduceBatch) throws(KafkaError) {
    try producer.produce(batch, timeout: Self.timeout)
    try producer.flush(Self.timeout)
    if let failure = batch.firstFailure { throw failure.error }
  }
}

extension ProduceBatch {
  @discardableResult
  fileprivate func append(
    _ record: QuarantinedRecord, to partition: PartitionID, headers: [RecordHeader],
    timestamp: Timestamp? = nil
  ) -> Int {
    let index =
      switch (record.key, record.value) {
      case (let key?, let value?):
        append(
          to: partition, key: unsafe key.span.bytes, value: unsafe value.span.bytes, timestamp: timestamp)
      case (let key?, nil):
        append(to: partition, key: unsafe key.span.bytes, value: nil, timestamp: timestamp)
      case (nil, let value?):
        append(to: partition, key: nil, value: unsafe value.span.bytes, timestamp: timestamp)
      case (nil, nil): append(to: partition, key: nil, value: nil, timestamp: timestamp)
      }
    for header in headers {
      if let value = header.value {
        appendHeader(unsafe header.name.span.bytes, unsafe value.span.bytes)
      } else {
        appendHeader(unsafe header.name.span.bytes, nil)
      }
    }
    return index
  }
}
