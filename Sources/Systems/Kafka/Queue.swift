// librdkafka's queues: where records, answers and news of a client wait to be taken.
internal import CRdKafka

/// An owned `rd_kafka_queue_t`, destroyed before its client.
@safe final class Queue {
  let client: Client
  let raw: OpaquePointer

  /// A queue of its own.
  init(_ client: Client) {
    self.client = client
    unsafe raw = rd_kafka_queue_new(client.raw)
  }

  /// A reference to one that librdkafka made.
  init(_ client: Client, adopting raw: OpaquePointer) {
    self.client = client
    unsafe self.raw = raw
  }

  deinit { unsafe rd_kafka_queue_destroy(raw) }

  /// From now on a wait on `other` ends early when this queue is no longer empty. `other` must outlive
  /// `stopWaking`.
  func wake(_ other: Queue) {
    unsafe rd_kafka_queue_cb_event_enable(raw, queueFilled, UnsafeMutableRawPointer(other.raw))
  }

  /// Returns once no wake-up is under way.
  func stopWaking() { unsafe rd_kafka_queue_cb_event_enable(raw, nil, nil) }
}

/// Runs on librdkafka's threads; `other` is the queue to wake.
private nonisolated func queueFilled(_ raw: OpaquePointer?, _ other: UnsafeMutableRawPointer?) {
  unsafe rd_kafka_queue_yield(OpaquePointer(other))
}
