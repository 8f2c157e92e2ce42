// Follows committed records of some topics, all partitions of them, without waiting for any: for what is
// shown while it happens.
import Basics
import Kafka

/// A committed record, copied.
struct FollowedRecord {
  /// Without the prefix.
  var topic: String
  var partition: TopicPartition
  var offset: Offset
  var key: String
  /// nil is a tombstone.
  var value: [UInt8]?
  var timestamp: Timestamp
  /// The header `ce_type`, for events.
  var type: String?

  var leaves: JSONLeaves? {
    value.flatMap { unsafe JSONLeaves($0.span.bytes) }
  }
}

final class TopicFollower {
  private let consumer: Consumer
  private var queues: [(topic: String, queue: PartitionQueue)] = []
  private var batch = ConsumeBatch(capacity: 1000)

  /// A turn reads no more of a partition than this, so that whoever shows it gets to show it.
  private static let batchesPerTurn = 20

  /// Topics that the broker does not have are left out.
  init(
    _ topics: [String], prefix: String, from start: StartPosition = .earliest, _ client: ClientConfiguration
  ) throws(Diagnostic) {
    do throws(KafkaError) {
      let there = try Admin(client, timeout: .seconds(15)).topics()
      consumer = try Consumer(
        client.setting(["isolation.level": "read_committed", "fetch.wait.max.ms": "100"]))
      let places = topics.flatMap { topic in
        (there["\(prefix).\(topic)"]?.partitions ?? []).map {
          (topic, TopicPartition(topic: "\(prefix).\(topic)", partition: $0.id))
        }
      }
      let started = try consumer.start(places.map { $1 }, at: start)
      queues = zip(places, started).map { ($0.0, $1) }
    } catch {
      throw brokerDiagnostic(error, "cannot be followed", at: client["bootstrap.servers"] ?? "")
    }
  }

  var partitionCount: Int { queues.count }

  func partitionCount(of topic: String) -> Int { queues.count { $0.topic == topic } }

  /// Every partition has been read to its end.
  var hasCaughtUp: Bool { queues.allSatisfy { $0.queue.end != nil } }

  /// What has been fetched since the last turn, partition after partition; waits up to `timeout` for the
  /// first.
  func turn(_ timeout: Duration = .zero, _ body: (FollowedRecord) -> Void) throws(KafkaError) {
    consumer.wait(timeout)
    for (topic, queue) in queues {
      var batches = 0
      repeat {
        try queue.read(into: &batch)
        for index in 0..<batch.count { body(FollowedRecord(topic, queue.partition, batch[index])) }
        batches += 1
      } while batch.count == batch.capacity && batches < Self.batchesPerTurn
    }
  }
}

extension FollowedRecord {
  fileprivate init(_ topic: String, _ partition: TopicPartition, _ record: borrowing ConsumedRecord) {
    self.topic = topic
    self.partition = partition
    offset = record.offset
    timestamp = record.timestamp
    if let bytes = record.key { key = text(bytes) } else { key = "" }
    if let bytes = record.value { value = unsafe bytes.withUnsafeBytes { unsafe [UInt8]($0) } }
    if let bytes = record.header("ce_type") { type = text(bytes) }
  }
}

private func text(_ bytes: RawSpan) -> String {
  unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
}
