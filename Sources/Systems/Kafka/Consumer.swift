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
    try start([partition], at: position)[0]
  }

  /// Begins to fetch partitions, each into a queue of its own.
  public func start(
    _ partitions: [TopicPartition], at position: StartPosition
  ) throws(KafkaError) -> [PartitionQueue] {
    let positions = resolve(position, of: partitions)
    var queues: [PartitionQueue] = []
    for (partition, position) in zip(partitions, positions) {
      queues.append(try PartitionQueue(partition, at: position, client: client, news: news))
    }
    return queues
  }

  /// The offsets where to begin. librdkafka looks up a name half a second later when it does not know the
  /// partition's leader yet, and behind a fetch that waits; so the broker is asked here, before the first
  /// fetch. From the first that it does not answer on they stay names.
  private func resolve(_ name: StartPosition, of partitions: [TopicPartition]) -> [StartPosition] {
    var positions = partitions.map { _ in name }
    if case .offset = name { return positions }
    for (index, partition) in partitions.enumerated() {
      var (low, high): (Int64, Int64) = (0, 0)
      let answer = unsafe rd_kafka_query_watermark_offsets(
        client.raw, partition.topic, partition.partition.rawValue, &low, &high, 1000)
      guard answer == RD_KAFKA_RESP_ERR_NO_ERROR else { break }
      positions[index] = .offset(Offset(name == .earliest ? low : high))
    }
    return positions
  }

  /// Serves the client's events and returns when `timeout` has passed or, sooner, when an empty queue has got
  /// something. A queue that was not read until empty wakes nobody: read until a batch comes back short of
  /// its capacity, then wait.
  public func wait(_ timeout: Duration) { client.serve(timeout) }
}
