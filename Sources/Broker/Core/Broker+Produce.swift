// Produce: each batch is checked, judged by its producer's sequence and its transaction, and appended as it
// came.
import Basics
import BrokerProtocol

extension Broker {
  func produce(_ request: ProduceRequest, _ caller: Caller, now: Timestamp) {
    let response = ProduceResponse(
      topics: request.topics.map { topic in
        TopicEntry(
          name: topic.name,
          partitions: topic.partitions.map { append($0, to: topic.name, request, caller.principal, now: now) }
        )
      })
    switch request.acks {
    case .none: break
    case .leader: replyAtOnce(.produce(response), to: caller.address)
    default: reply(.produce(response), to: caller.address)
    }
  }

  private func append(
    _ part: ProduceRequest.Partition, to topicName: String, _ request: ProduceRequest,
    _ principal: Principal, now: Timestamp
  ) -> ProduceResponse.Partition {
    var result = ProduceResponse.Partition(partition: part.partition)
    do throws(Refusal) {
      guard [.none, .leader, .all].contains(request.acks) else { throw Refusal(.invalidRequiredAcks) }
      guard principal.mayWrite(topicName) else { throw Refusal(.topicAuthorizationFailed) }
      guard let topic = state.topics[topicName], let log = topic.log(of: part.partition) else {
        throw Refusal(.unknownTopicOrPartition)
      }
      let batch = try checked(part.records, topic.settings)
      let place = TopicPartition(topic: topicName, partition: part.partition)
      if batch.header.attributes.isTransactional,
        !(request.transactionalID.map { principal.mayUse(transactionalID: $0) } ?? false)
      {
        throw Refusal(.transactionalIDAuthorizationFailed)
      }
      try checkTransaction(of: batch.header, transactionalID: request.transactionalID, place)
      try append(batch, to: log, topic.settings, &result, now: now)
      result.logStartOffset = store.startOffset(of: log)
    } catch {
      result.error = error.code
      result.errorMessage = error.message
    }
    return result
  }

  private func append(
    _ batch: RecordBatch, to log: LogID, _ settings: TopicSettings,
    _ result: inout ProduceResponse.Partition, now: Timestamp
  ) throws(Refusal) {
    if batch.header.isIdempotent {
      let known = state.partitions[log]?.producers[batch.header.producerID]
      switch ProducerState.verdict(on: batch.header, known: known) {
      case .append: break
      case .duplicate(let offset, let timestamp):
        result.baseOffset = offset
        result.logAppendTime = timestamp
        return
      case .refuse(let error): throw Refusal(error)
      }
    }
    var placed = batch
    placed.header.baseOffset = store.endOffset(of: log)
    placed.header.leaderEpoch = onlyLeaderEpoch
    if settings.stampsOnAppend {
      placed.stamp(now)
      result.logAppendTime = now
    }
    result.baseOffset = placed.header.baseOffset
    write([], [.append(log, placed)], now: now)
  }

  /// The one batch that a partition's part of a request must be.
  private func checked(_ records: ByteSlice?, _ settings: TopicSettings) throws(Refusal) -> RecordBatch {
    guard let records, !records.isEmpty else { throw Refusal(.invalidRecord, "no record batch") }
    do {
      let batch = try RecordBatch(firstOf: records)
      guard batch.size == records.count else { throw Refusal(.invalidRecord, "more than one record batch") }
      guard batch.size <= settings.batch_bytes_max else {
        throw Refusal(
          .messageTooLarge,
          "a batch of \(batch.size) bytes; max.message.bytes is \(settings.batch_bytes_max)")
      }
      try batch.validateAsProduced()
      try checkFlags(of: batch.header)
      return batch
    } catch let error as RecordBatchError {
      throw Refusal(error)
    } catch let error as Refusal {
      throw error
    } catch {
      throw Refusal(.unknownServerError)
    }
  }

  private func checkFlags(of header: RecordBatchHeader) throws(Refusal) {
    if header.attributes.isControl { throw Refusal(.invalidRecord, "clients write no control batches") }
    if header.isIdempotent {
      guard header.producerEpoch.rawValue >= 0, header.baseSequence >= 0 else {
        throw Refusal(.invalidRecord, "a producer id without epoch or sequence")
      }
    } else if header.attributes.isTransactional {
      throw Refusal(.invalidRecord, "a transactional batch without producer id")
    }
  }

  /// A transactional producer may write only inside of its open transaction, so that no batch that comes late
  /// can hang open a transaction that nobody will end.
  private func checkTransaction(
    of header: RecordBatchHeader, transactionalID: String?, _ place: TopicPartition
  ) throws(Refusal) {
    guard header.isIdempotent else { return }
    let owner = state.transactionalIDs[header.producerID].flatMap { state.transactions[$0] }
    guard let owner else {
      if header.attributes.isTransactional { throw Refusal(.invalidProducerEpoch, "an unknown producer id") }
      return
    }
    guard header.producerEpoch == owner.epoch else { throw Refusal(.invalidProducerEpoch) }
    guard header.attributes.isTransactional, transactionalID == owner.id else {
      throw Refusal(.invalidTransactionState, "producer \(owner.producerID) writes in transactions only")
    }
    guard owner.phase == .ongoing, owner.partitions.contains(place) else {
      throw Refusal(.invalidTransactionState, "\(place) is not in the transaction")
    }
  }
}

/// Why one part of a request is not done.
struct Refusal: Error {
  var code: ErrorCode
  var message: String?

  init(_ code: ErrorCode, _ message: String? = nil) {
    self.code = code
    self.message = message
  }

  init(_ error: RecordBatchError) {
    switch error {
    case .magic(let version):
      self.init(.unsupportedForMessageFormat, "message format \(version); only 2 is kept")
    case .codec: self.init(.unsupportedCompressionType)
    case .counts, .records: self.init(.invalidRecord, "the records do not match the batch's header")
    case .truncated, .length, .checksum: self.init(.corruptMessage)
    }
  }
}
