// A worker's producer through librdkafka. Whatever librdkafka is not certain of comes out as `unknown`.
public import Basics
internal import Kafka

extension KafkaPort {
  public func openProducer() throws(ClientFailure) {
    retireProducer()
    outgoing.clear()
    producer = try failing { () throws(KafkaError) in
      try Producer(
        settings.client.setting([
          "transactional.id": settings.instance,
          "transaction.timeout.ms": "\(settings.transactionTimeout.milliseconds)",
          // Records are flushed as soon as an epoch is folded, so nothing lingers; see `Producer.flush`.
          "linger.ms": "1000", "batch.num.messages": "1000000", "retry.backoff.ms": "1",
          // Only the topics' own limits count; librdkafka's would refuse a quarantined record of full size.
          "message.max.bytes": "\(64 << 20)",
          // A bundle of epochs must fit: its outputs are produced in one go.
          "queue.buffering.max.messages": "1000000", "queue.buffering.max.kbytes": "1048576",
        ]))
    }
  }

  public func initializeTransactions() throws(ClientFailure) {
    try step { (producer) throws(KafkaError) in try producer.initializeTransactions(settings.callTimeout) }
    retired.settle(at: .now)
  }

  public func beginTransaction() throws(ClientFailure) {
    outgoing.clear()
    retired.release(at: .now)
    try step { (producer) throws(KafkaError) in try producer.beginTransaction() }
    isInTransaction = true
  }

  public func produce(_ publications: [Publication]) throws(ClientFailure) {
    if outgoing.isEmpty { outgoing.add(publications) }
    try step { (producer) throws(KafkaError) in
      // A batch that was accepted in part goes on where it stopped; one accepted whole is passed over.
      for batch in outgoing.batches { try producer.produce(batch, timeout: settings.callTimeout) }
    }
  }

  public func flush() throws(ClientFailure) -> [DeliveredEpoch] {
    try step { (producer) throws(KafkaError) in try producer.flush(settings.callTimeout) }
    return try outgoing.delivered()
  }

  public func sendOffsets(_ offsets: [TopicPartition: Offset]) throws(ClientFailure) {
    guard let metadata else { throw .abort("the group has no seat for this worker at present") }
    try step { (producer) throws(KafkaError) in
      try producer.sendOffsets(offsets, as: metadata, timeout: settings.callTimeout)
    }
  }

  public func commitTransaction() throws(ClientFailure) {
    guard let producer else { preconditionFailure("a step without a producer") }
    switch producer.commitTransaction(settings.transactionTimeout) {
    case .committed:
      outgoing.clear()
      isInTransaction = false
    case .mustAbort(let cause): throw .abort(cause.message)
    case .fenced(let cause), .unknown(let cause): throw .unknown("\(cause.name): \(cause.message)")
    }
  }

  public func abortTransaction() throws(ClientFailure) {
    try step { (producer) throws(KafkaError) in
      try producer.abortTransaction(settings.transactionTimeout)
    }
    outgoing.clear()
    isInTransaction = false
  }

  /// Puts the producer away; one without an open transaction may go at once.
  func retireProducer() {
    if isInTransaction, let producer { retired.add(producer) }
    producer = nil
    isInTransaction = false
  }

  private func step(_ call: (Producer) throws(KafkaError) -> Void) throws(ClientFailure) {
    guard let producer else { preconditionFailure("a step without a producer") }
    do throws(KafkaError) { try call(producer) } catch { throw ClientFailure(step: error) }
  }
}
