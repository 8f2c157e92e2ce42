// The engine's benchmark's broker as seen from outside: topics, records to fold, and what came of them.
import Basics
import Kafka
import POSIX
import Runtime

/// A run's topics on one broker; its own ones begin with `name`.
struct EngineWorld {
  static let partitions: Int32 = 4
  static let valueBytes = 270

  let bootstrap: String
  let name: String
  /// May be another run's too.
  let input: String

  init(_ bootstrap: String, _ name: String, input: String) throws {
    (self.bootstrap, self.name, self.input) = (bootstrap, name, input)
    let admin = try Admin(client)
    for noun in ["output", "changelog", "epochs", "quarantine"] {
      try admin.createTopic("\(name).\(noun)", partitions: Int(Self.partitions), replication: 1)
    }
  }

  var client: ClientConfiguration { ["bootstrap.servers": bootstrap] }
  var inputs: [TopicPartition] { Self.allPartitions(of: input) }

  static func allPartitions(of topic: String) -> [TopicPartition] {
    (0..<partitions).map { TopicPartition(topic: topic, partition: PartitionID($0)) }
  }

  var passOn: ProcessorDefinition {
    ProcessorDefinition(
      "pass", epochsTopic: "\(name).epochs", quarantineTopic: "\(name).quarantine",
      inputs: [ProcessorInput(input, .outside)], outputs: [ProcessorOutput("\(name).output")], codeHash: 1
    ) { _ in PassOn() }
  }

  var countKeys: ProcessorDefinition {
    ProcessorDefinition(
      "count", epochsTopic: "\(name).epochs", quarantineTopic: "\(name).quarantine",
      inputs: [ProcessorInput(input, .outside)], changelogTopics: ["\(name).changelog"], codeHash: 1
    ) { _ in CountKeys() }
  }

  // MARK: Records

  /// Fills a new topic with JSON values; `key` names the record of each number.
  static func publish(
    _ count: Int, to topic: String, on bootstrap: String, valueBytes: Int = valueBytes,
    at time: (Int) -> Timestamp? = { _ in nil }, key: (Int) -> Int
  ) throws {
    try Admin(["bootstrap.servers": bootstrap]).createTopic(
      topic, partitions: Int(partitions), replication: 1)
    let producer = try Producer(
      ClientConfiguration(Load.producer.merging(["bootstrap.servers": bootstrap]) { $1 }))
    var batches = (0..<16).map { _ in ProduceBatch(topic: topic) }
    for start in stride(from: 0, to: count, by: Load.batchSize) {
      let batch = batches.removeFirst()
      batches.append(batch)
      while batch.isPending { producer.poll(.milliseconds(1)) }
      guard batch.failedCount == 0 else { throw BenchFailure("records were not delivered") }
      batch.removeAll()
      for number in start..<min(count, start + Load.batchSize) {
        append(number, key: key(number), bytes: valueBytes, at: time(number), to: batch)
      }
      try producer.produce(batch, timeout: .seconds(60))
      producer.poll(.zero)
    }
    try producer.flush(.seconds(60))
    guard batches.allSatisfy({ $0.failedCount == 0 }) else {
      throw BenchFailure("records were not delivered")
    }
  }

  /// Appends the record `{"number":N,"agent":"agent-K", ...}` of exactly so many bytes.
  static func append(
    _ number: Int, key: Int, bytes: Int, at time: Timestamp? = nil, to batch: ProduceBatch
  ) {
    let name = "agent-\(key)"
    var value = Array("{\"number\":\(number),\"agent\":\"\(name)\",\"note\":\"".utf8)
    while value.count < bytes - 2 { value.append(UInt8(ascii: "a") + UInt8((value.count + number) % 26)) }
    value.append(UInt8(ascii: "\""))
    value.append(UInt8(ascii: "}"))
    let keyBytes = Array(name.utf8)
    batch.append(
      to: murmur2Partition(ofKey: name, of: partitions), key: unsafe keyBytes.span.bytes,
      value: unsafe value.span.bytes, timestamp: time)
  }

  // MARK: Results

  /// Reads what is committed in a topic.
  private static func forEachRecord(
    of topic: String, on bootstrap: String, _ body: (RawSpan, RawSpan) -> Void
  ) throws {
    let consumer = try Consumer(
      ClientConfiguration(Load.consumer.merging(["bootstrap.servers": bootstrap]) { $1 }))
    let queues = try allPartitions(of: topic).map { try consumer.start($0, at: .earliest) }
    var batch = ConsumeBatch(capacity: 1000)
    while queues.contains(where: { $0.end == nil }) {
      var seen = 0
      for queue in queues {
        try queue.read(into: &batch)
        seen += batch.count
        for index in 0..<batch.count {
          let record = batch[index]
          if let key = record.key, let value = record.value { body(key, value) }
        }
      }
      if seen == 0 { consumer.wait(.milliseconds(50)) }
    }
  }

  /// The same for the same records in any order.
  static func contentHash(of topic: String, on bootstrap: String) throws -> UInt64 {
    var hash: UInt64 = 0
    try forEachRecord(of: topic, on: bootstrap) { key, value in
      hash &+= XXH64.hash(value, seed: XXH64.hash(key))
    }
    return hash
  }

  /// The totals of all keys as the changelog has them, and their hash.
  func totals() throws -> (records: Int, hash: UInt64) {
    var last: [String: KeyTotal] = [:]
    try Self.forEachRecord(of: "\(name).changelog", on: bootstrap) { key, value in
      guard let key = String(stored: key) else { return }
      last[key] = KeyTotal(stored: value.extracting(droppingFirst: 1))
    }
    var (records, hash) = (0, UInt64(0))
    for (key, total) in last {
      records += Int(total.records)
      hash &+= XXH64.hash(word: total.records, seed: XXH64.hash(word: total.bytes, seed: key.storedHash))
    }
    return (records, hash)
  }
}
