// One partition being read: its own queue, so a slow partition holds up no other and nothing is ever paused.
public import Basics
internal import CRdKafka

/// Reads one partition on its consumer's thread, from `Consumer.start` until `stop` or its end of life.
@safe public final class PartitionQueue {
  public let partition: TopicPartition
  /// The offset after the partition's last record, when all before it has been read; nil while more may wait.
  /// With `isolation.level=read_committed`, the default, the end is the last stable offset.
  public private(set) var end: Offset?
  private let client: Client
  private let queue: Queue
  private let news: Queue
  private let topic: OpaquePointer
  private var isStopped = false
  /// Met behind records that were still to be delivered.
  private var failure: KafkaError?

  init(_ partition: TopicPartition, at start: StartPosition, client: Client, news: Queue) throws(KafkaError) {
    guard let topic = unsafe rd_kafka_topic_new(client.raw, partition.topic, nil) else {
      throw client.lastError()
    }
    let queue = Queue(client)
    let id = partition.partition.rawValue
    guard unsafe rd_kafka_consume_start_queue(topic, id, start.rawOffset, queue.raw) == 0 else {
      let error = client.lastError()
      unsafe rd_kafka_topic_destroy(topic)
      throw error
    }
    queue.wake(news)
    self.partition = partition
    self.client = client
    self.queue = queue
    self.news = news
    unsafe self.topic = topic
  }

  deinit {
    stop()
    unsafe rd_kafka_topic_destroy(topic)
  }

  /// Fills `batch` with the records that have been fetched, none if none have; never waits. What `batch` held
  /// before is given back. A failure is thrown after the records before it have been delivered: `refused`
  /// with `_AUTO_OFFSET_RESET` says that the wanted offset is no longer there.
  public func read(into batch: inout ConsumeBatch) throws(KafkaError) {
    if let failure {
      self.failure = nil
      batch.clear()
      throw failure
    }
    var (end, failure) = (self.end, nil as KafkaError?)
    try unsafe batch.take(from: queue) { isRecord, message in
      if isRecord {
        end = nil
      } else if unsafe message.pointee.err == RD_KAFKA_RESP_ERR__PARTITION_EOF {
        end = unsafe Offset(message.pointee.offset)
      } else if failure == nil {
        failure = unsafe client.error(message.pointee.err, message: text(of: message))
      }
    }
    if end == nil, !batch.isEmpty { end = lastKnownEnd(at: batch[batch.count - 1].offset.next) }
    self.end = end
    guard let failure else { return }
    if batch.isEmpty { throw failure }
    self.failure = failure
  }

  /// `position`, if the partition ended there when it was last fetched from: then nobody need wait for a
  /// fetch that finds nothing. A transaction's marker behind the last record hides the end until then.
  private func lastKnownEnd(at position: Offset) -> Offset? {
    knownEnd == position ? position : nil
  }

  /// The offset that the next record will get, as of the last fetch; nil before the first.
  public var knownEnd: Offset? {
    var (low, high): (Int64, Int64) = (0, 0)
    let id = partition.partition.rawValue
    let answer = unsafe rd_kafka_get_watermark_offsets(client.raw, partition.topic, id, &low, &high)
    return answer == RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0 ? Offset(high) : nil
  }

  /// Ends the reading; records already delivered stay valid. Waits for librdkafka to agree, which takes
  /// microseconds.
  public func stop() {
    guard !isStopped else { return }
    isStopped = true
    queue.stopWaking()
    unsafe rd_kafka_consume_stop(topic, partition.partition.rawValue)
  }

  /// Of an error message the payload is its text.
  private func text(of message: UnsafePointer<rd_kafka_message_t>) -> String? {
    unsafe rd_kafka_message_errstr(message).map { unsafe String(cString: $0) }
  }
}

/// Where in a partition reading begins.
public enum StartPosition: Hashable, Sendable {
  case earliest, latest
  case offset(Offset)

  var rawOffset: Int64 {
    switch self {
    case .earliest: Int64(RD_KAFKA_OFFSET_BEGINNING)
    case .latest: Int64(RD_KAFKA_OFFSET_END)
    case .offset(let offset): offset.rawValue
    }
  }
}
