// One test's broker, topics, live engines and replays: the embedded broker in memory, or the one that
// RATCHET_TEST_BOOTSTRAP names, on which the tests' topics stay.
import Basics
import BrokerCore
import BrokerServer
import Kafka
import POSIX
import Synchronization
import Testing

@testable import Replay
@testable import Runtime

/// The topics of one test's processor, under names of their own.
struct World {
  let prefix: String
  let client: ClientConfiguration
  let admin: Admin
  let partitions: Int32

  init(partitions: Int32) throws {
    self.partitions = partitions
    prefix = "r\(String(salt, radix: 36))-\(count.add(1, ordering: .relaxed).newValue)"
    client = ["bootstrap.servers": try bootstrap()]
    admin = try Admin(client)
    for noun in ["events", "tallies", "epochs", "changelog", "control"] {
      try admin.createTopic(topic(noun), partitions: Int(partitions))
    }
    try admin.createTopic(topic("quarantine"), partitions: 1)
  }

  func topic(_ noun: String) -> String { "\(prefix).\(noun)" }

  func partition(_ noun: String, _ number: Int32 = 0) -> TopicPartition {
    TopicPartition(topic: topic(noun), partition: PartitionID(number))
  }

  /// `code` is the code hash, which a test may keep while it changes the constant.
  func tally(cap: UInt64 = 100, code: UInt64 = 1) -> ProcessorDefinition {
    ProcessorDefinition(
      "tally", epochsTopic: topic("epochs"), quarantineTopic: topic("quarantine"),
      inputs: [ProcessorInput(topic("events"), .outside)], outputs: [ProcessorOutput(topic("tallies"))],
      changelogTopics: [topic("changelog")], codeHash: code
    ) { _ in Tally(cap: cap) }
  }

  var passOn: ProcessorDefinition {
    ProcessorDefinition(
      "pass-on", epochsTopic: topic("epochs"), quarantineTopic: topic("quarantine"),
      inputs: [ProcessorInput(topic("events"), .outside)], outputs: [ProcessorOutput(topic("tallies"))],
      codeHash: 1
    ) { _ in PassOn() }
  }

  // MARK: Live

  static func port(
    _ processor: ProcessorDefinition, _ client: ClientConfiguration, _ prefix: String, _ instance: String
  ) throws(Diagnostic) -> KafkaPort {
    var settings = KafkaPortSettings(client: client, group: prefix, instance: "\(prefix)-\(instance)")
    settings.sessionTimeout = .milliseconds(1500)
    return try KafkaPort.make(settings, [processor])
  }

  func workerPort(_ processor: ProcessorDefinition) throws -> KafkaPort {
    try World.port(processor, client, prefix, "a-0")
  }

  /// Runs the processor live until its committed epochs have read `records` in all; its state begins with a
  /// full restore.
  func run(
    _ processor: ProcessorDefinition, workers: Int = 1, instance: String = "a", until records: Int64,
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    let (client, prefix) = (client, prefix)
    let engine = try Engine.start([processor], workers: workers) { (number) throws(Diagnostic) in
      try World.port(processor, client, prefix, "\(instance)-\(number)")
    }
    defer { engine.stop(within: .seconds(5)) }
    let reader = try EpochReader(self)
    try eventually(location) { try reader.records() >= records }
  }

  /// Lets a worker die in the middle of a transaction, as a killed process does.
  func killInTransaction(_ processor: ProcessorDefinition) throws {
    let worker = Worker(0, [processor], EngineSettings(), try workerPort(processor))
    let start = ContinuousClock.now
    try eventually {
      let now = Moment(wallClock: systemTime(), uptime: ContinuousClock.now - start)
      if case .upTo(let duration) = worker.turn(now) { worker.port.wait(duration) }
      return worker.transaction.state == .flushed
    }
  }

  /// Publishes key and value pairs, each in the partition of its key. Those of an aborted transaction are
  /// never seen by a fold.
  func publish(_ events: [(key: String, value: String)], transaction: Transaction = .none) throws {
    let id = transaction == .none ? [:] : ["transactional.id": "\(prefix)-publisher"]
    let producer = try Producer(client.setting(id))
    let batch = ProduceBatch(topic: topic("events"))
    for (key, value) in events {
      let (bytes, valueBytes) = (Array(key.utf8), Array(value.utf8))
      batch.append(
        to: murmur2Partition(ofKey: key, of: partitions), key: unsafe bytes.span.bytes,
        value: unsafe valueBytes.span.bytes)
    }
    if transaction != .none {
      try producer.initializeTransactions(.seconds(20))
      try producer.beginTransaction()
    }
    try producer.produce(batch)
    try producer.flush(.seconds(20))
    switch transaction {
    case .none: break
    case .aborted: try producer.abortTransaction(.seconds(20))
    case .committed: #expect(producer.commitTransaction(.seconds(20)) == .committed)
    }
  }

  enum Transaction { case none, aborted, committed }

  // MARK: The past

  func replay(
    _ processor: ProcessorDefinition, _ number: Int32 = 0, from: Int64 = 0
  ) throws -> ReplayResult {
    let settings = KafkaPortSettings(client: client, group: "", instance: "")
    let port = try KafkaPort(settings, epochsTopics: [], partitions: 2)
    var replay = TaskReplay(PartitionID(number), of: processor, port, from: Epoch(from))
    return try replay.run()
  }

  func survey(_ processor: ProcessorDefinition, _ number: Int32 = 0) throws -> TaskSurvey {
    let settings = KafkaPortSettings(client: client, group: "", instance: "")
    let port = try KafkaPort(settings, epochsTopics: [], partitions: 2)
    return try TaskSurvey(PartitionID(number), of: processor, port)
  }

  func epochs() throws -> [[EpochRecord]] {
    let reader = try EpochReader(self)
    _ = try reader.records()
    return reader.epochs
  }

  /// The last value of each key.
  func lastValues(_ noun: String) throws -> [String: String] {
    var values: [String: String] = [:]
    let consumer = try Consumer(client.setting(["fetch.wait.max.ms": "50"]))
    var batch = ConsumeBatch(capacity: 1000)
    for number in 0..<partitions {
      let queue = try consumer.start(partition(noun, number), at: .earliest)
      repeat {
        consumer.wait(.milliseconds(20))
        try queue.read(into: &batch)
        for index in 0..<batch.count {
          if let key = batch[index].key, let value = batch[index].value { values[key.text] = value.text }
        }
      } while queue.end == nil
    }
    return values
  }

  /// How far each of the topics reaches, transaction markers included.
  func ends(_ nouns: [String]) throws -> [TopicPartition: Offset] {
    var queries: [TopicPartition: OffsetQuery] = [:]
    for noun in nouns { for number in 0..<partitions { queries[partition(noun, number)] = .latest } }
    return try admin.offsets(queries)
  }
}

/// Follows the committed epochs of a world.
final class EpochReader {
  private(set) var epochs: [[EpochRecord]]
  private let consumer: Consumer
  private var queues: [PartitionQueue] = []

  init(_ world: World) throws {
    consumer = try Consumer(world.client.setting(["fetch.wait.max.ms": "50"]))
    epochs = Array(repeating: [], count: Int(world.partitions))
    for number in 0..<world.partitions {
      queues.append(try consumer.start(world.partition("epochs", number), at: .earliest))
    }
  }

  /// How many records the epochs committed by now have read.
  func records() throws -> Int64 {
    var batch = ConsumeBatch(capacity: 1000)
    repeat {
      consumer.wait(.milliseconds(20))
      for (number, queue) in queues.enumerated() {
        try queue.read(into: &batch)
        for index in 0..<batch.count {
          guard let value = batch[index].value else { continue }
          let bytes = unsafe value.withUnsafeBytes { unsafe [UInt8]($0) }
          epochs[number].append(try EpochRecord(decoding: bytes))
        }
      }
    } while queues.contains { $0.end == nil }
    return epochs.joined().reduce(0) { $0 + $1.ledger.read }
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
  _ location: SourceLocation = #_sourceLocation, _ condition: () throws -> Bool
) throws {
  let deadline = ContinuousClock.now + .seconds(60)
  while try !condition() {
    try #require(ContinuousClock.now < deadline, "not within a minute", sourceLocation: location)
  }
}
