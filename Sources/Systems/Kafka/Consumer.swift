// Reads partitions that it is told to read: it knows no group, commits nothing and is never paused. Which
// partitions to read, and from where, is its owner's knowledge (`GroupMember` tells who owns what).
public import Basics
internal import CRdKafka

/// A consumer without a group, used on one thread. Prefetch is per partition: `queued.min.messages` and
/// `queued.max.messages.kbytes` bound each of its queues by itself. A wanted offset that is gone is an error,
/// never a silent jump.
public final class Consumer {
  private let client: Client
  private let news: Queue

  public init(
    _ configuration: ClientConfiguration, events: ClientEvents = ClientEvents()
  ) throws(KafkaError) {
    client = try Client(
      RD_KAFKA_CONSUMER, configuration,
      required: [
        "enable.partition.eof": "true", "enable.auto.offset.store": "false",
        "auto.offset.reset": "error",
      ], events: events)
    guard let main = unsafe rd_kafka_queue_get_main(client.raw) else { throw client.lastError() }
    news = unsafe Queue(client, adopting: main)
  }

  /// Begins to fetch a partition into a queue of its own. A partition is read through one queue at a time.
  public func start(
    _ partition: TopicPartition, at position: StartPosition
  ) throws(KafkaError) -> PartitionQueue {
    try PartitionQueue(partition, at: position, client: client, news: news)
  }

  /// Serves the client's events and returns when `timeout` has passed or, sooner, when an empty queue has got
  /// something. A queue that was not read until empty wakes nobody: read until a batch comes back short of
  /// its capacity, then wait.
  public func wait(_ timeout: Duration) { client.serve(timeout) }
}
