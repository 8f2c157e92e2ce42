// The control topic on a broker, written: a configuration put in force on all its partitions at once, and
// events sent to all of them.
public import Basics
public import Kafka

/// One writer of the control topic. Making it fences every other one: of two that run at the same time one
/// fails, and none publishes over what it has not seen.
public final class ControlTopic {
  public let name: String
  private let producer: Producer
  private let reading: ControlReading

  private static let patience = Duration.seconds(30)
  /// Kafka's usual limit of a record batch, less what framing takes.
  public static let fileBytesMax = 900_000

  public init(_ name: String, _ client: ClientConfiguration) throws(Diagnostic) {
    self.name = name
    producer = try ControlReading.attempt(name) { () throws(KafkaError) in
      let producer = try Producer(
        client.setting(["transactional.id": "\(name)-writer", "message.max.bytes": "\(2 << 20)"]))
      // From here on nobody else writes; what is read next stays the latest.
      try producer.initializeTransactions(Self.patience)
      return producer
    }
    reading = try ControlReading(name, client)
  }

  /// What each partition holds.
  public var partitions: [ControlPartition] { reading.partitions }

  /// The configuration in force on every partition; nil when there is none, or not the same on all.
  public var configuration: Configuration? { reading.configuration }

  /// No partition holds a configuration.
  public var isUnconfigured: Bool { reading.isUnconfigured }

  /// What a file in force says; nil when its content is on no partition.
  public func content(_ hash: Configuration.ContentHash) -> [UInt8]? { reading.content(hash) }

  /// Publishes what is missing for `configuration` to be in force, in one transaction; nothing when it is.
  public func apply(
    _ configuration: Configuration, _ files: [Configuration.ContentHash: [UInt8]]
  ) throws(Diagnostic) -> ConfigurationChange {
    let all = reading.contents.merging(files) { known, _ in known }
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
    try commit(batch, next: "run the same command again: what is in force already is not published twice")
    return change
  }

  /// Publishes events to every partition, in order, in one transaction.
  public func send(_ events: [ControlEvent]) throws(Diagnostic) {
    guard !events.isEmpty else { return }
    let batch = ProduceBatch(topic: name)
    let (header, contentType) = (Array("content-type".utf8), Array("application/cloudevents+json".utf8))
    for number in partitions.indices {
      for event in events {
        let key = Array(event.key.utf8)
        batch.append(
          to: PartitionID(Int32(number)), key: unsafe key.span.bytes, value: unsafe event.json.span.bytes)
        batch.appendHeader(unsafe header.span.bytes, unsafe contentType.span.bytes)
      }
    }
    try commit(batch, next: "run the same command again: to set the same twice changes nothing")
  }

  private func commit(_ batch: ProduceBatch, next: String) throws(Diagnostic) {
    let outcome = try ControlReading.attempt(name) { () throws(KafkaError) in
      try producer.beginTransaction()
      try producer.produce(batch)
      try producer.flush(Self.patience)
      return producer.commitTransaction(Self.patience)
    }
    switch outcome {
    case .committed: return
    case .mustAbort(let cause):
      throw Diagnostic("nothing was published", at: .named(name), why: cause.message)
    case .fenced(let cause), .unknown(let cause):
      throw Diagnostic(
        "whether it was published is not known", at: .named(name), why: cause.message, next: next)
    }
  }
}

/// An event for the control topic, in CloudEvents' JSON format.
public struct ControlEvent: Hashable, Sendable {
  /// Of its record: nothing depends on it, but that no part of a configuration has such a key.
  public let key: String
  public let json: [UInt8]

  public init(type: String, id: String, json: [UInt8]) {
    key = "event/\(type)/\(id)"
    self.json = json
  }
}
