// Sends batches of records, idempotently always, in transactions when it has a transactional id
// (`Producer+Transactions.swift`). It keeps each batch until every record of it has been reported on.
internal import Basics
internal import CRdKafka

/// A producer, used on one thread. Delivery reports arrive inside its calls; a batch tells what became of its
/// records.
@safe public final class Producer {
  let client: Client
  private let isTransactional: Bool
  /// As much of a partition as librdkafka sends in one request.
  private let requestBytes: Int
  private var topics: [String: OpaquePointer] = unsafe [:]
  /// Reused for every record of a batch with times or headers.
  private var arguments = unsafe [rd_kafka_vu_t](repeating: rd_kafka_vu_t(), count: 6)
  private var messages: [rd_kafka_message_t] = unsafe []

  public init(
    _ configuration: ClientConfiguration, events: ClientEvents = ClientEvents()
  ) throws(KafkaError) {
    isTransactional = configuration["transactional.id"] != nil
    requestBytes = configuration["batch.size"].flatMap { Int($0) } ?? 1_000_000
    client = try Client(
      RD_KAFKA_PRODUCER, configuration, required: ["enable.idempotence": "true"], events: events)
  }

  deinit {
    unsafe topics.values.forEach { unsafe rd_kafka_topic_destroy($0) }
  }

  /// Hands a batch to librdkafka, serving delivery reports while its queue is full, for up to `timeout`.
  /// Throws `retry` when the queue stays full: the same call goes on with the first record not yet accepted.
  /// Any other error leaves the rest of the batch unsent.
  public func produce(_ batch: ProduceBatch, timeout: Duration = .seconds(10)) throws(KafkaError) {
    let topic = try unsafe handle(of: batch.topic)
    if batch.accepted == 0 {
      batch.prepareSlots()
      client.callbacks.lent.removeAll { !$0.isPending }
      client.callbacks.lent.append(batch)
    }
    let deadline = ContinuousClock.now + timeout
    while batch.accepted < batch.count {
      let inOneCall = batch.isPlain && !isTransactional
      let error = inOneCall ? unsafe enqueuePlain(batch, topic) : unsafe enqueue(batch, topic)
      guard let error else { continue }
      let isFull = error.cause?.code == RD_KAFKA_RESP_ERR__QUEUE_FULL.rawValue
      guard isFull, ContinuousClock.now < deadline else { throw error }
      client.serve(.milliseconds(10))
    }
  }

  /// Serves delivery reports and events, waiting up to `timeout` for the first.
  public func poll(_ timeout: Duration) { client.serve(timeout) }

  /// Waits until every record handed over has been reported on; throws `retry` when `timeout` passes first.
  ///
  /// librdkafka has one request of a partition under way at a time, and while it flushes it asks without rest
  /// whether the next may go: a core's work. Full requests go without a flush, so only what is left is
  /// flushed; this needs `linger.ms` to be longer than a request takes, and `batch.num.messages` not to be
  /// the limit.
  public func flush(_ timeout: Duration) throws(KafkaError) {
    let deadline = ContinuousClock.now + timeout
    while client.callbacks.lent.contains(where: { $0.waitingBytesMax >= requestBytes }),
      ContinuousClock.now < deadline
    {
      client.serve(min(.milliseconds(100), deadline - ContinuousClock.now))
    }
    let left = deadline - ContinuousClock.now
    let code = unsafe rd_kafka_flush(client.raw, left.clampedMilliseconds)
    client.callbacks.lent.removeAll { !$0.isPending }
    if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw client.error(code) }
  }

  /// How many records and reports librdkafka holds.
  public var queuedCount: Int { Int(unsafe rd_kafka_outq_len(client.raw)) }

  /// Sends what waits, for up to `deadline`, then gives up the rest: what is not delivered by then is
  /// reported as failed.
  public func shutdown(deadline: Duration) throws(KafkaError) {
    do throws(KafkaError) { try flush(deadline) } catch {
      unsafe rd_kafka_purge(client.raw, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
      client.serve(.zero)
      throw error
    }
  }

  /// The topic's handle, made at its first use.
  private func handle(of topic: String) throws(KafkaError) -> OpaquePointer {
    if let handle = unsafe topics[topic] { return unsafe handle }
    guard let handle = unsafe rd_kafka_topic_new(client.raw, topic, nil) else { throw client.lastError() }
    unsafe topics[topic] = unsafe handle
    return unsafe handle
  }
}

// Two ways into librdkafka: a whole batch in one call, or one call for each record. The first takes neither
// times nor headers, and in a transaction, for a topic not met before, it registers a partition -1, which the
// coordinator refuses for ever.
extension Producer {
  /// Returns the error of the first record that was not accepted.
  private func enqueuePlain(_ batch: ProduceBatch, _ topic: OpaquePointer) -> KafkaError? {
    unsafe messages.removeAll(keepingCapacity: true)
    for index in batch.accepted..<batch.count { unsafe messages.append(batch.message(index)) }
    let accepted = unsafe messages.withUnsafeMutableBufferPointer { messages in
      unsafe rd_kafka_produce_batch(
        topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_PARTITION, messages.baseAddress, Int32(messages.count))
    }
    batch.accept(Int(accepted))
    guard batch.accepted < batch.count else { return nil }
    return client.error(unsafe messages[Int(accepted)].err)
  }

  private func enqueue(_ batch: ProduceBatch, _ topic: OpaquePointer) -> KafkaError? {
    while batch.accepted < batch.count {
      let filled = unsafe batch.fill(&arguments, with: batch.accepted, topic)
      if let error = unsafe KafkaError(consuming: rd_kafka_produceva(client.raw, arguments, filled)) {
        return error
      }
      batch.accept(1)
    }
    return nil
  }
}
