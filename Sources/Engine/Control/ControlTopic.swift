// The control topic on a broker: what it holds, and a configuration put in force on all its partitions at
// once.
public import Basics
public import Kafka

/// One writer of the control topic. Making it fences every other one: of two that run at the same time one
/// fails, and none publishes over what it has not seen.
public final class ControlTopic {
  public let name: String
  private let producer: Producer
  private let partitionCount: Int
  /// What each partition holds.
  public private(set) var partitions: [ControlPartition]
  /// The contents of files that are on some partition, by hash: one that lacks one gets it from there.
  private var contents: [Configuration.ContentHash: [UInt8]] = [:]

  private static let patience = Duration.seconds(30)
  /// Kafka's usual limit of a record batch, less what framing takes.
  public static let fileBytesMax = 900_000

  public init(_ name: String, _ client: ClientConfiguration) throws(Diagnostic) {
    self.name = name
    (producer, partitionCount) = try Self.attempt(name) { () throws(KafkaError) in
      let topics = try Admin(client, timeout: Self.patience).topics()
      let producer = try Producer(
        client.setting(["transactional.id": "\(name)-writer", "message.max.bytes": "\(2 << 20)"]))
      guard let topic = topics[name] else { return (producer, 0) }
      // From here on nobody else writes; what is read next stays the latest.
      try producer.initializeTransactions(Self.patience)
      return (producer, topic.partitions.count)
    }
    guard partitionCount > 0 else {
      throw Diagnostic(
        "there is no control topic", at: .named(name), next: "ratchet topics apply creates what is declared")
    }
    partitions = Array(repeating: ControlPartition(), count: partitionCount)
    try read(client)
  }

  /// The configuration in force on every partition; nil when there is none, or not the same on all.
  public var configuration: Configuration? {
    let first = partitions[0].configuration
    return partitions.allSatisfy { $0.configuration == first } ? first : nil
  }

  /// Publishes what is missing for `configuration` to be in force, in one transaction; nothing when it is.
  public func apply(
    _ configuration: Configuration, _ files: [Configuration.ContentHash: [UInt8]]
  ) throws(Diagnostic) -> ConfigurationChange {
    let all = contents.merging(files) { known, _ in known }
    let change = ConfigurationChange(to: configuration, all, on: partitions)
    guard !change.isEmpty else { return change }
    let batch = ProduceBatch(topic: name)
    for (number, records) in change.records.enumerated() {
      for record in records {
        let key = Array(record.key.utf8)
        batch.append(
          to: PartitionID(Int32(number)), key: unsafe key.span.bytes, value: unsafe record.value.span.bytes)
      }
    }
    let outcome = try Self.attempt(name) { () throws(KafkaError) in
      try producer.beginTransaction()
      try producer.produce(batch)
      try producer.flush(Self.patience)
      return producer.commitTransaction(Self.patience)
    }
    switch outcome {
    case .committed: return change
    case .mustAbort(let cause):
      throw Diagnostic("nothing was published", at: .named(name), why: cause.message)
    case .fenced(let cause), .unknown(let cause):
      throw Diagnostic(
        "whether it was published is not known", at: .named(name), why: cause.message,
        next: "run the same command again: what is in force already is not published twice")
    }
  }

  private func read(_ client: ClientConfiguration) throws(Diagnostic) {
    let consumer = try Self.attempt(name) { () throws(KafkaError) in
      try Consumer(client.setting(["fetch.wait.max.ms": "50"]))
    }
    let deadline = ContinuousClock.now + Self.patience
    for number in 0..<partitionCount {
      let place = TopicPartition(topic: name, partition: PartitionID(Int32(number)))
      let queue = try Self.attempt(name) { () throws(KafkaError) in
        try consumer.start(place, at: .earliest)
      }
      while try !readOn(queue, number) {
        guard ContinuousClock.now < deadline else {
          throw Diagnostic(
            "the control topic cannot be read to its end", at: .record(place, nil),
            why: "it was not reached in \(Self.patience)", next: "is the partition's leader up?")
        }
        consumer.wait(.milliseconds(100))
      }
    }
  }

  /// Takes what has been fetched; true at the partition's end.
  private func readOn(_ queue: PartitionQueue, _ number: Int) throws(Diagnostic) -> Bool {
    var batch = ConsumeBatch(capacity: 256)
    repeat {
      do throws(KafkaError) { try queue.read(into: &batch) } catch {
        throw Diagnostic("the control topic cannot be read", at: .named(name), why: error.description)
      }
      for index in 0..<batch.count { hear(batch[index], on: number) }
    } while !batch.isEmpty
    return queue.end != nil
  }

  private func hear(_ record: borrowing ConsumedRecord, on number: Int) {
    guard let key = record.key, let value = record.value else { return }
    let (keyBytes, bytes) = unsafe (
      key.withUnsafeBytes { unsafe [UInt8]($0) }, value.withUnsafeBytes { unsafe [UInt8]($0) }
    )
    guard partitions[number].hear(key: keyBytes, value: bytes) else { return }
    contents[Configuration.hash(of: bytes)] = bytes
  }

  private static func attempt<Answer>(
    _ name: String, _ call: () throws(KafkaError) -> Answer
  ) throws(Diagnostic) -> Answer {
    do throws(KafkaError) { return try call() } catch {
      if case .configuration(let diagnostic) = error { throw diagnostic }
      throw Diagnostic("the control topic cannot be used", at: .named(name), why: error.description)
    }
  }
}
