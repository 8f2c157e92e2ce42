// A broker for a test, and a test's own clients of it: the embedded broker in memory, or the one that
// RATCHET_TEST_BOOTSTRAP names, on which the tests' topics stay.
import Basics
import BrokerCore
import BrokerServer
import Kafka
import POSIX
import Synchronization
import Testing

@testable import Runtime

/// The topics of one test's counting processor, under names of their own.
struct CountingWorld {
  let prefix: String
  let client: ClientConfiguration
  let admin: Admin
  let partitions: Int32

  init(partitions: Int32) throws {
    self.partitions = partitions
    prefix = "t\(String(salt, radix: 36))-\(count.add(1, ordering: .relaxed).newValue)"
    client = ["bootstrap.servers": try bootstrap()]
    admin = try Admin(client)
    for noun in ["events", "counts", "rekey", "epochs", "changelog", "due", "time", "watch-epochs"] {
      try admin.createTopic(topic(noun), partitions: Int(partitions))
    }
    try admin.createTopic(topic("quarantine"), partitions: 1)
  }

  func topic(_ noun: String) -> String { "\(prefix).\(noun)" }

  var processor: ProcessorDefinition {
    ProcessorDefinition(
      "count", epochsTopic: topic("epochs"), quarantineTopic: topic("quarantine"),
      inputs: [ProcessorInput(topic("events"), .outside)],
      outputs: [ProcessorOutput(topic("counts"), recordBytesMax: 1000), ProcessorOutput(topic("rekey"))],
      changelogTopics: [topic("changelog")], codeHash: 1
    ) { _ in CountByKey() }
  }

  /// An engine over librdkafka; `instance` is its seat in the group.
  func engine(_ instance: String = "a", workers: Int = 1) throws -> Engine {
    let (client, prefix, processor) = (client, prefix, processor)
    return try Engine.start([processor], workers: workers) { (number) throws(Diagnostic) in
      var settings = KafkaPortSettings(
        client: client, group: prefix, instance: "\(prefix)-\(instance)-\(number)")
      settings.sessionTimeout = .milliseconds(1500)
      return try KafkaPort.make(settings, [processor])
    }
  }

  /// Publishes `count` events with the keys k0, k1 ... in turn, each in the partition of its key.
  func publish(_ count: Int, keys: Int, value: String = "1") throws {
    let producer = try Producer(client)
    let batch = ProduceBatch(topic: topic("events"))
    for index in 0..<count {
      let key = "k\(index % keys)"
      let (bytes, valueBytes) = (Array(key.utf8), Array(value.utf8))
      batch.append(
        to: murmur2Partition(ofKey: key, of: partitions), key: unsafe bytes.span.bytes,
        value: unsafe valueBytes.span.bytes)
    }
    try producer.produce(batch)
    try producer.flush(.seconds(20))
  }

  /// All committed records of a topic, as `key=value`, each partition in order.
  func read(_ noun: String) throws -> [String] {
    let tail = try Tail(self, noun)
    try tail.readToEnd()
    return tail.records.flatMap { partition in
      partition.map { "\($0.key)=\(String(decoding: $0.value, as: UTF8.self))" }
    }
  }

  /// The last count of each key.
  func counts() throws -> [String: Int] {
    var counts: [String: Int] = [:]
    for line in try read("counts") {
      let parts = line.split(separator: "=")
      counts[String(parts[0])] = Int(parts[1])
    }
    return counts
  }

  /// Every committed epoch record, by partition, in order.
  func epochs() throws -> [[EpochRecord]] {
    let tail = try Tail(self, "epochs")
    try tail.readToEnd()
    return try tail.epochs()
  }
}

/// Follows a topic's committed records.
final class Tail {
  private(set) var records: [[(key: String, value: [UInt8])]]
  private let consumer: Consumer
  private var queues: [PartitionQueue] = []

  init(_ world: CountingWorld, _ noun: String) throws {
    consumer = try Consumer(world.client.setting(["fetch.wait.max.ms": "50"]))
    let partitions = noun == "quarantine" ? 1 : world.partitions
    records = Array(repeating: [], count: Int(partitions))
    for number in 0..<partitions {
      let partition = TopicPartition(topic: world.topic(noun), partition: PartitionID(number))
      queues.append(try consumer.start(partition, at: .earliest))
    }
  }

  /// Takes what has been fetched, after waiting a little for more.
  func read() throws {
    var batch = ConsumeBatch(capacity: 1000)
    consumer.wait(.milliseconds(20))
    for (number, queue) in queues.enumerated() {
      try queue.read(into: &batch)
      for index in 0..<batch.count {
        let key = if let key = batch[index].key { key.text } else { "-" }
        let value = if let value = batch[index].value { value.copied } else { Array("-".utf8) }
        records[number].append((key, value))
      }
    }
  }

  func readToEnd() throws {
    repeat { try read() } while queues.contains { $0.end == nil }
  }

  func epochs() throws -> [[EpochRecord]] {
    try records.map { try $0.map { try EpochRecord(decoding: $0.value) } }
  }
}

private let salt = UInt64.random(in: .min ... .max)
private let count = Atomic(0)

private func bootstrap() throws -> String {
  if let named = environmentVariable("RATCHET_TEST_BOOTSTRAP") { return named }
  return try embedded.get().endpoint.description
}

/// One for all tests of the process.
private let embedded = Result {
  var settings = EmbeddedBrokerSettings(disk: MemoryDisk(), broker: BrokerSettings(seed: salt))
  settings.server.listen.port = 0
  let log = Logger(service: "broker", version: "test", minimumLevel: .error)
  return try EmbeddedBroker.start(settings, log: log)
}

/// Asks until `condition` holds, for as long as a broken machine would need at most. Every condition here
/// waits for a broker's answer, so nothing sleeps.
func eventually(
  within limit: Duration = .seconds(60), _ location: SourceLocation = #_sourceLocation,
  _ condition: () throws -> Bool
) throws {
  let deadline = ContinuousClock.now + limit
  while try !condition() {
    try #require(ContinuousClock.now < deadline, "not within \(limit)", sourceLocation: location)
  }
}

/// A worker that the test turns by hand, over librdkafka. Dropped, it is as gone as a killed process: nothing
/// is closed.
final class HandWorker {
  let worker: Worker
  /// How far its wall clock is ahead of the machine's.
  var clockLead = Duration.zero
  private let start = ContinuousClock.now
  /// Stands still where a test sets it.
  var wallClock: Timestamp?

  init(
    _ world: CountingWorld, _ instance: String, _ more: [String: String] = [:], disk: StateWriter? = nil,
    lies: [DoubtfulPort.Lie] = [], processor: ProcessorDefinition? = nil,
    behind: [ProcessorDefinition] = [], group: String? = nil
  ) throws {
    let processors = [processor ?? world.processor] + behind
    var settings = KafkaPortSettings(
      client: world.client.setting(more), group: group ?? world.prefix,
      instance: "\(world.prefix)-\(instance)")
    settings.sessionTimeout = .milliseconds(1500)
    settings.callTimeout = .milliseconds(500)
    let port = DoubtfulPort(try KafkaPort.make(settings, processors), lies)
    worker = Worker(0, processors, EngineSettings(), port, disk: disk)
  }

  func turn() {
    let now = Moment(
      wallClock: wallClock ?? systemTime() + clockLead, uptime: ContinuousClock.now - start)
    switch worker.turn(now) {
    case .none, .forEver: break
    case .upTo(let duration): worker.port.wait(duration)
    }
  }

  /// Turns until the condition holds.
  func turn(
    _ location: SourceLocation = #_sourceLocation, until condition: (Worker) throws -> Bool
  ) throws {
    try eventually(within: .seconds(60), location) {
      turn()
      return try condition(worker)
    }
  }

  /// How many records the committed epochs of its tasks have read, of inputs without gaps.
  var committedRecords: Int64 {
    let own = worker.tasks.values.filter { $0.phase == .running }
    return own.reduce(0) { $0 + ($1.memory?.last?.record.inputs[0].next.rawValue ?? 0) }
  }

  /// Every task it has is running and has read and committed all there is.
  var isIdle: Bool {
    !worker.tasks.isEmpty && !worker.transaction.isOpen
      && worker.tasks.values.allSatisfy {
        $0.phase == .running && $0.sealed == nil && !$0.hasGathered && $0.inputs.allSatisfy { $0.end != nil }
      }
  }
}
