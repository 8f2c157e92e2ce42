// The control topic on a broker, read: what each of its partitions holds.
public import Basics
public import Kafka

/// The control topic as it was when it was read.
public struct ControlReading {
  public let name: String
  /// What each partition holds.
  public private(set) var partitions: [ControlPartition]
  /// The contents of files that are on some partition, by hash: one that lacks one gets it from there.
  public private(set) var contents: [Configuration.ContentHash: [UInt8]] = [:]

  private static let patience = Duration.seconds(30)

  /// Reads all of the topic.
  public init(_ name: String, _ client: ClientConfiguration) throws(Diagnostic) {
    self.name = name
    let topics = try Self.attempt(name) { () throws(KafkaError) in
      try Admin(client, timeout: Self.patience).topics()
    }
    guard let topic = topics[name], !topic.partitions.isEmpty else {
      throw Diagnostic(
        "there is no control topic", at: .named(name), next: "ratchet topics apply creates what is declared")
    }
    partitions = Array(repeating: ControlPartition(), count: topic.partitions.count)
    try read(client)
  }

  /// The configuration in force on every partition; nil when there is none, or not the same on all.
  public var configuration: Configuration? {
    let first = partitions[0].configuration
    return partitions.allSatisfy { $0.configuration == first } ? first : nil
  }

  /// What a file in force says; nil when its content is on no partition.
  public func content(_ hash: Configuration.ContentHash) -> [UInt8]? { contents[hash] }

  /// No partition holds a configuration.
  public var isUnconfigured: Bool { partitions.allSatisfy { $0.configuration == nil } }

  private mutating func read(_ client: ClientConfiguration) throws(Diagnostic) {
    let consumer = try Self.attempt(name) { () throws(KafkaError) in
      try Consumer(client.setting(["fetch.wait.max.ms": "50"]))
    }
    let places = partitions.indices.map { TopicPartition(topic: name, partition: PartitionID(Int32($0))) }
    let queues = try Self.attempt(name) { () throws(KafkaError) in
      try consumer.start(places, at: .earliest)
    }
    let deadline = ContinuousClock.now + Self.patience
    var open = Array(partitions.indices)
    while true {
      var unread: [Int] = []
      for number in open where !(try readOn(queues[number], number)) { unread.append(number) }
      open = unread
      guard let first = open.first else { return }
      guard ContinuousClock.now < deadline else {
        throw Diagnostic(
          "the control topic cannot be read to its end",
          at: .record(places[first], nil),
          why: "it was not reached in \(Self.patience)", next: "is the partition's leader up?")
      }
      consumer.wait(.milliseconds(100))
    }
  }

  /// Takes what has been fetched; true at the partition's end.
  private mutating func readOn(_ queue: PartitionQueue, _ number: Int) throws(Diagnostic) -> Bool {
    var batch = ConsumeBatch(capacity: 256)
    repeat {
      do throws(KafkaError) { try queue.read(into: &batch) } catch {
        throw Diagnostic("the control topic cannot be read", at: .named(name), why: error.description)
      }
      for index in 0..<batch.count { hear(batch[index], on: number) }
    } while !batch.isEmpty
    return queue.end != nil
  }

  private mutating func hear(_ record: borrowing ConsumedRecord, on number: Int) {
    guard let key = record.key, let value = record.value else { return }
    let (keyBytes, bytes) = unsafe (
      key.withUnsafeBytes { unsafe [UInt8]($0) }, value.withUnsafeBytes { unsafe [UInt8]($0) }
    )
    guard partitions[number].hear(key: keyBytes, value: bytes) else { return }
    contents[Configuration.hash(of: bytes)] = bytes
  }

  static func attempt<Answer>(
    _ name: String, _ call: () throws(KafkaError) -> Answer
  ) throws(Diagnostic) -> Answer {
    do throws(KafkaError) { return try call() } catch {
      if case .configuration(let diagnostic) = error { throw diagnostic }
      throw Diagnostic("the control topic cannot be used", at: .named(name), why: error.description)
    }
  }
}
