// ratchet topics copy: what producers and operators have published, on other brokers as it is here:
// partition, key, value, headers and time. For moving from the embedded broker to Kafka.
import Basics
import Kafka
import POSIX
import Topology

extension Command {
  static let topicsCopy = Command(
    name: "topics copy", summary: "copy the inputs and control to other brokers, as they are",
    options: topicOptions + [
      Option(
        name: "from", value: "HOST:PORT", summary: "where they are; nobody signs on there", isRequired: true)
    ] + BrokerConnection.options(isRequired: true),
    notes: """
      --bootstrap names where they are to be. Make the topics there first (ratchet topics apply), and stop
      producers and instances: what is published meanwhile is not copied. Topics that hold records there
      already are refused, before anything is copied. Everything else (state, projections, decisions) is
      folded anew there by ratchet up, from what was copied.
      """
  ) { arguments in
    let (topics, prefix) = try declaredTopics(arguments)
    guard let target = try BrokerConnection.configuration(arguments) else {
      throw UsageError("--bootstrap HOST:PORT is missing")
    }
    let source = ClientConfiguration(["bootstrap.servers": arguments.text("from") ?? ""])
    let copied = topics.filter { $0.kind == .input || $0.kind == .control }
    let copy = try TopicCopy(from: source, to: target)
    let counts = try copy.run(copied.map { $0.fullName(prefix: prefix) }) {
      writeToStandardError(Array("\($0)\n".utf8))
    }
    for (topic, count) in counts { print("\(count) records of \(topic)") }
    print("start ratchet up --bootstrap with an empty data folder: it folds them from their beginning")
    return .success
  }
}

/// One copy, from brokers to others.
final class TopicCopy {
  private let source: ClientConfiguration
  private let sourceAdmin, targetAdmin: Admin
  private let producer: Producer
  private let address: String

  private static let patience = Duration.seconds(30)
  private static let batchRecords = 1000

  init(from source: ClientConfiguration, to target: ClientConfiguration) throws(Diagnostic) {
    self.source = source.setting(["isolation.level": "read_committed", "fetch.wait.max.ms": "50"])
    address = target["bootstrap.servers"] ?? ""
    do throws(KafkaError) {
      sourceAdmin = try Admin(source, timeout: Self.patience)
      targetAdmin = try Admin(target, timeout: Self.patience)
      producer = try Producer(target.setting(["message.max.bytes": "\(2 << 20)"]))
    } catch { throw brokerDiagnostic(error, "no client can be made", at: address) }
  }

  /// How many records of each topic were copied, in order.
  func run(_ topics: [String], say: (String) -> Void) throws(Diagnostic) -> [(topic: String, count: Int)] {
    do {
      let partitions = try matchedPartitions(of: topics)
      try refuseFilled(partitions)
      let ends = try sourceAdmin.offsets(queries(partitions, .latest))
      var counts: [String: Int] = [:]
      for partition in partitions {
        counts[partition.topic, default: 0] += try copy(partition, until: ends[partition] ?? .zero)
        say("\(partition) is copied")
      }
      return topics.map { ($0, counts[$0] ?? 0) }
    } catch let error as KafkaError {
      throw brokerDiagnostic(error, "not all was copied", at: address)
    } catch { throw error as? Diagnostic ?? Diagnostic("\(error)") }
  }

  private func queries(_ partitions: [TopicPartition], _ query: OffsetQuery) -> [TopicPartition: OffsetQuery]
  {
    Dictionary(uniqueKeysWithValues: partitions.map { ($0, query) })
  }

  /// A key is in the same partition of as many, or its order among others is lost.
  private func matchedPartitions(of topics: [String]) throws -> [TopicPartition] {
    let (here, there) = (try sourceAdmin.topics(), try targetAdmin.topics())
    return try topics.flatMap { topic in
      guard let from = here[topic], let to = there[topic] else {
        throw Diagnostic(
          "there is no topic \(topic)", at: .named(here[topic] == nil ? "--from" : address),
          next: "ratchet topics apply makes what is declared")
      }
      guard from.partitions.count == to.partitions.count else {
        throw Diagnostic(
          "\(topic) has \(from.partitions.count) partitions, and there \(to.partitions.count)",
          at: .named(address), next: "set partitions in topics.yaml to what the source has, and apply it")
      }
      return from.partitions.map { TopicPartition(topic: topic, partition: $0.id) }
    }
  }

  private func refuseFilled(_ partitions: [TopicPartition]) throws {
    let ends = try targetAdmin.offsets(queries(partitions, .latest))
    guard let filled = partitions.first(where: { (ends[$0] ?? .zero) > .zero }) else { return }
    throw Diagnostic(
      "\(filled) holds records already", at: .named(address),
      why: "a copy is not merged with what is there", next: "delete its topics, or choose another --prefix")
  }

  private func copy(_ partition: TopicPartition, until end: Offset) throws -> Int {
    guard end > .zero else { return 0 }
    let consumer = try Consumer(source)
    let queue = try consumer.start(partition, at: .earliest)
    defer { queue.stop() }
    var batch = ConsumeBatch(capacity: Self.batchRecords)
    var count = 0
    var last = ContinuousClock.now
    var progress = Progress()
    while queue.end.map({ $0 < end }) ?? true {
      try queue.read(into: &batch)
      if batch.isEmpty {
        guard ContinuousClock.now - last < Self.patience else {
          throw Diagnostic(
            "\(partition) cannot be read to its end", at: .named("--from"),
            why: "nothing came for \(age(Self.patience)): is a transaction open, or a producer at work?")
        }
        consumer.wait(.milliseconds(50))
        continue
      }
      last = .now
      try send(batch, to: partition)
      count += batch.count
      progress.tell("\(count) records of \(partition) are copied")
    }
    return count
  }

  private func send(_ records: borrowing ConsumeBatch, to partition: TopicPartition) throws {
    let batch = ProduceBatch(topic: partition.topic)
    for index in 0..<records.count { append(records[index], to: batch, partition.partition) }
    try producer.produce(batch, timeout: Self.patience)
    try producer.flush(Self.patience)
    if let failure = batch.firstFailure {
      throw brokerDiagnostic(failure.error, "a record was not taken", at: partition.topic)
    }
  }

  private func append(_ record: borrowing ConsumedRecord, to batch: ProduceBatch, _ partition: PartitionID) {
    batch.append(to: partition, key: record.key, value: record.value, timestamp: record.timestamp)
    record.forEachHeader { batch.appendHeader($0, $1) }
  }
}
