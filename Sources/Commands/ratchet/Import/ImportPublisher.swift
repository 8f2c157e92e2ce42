// Publishing chunks of an import: a transaction each, which holds its records and how far the import has
// come. So a restart finds exactly what is there, and two that run under one name exclude each other.
import Basics
import Events
import Kafka
import Runtime

/// A producer of one import.
final class ImportPublisher {
  private let name: String
  private let prefix: String
  private let address: String
  private let producer: Producer
  private let partitions: [String: Int32]
  /// How far the import has come, all runs together.
  private(set) var position = ImportPosition()

  static let positionsTopic = "imports"
  private static let timeout = Duration.seconds(30)

  init(_ name: String, prefix: String, _ client: ClientConfiguration) throws {
    (self.name, self.prefix) = (name, prefix)
    address = client["bootstrap.servers"] ?? ""
    do throws(KafkaError) {
      partitions = try Admin(client, timeout: .seconds(15)).topics().mapValues { Int32($0.partitions.count) }
      producer = try Producer(
        client.setting([
          "transactional.id": "\(prefix).import.\(name)", "transaction.timeout.ms": "60000",
          // Only the topics' own limits count.
          "message.max.bytes": "\(64 << 20)",
        ]))
      // Settles what a run before it left open, and shuts out one that still runs.
      try producer.initializeTransactions(Self.timeout)
    } catch { throw brokerDiagnostic(error, "no transaction can be begun", at: address) }
    var found: ImportPosition?
    try readToEnd(of: Self.positionsTopic, prefix: prefix, client) { record in
      guard record.key == name, let value = record.value else { return }
      found = ImportPosition(json: value)
    }
    position = found ?? ImportPosition()
  }

  /// All of the chunk is published when this returns, or nothing.
  func publish(_ chunk: ImportChunk) throws {
    do throws(KafkaError) { try produce(chunk) } catch {
      try? producer.abortTransaction(Self.timeout)
      throw brokerDiagnostic(error, "the import stopped in front of line \(chunk.end.lines)", at: address)
    }
    switch producer.commitTransaction(Self.timeout) {
    case .committed: position = chunk.end
    case .mustAbort(let cause):
      try? producer.abortTransaction(Self.timeout)
      throw Diagnostic(
        "the import stopped in front of line \(chunk.end.lines)", at: .named(address), why: cause.message)
    case .fenced(let cause), .unknown(let cause):
      throw Diagnostic(
        "whether the events up to line \(chunk.end.lines) are published is not known", at: .named(address),
        why: "\(cause.name): \(cause.message)",
        next: "run the same command again: it finds out and goes on from there")
    }
  }

  /// Begins a transaction and puts all of the chunk into it.
  func produce(_ chunk: ImportChunk) throws(KafkaError) {
    try producer.beginTransaction()
    let batches = batches(chunk)
    for batch in batches { try producer.produce(batch, timeout: Self.timeout) }
    try producer.flush(Self.timeout)
    for batch in batches { if let failure = batch.firstFailure { throw failure.error } }
  }

  private func batches(_ chunk: ImportChunk) -> [ProduceBatch] {
    var batches: [ProduceBatch] = []
    func batch(_ topic: String) -> ProduceBatch {
      if let known = batches.first(where: { $0.topic == topic }) { return known }
      batches.append(ProduceBatch(topic: topic))
      return batches[batches.count - 1]
    }
    for record in chunk.records {
      let topic = "\(prefix).\(record.topic.rawValue)"
      let count = partitions[topic] ?? 1
      let owners =
        record.topic == .control
        ? (0..<count).map { PartitionID($0) } : [murmur2Partition(ofKey: record.key, of: count)]
      for owner in owners { batch(topic).append(record, to: owner) }
    }
    let topic = "\(prefix).\(Self.positionsTopic)"
    batch(topic).append(name, chunk.end.json, to: murmur2Partition(ofKey: name, of: partitions[topic] ?? 1))
    return batches
  }
}

extension ProduceBatch {
  private static let contentType = (Array("content-type".utf8), Array("application/cloudevents+json".utf8))

  fileprivate func append(_ record: ImportedRecord, to partition: PartitionID) {
    let key = Array(record.key.utf8)
    append(
      to: partition, key: unsafe key.span.bytes, value: unsafe record.value.span.bytes, timestamp: record.time
    )
    appendHeader(unsafe Self.contentType.0.span.bytes, unsafe Self.contentType.1.span.bytes)
  }

  fileprivate func append(_ key: String, _ value: String, to partition: PartitionID) {
    let (key, value) = (Array(key.utf8), Array(value.utf8))
    append(to: partition, key: unsafe key.span.bytes, value: unsafe value.span.bytes)
  }
}

/// The recorded time that the tasks of a prefix have come to, the greatest of any; nil when none has begun.
func passedTime(prefix: String, _ client: ClientConfiguration) throws -> Timestamp? {
  let address = client["bootstrap.servers"] ?? ""
  do throws(KafkaError) {
    let admin = try Admin(client, timeout: .seconds(15))
    let names = try admin.topics().filter { $0.key.hasPrefix("\(prefix).") && $0.key.hasSuffix(".epochs") }
    let partitions = names.flatMap { name, topic in
      topic.partitions.map { TopicPartition(topic: name, partition: $0.id) }
    }
    guard !partitions.isEmpty else { return nil }
    let (first, end) = (
      try admin.offsets(Dictionary(uniqueKeysWithValues: partitions.map { ($0, .earliest) })),
      try admin.offsets(Dictionary(uniqueKeysWithValues: partitions.map { ($0, .latest) }))
    )
    let consumer = try Consumer(
      client.setting(["isolation.level": "read_committed", "fetch.wait.max.ms": "10"]))
    var passed: Timestamp?
    for partition in partitions.sorted() {
      let start = max(first[partition] ?? .zero, Offset((end[partition] ?? .zero).rawValue - epochsRead))
      guard start < end[partition] ?? .zero else { continue }
      let queue = try consumer.start(partition, at: .offset(start))
      defer { queue.stop() }
      var batch = ConsumeBatch(capacity: 100)
      let deadline = ContinuousClock.now + .seconds(15)
      while queue.end == nil, ContinuousClock.now < deadline {
        try queue.read(into: &batch)
        for index in 0..<batch.count {
          guard let value = batch[index].value else { continue }
          let bytes = unsafe value.withUnsafeBytes { unsafe [UInt8]($0) }
          guard let record = try? EpochRecord(decoding: bytes) else { continue }
          passed = max(passed ?? record.recordedTime, record.recordedTime)
        }
        if batch.isEmpty { consumer.wait(.milliseconds(20)) }
      }
    }
    return passed
  } catch { throw brokerDiagnostic(error, "the tasks' epochs cannot be read", at: address) }
}

/// Of a partition's end, markers of transactions among them: the last record is one of so many.
private let epochsRead: Int64 = 10
