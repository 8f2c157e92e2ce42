// One member of a consumer group: it learns which partitions are its own, and loses them again. It reads
// nothing; what a partition holds is the affair of `Consumer`.
public import Basics
internal import CRdKafka

/// A static member of a group, used on one thread, subscribed to topics whose partitions stand for work. It
/// must be polled more often than `max.poll.interval.ms`. Members take part in eager rebalances: all
/// partitions are revoked before new ones are assigned.
public final class GroupMember {
  private let client: Client

  /// News about the partitions this member owns, told inside `poll` and `shutdown` and nowhere else.
  public enum Rebalance: Hashable, Sendable {
    /// These are its own from now on, under this generation.
    case assigned([TopicPartition], GroupMetadata)
    /// They are its own until the handler returns: commit or abort what is open.
    case revoked([TopicPartition])
    /// They may already belong to another: abort what is open.
    case lost([TopicPartition])
    /// The rebalance did not work; librdkafka tries again.
    case failed(KafkaError)
  }

  public init(
    _ configuration: ClientConfiguration, events: ClientEvents = ClientEvents()
  ) throws(KafkaError) {
    for needed in ["group.id", "group.instance.id"] where (configuration[needed] ?? "").isEmpty {
      throw .configuration(
        Diagnostic(
          "\(needed) is not set", at: .named("librdkafka"),
          why: "offsets of a member without it are committed unfenced"))
    }
    client = try Client(
      RD_KAFKA_CONSUMER, configuration,
      required: ["enable.auto.commit": "false", "partition.assignment.strategy": "range"], events: events)
    unsafe rd_kafka_poll_set_consumer(client.raw)
  }

  /// Joins the group for these topics, in place of those before.
  public func subscribe(_ topics: [String]) throws(KafkaError) {
    let list = TopicPartitionList(topics.map { TopicPartition(topic: $0, partition: PartitionID(-1)) })
    try KafkaError.check(unsafe rd_kafka_subscribe(client.raw, list.raw))
  }

  /// Serves the group and the client's events, waiting up to `timeout` for the first, and tells `handler` of
  /// rebalances. `fenced`: another member runs under this instance id. `retry` and `refused` are passing or
  /// about a topic: go on polling.
  public func poll(_ timeout: Duration, _ handler: (Rebalance) -> Void) throws(KafkaError) {
    let message = unsafe rebalancing(handler) {
      unsafe rd_kafka_consumer_poll(client.raw, timeout.clampedMilliseconds)
    }
    guard let message = unsafe message else { return }
    defer { unsafe rd_kafka_message_destroy(message) }
    let text = unsafe rd_kafka_message_errstr(message)
    let code = unsafe message.pointee.err
    guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
    throw client.error(code, message: unsafe text.map { unsafe String(cString: $0) })
  }

  /// The group's committed offsets of these partitions, left out where there is none. With
  /// `isolation.level=read_committed`, the default, an offset inside an open transaction is waited for:
  /// `retry` when it is still open after `timeout`.
  public func committed(
    _ partitions: [TopicPartition], timeout: Duration
  ) throws(KafkaError) -> [TopicPartition: Offset] {
    let list = TopicPartitionList(partitions)
    try KafkaError.check(unsafe rd_kafka_committed(client.raw, list.raw, timeout.clampedMilliseconds))
    return try list.offsets().filter { $0.value >= .zero }
  }

  /// Gives up its partitions and closes, telling `handler`, within `deadline`. A static member does not leave
  /// its group: it keeps its partitions for whoever joins under its instance id within the session timeout.
  public func shutdown(deadline: Duration, _ handler: (Rebalance) -> Void) throws(KafkaError) {
    guard let raw = unsafe rd_kafka_queue_get_consumer(client.raw) else { return }
    let queue = unsafe Queue(client, adopting: raw)
    try unsafe KafkaError.check(consuming: rd_kafka_consumer_close_queue(client.raw, queue.raw))
    let end = ContinuousClock.now + deadline
    while unsafe rd_kafka_consumer_closed(client.raw) == 0 {
      let left = end - ContinuousClock.now
      guard left > .zero else { throw KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT) }
      rebalancing(handler) {
        _ = unsafe rd_kafka_queue_poll_callback(queue.raw, min(left, .milliseconds(100)).clampedMilliseconds)
      }
    }
  }
}

extension GroupMember {
  /// Runs `call` with rebalances going to `handler`.
  private func rebalancing<Result>(_ handler: (Rebalance) -> Void, _ call: () -> Result) -> Result {
    withoutActuallyEscaping(handler) { handler in
      unsafe client.callbacks.rebalance = { [client] code, partitions in
        unsafe rebalance(client, code, partitions, handler)
      }
      defer { unsafe client.callbacks.rebalance = nil }
      return call()
    }
  }
}

/// Tells `handler` and then answers librdkafka, which waits for the answer. No partition is assigned for
/// reading.
private func rebalance(
  _ client: Client, _ code: rd_kafka_resp_err_t,
  _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>, _ handler: (GroupMember.Rebalance) -> Void
) {
  let partitions = unsafe TopicPartitionList.partitions(in: list)
  guard code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS else {
    if code != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS {
      handler(.failed(client.error(code)))
    } else {
      handler(unsafe rd_kafka_assignment_lost(client.raw) != 0 ? .lost(partitions) : .revoked(partitions))
    }
    _ = unsafe rd_kafka_assign(client.raw, nil)
    return
  }
  if let metadata = GroupMetadata(of: client) {
    handler(.assigned(partitions, metadata))
  } else {
    handler(.failed(KafkaError(RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST)))
  }
  let nothing = TopicPartitionList([])
  _ = unsafe rd_kafka_assign(client.raw, nothing.raw)
}

/// librdkafka's rebalance callback. With nobody to tell, which only a client being destroyed has, the
/// assignment is dropped.
nonisolated func rebalanced(
  _ raw: OpaquePointer?, _ code: rd_kafka_resp_err_t,
  _ partitions: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?, _ opaque: UnsafeMutableRawPointer?
) {
  guard let handler = unsafe Callbacks.of(opaque)?.rebalance, let partitions = unsafe partitions else {
    _ = unsafe rd_kafka_assign(raw, nil)
    return
  }
  unsafe handler(code, partitions)
}
