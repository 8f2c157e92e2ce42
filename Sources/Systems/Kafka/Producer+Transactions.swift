// Transactions of a producer with a transactional id, and the one question that matters: what became of it.
//
//   made --initialize--> ready --begin--> open --commit or abort--> ready
//                                          `--unknown, fenced, fatal--> ended
//
// After the end: a new producer with the same id; its initialize settles what was left open.
public import Basics
internal import CRdKafka

extension Producer {
  /// What became of a transaction that was to be committed.
  public enum CommitOutcome: Hashable, Sendable {
    /// Everything in it is committed.
    case committed
    /// Nothing in it is committed, and nothing will be: abort it.
    case mustAbort(KafkaError.Cause)
    /// Another producer has taken over the transactional id, or seems to have: librdkafka also says so to a
    /// healthy producer whose coordinator was slow. Committed or not is unknown.
    case fenced(KafkaError.Cause)
    /// Committed or not: nobody here knows. Make a new producer with the same transactional id; its
    /// `initializeTransactions` settles the question, and what is committed then can be read.
    case unknown(KafkaError.Cause)
  }

  /// Registers the transactional id: earlier producers under it are fenced, and what they left open is
  /// committed or aborted when this returns. `retry`: the coordinator is still loading, call again.
  public func initializeTransactions(_ timeout: Duration) throws(KafkaError) {
    try unsafe KafkaError.check(
      consuming: rd_kafka_init_transactions(client.raw, timeout.clampedMilliseconds))
  }

  public func beginTransaction() throws(KafkaError) {
    try unsafe KafkaError.check(consuming: rd_kafka_begin_transaction(client.raw))
  }

  /// Adds consumed positions (the offset after the last record used) to the transaction; they are the group's
  /// offsets if it commits. Flushes first: librdkafka is an order of magnitude slower otherwise. The
  /// generation in `group` is checked here, not at the commit.
  public func sendOffsets(
    _ offsets: [TopicPartition: Offset], as group: GroupMetadata, timeout: Duration
  ) throws(KafkaError) {
    let deadline = ContinuousClock.now + timeout
    try flush(timeout)
    let metadata = unsafe group.copy()
    defer { unsafe rd_kafka_consumer_group_metadata_destroy(metadata) }
    let list = TopicPartitionList(offsets: offsets.lazy.map { (key: $0.key, value: $0.value.rawValue) })
    let left = (deadline - ContinuousClock.now).clampedMilliseconds
    try unsafe KafkaError.check(
      consuming: rd_kafka_send_offsets_to_transaction(client.raw, list.raw, metadata, left))
  }

  /// Flushes and commits. A record that was not delivered makes it `mustAbort`.
  public func commitTransaction(_ timeout: Duration) -> CommitOutcome {
    let error = unsafe rd_kafka_commit_transaction(client.raw, timeout.clampedMilliseconds)
    client.callbacks.lent.removeAll { !$0.isPending }
    return unsafe CommitOutcome(KafkaError(consuming: error))
  }

  /// Gives up the transaction; records not yet sent are reported as failed. When it throws, whether the
  /// transaction is over is not known: make a new producer.
  public func abortTransaction(_ timeout: Duration) throws(KafkaError) {
    let error = unsafe rd_kafka_abort_transaction(client.raw, timeout.clampedMilliseconds)
    client.callbacks.lent.removeAll { !$0.isPending }
    switch unsafe KafkaError(consuming: error) {
    case nil: return
    case .fenced(let cause): throw .fenced(cause)
    case .configuration(let diagnostic): throw .configuration(diagnostic)
    case .retry(let cause), .abortTransaction(let cause), .fatal(let cause), .refused(let cause):
      throw .fatal(cause)
    }
  }
}

extension Producer.CommitOutcome {
  /// Success and a demanded abort are certain; a timeout, a fatal or any other error says nothing about the
  /// brokers' view.
  init(_ error: KafkaError?) {
    switch error {
    case nil: self = .committed
    case .abortTransaction(let cause): self = .mustAbort(cause)
    case .fenced(let cause): self = .fenced(cause)
    case .retry(let cause), .fatal(let cause), .refused(let cause): self = .unknown(cause)
    case .configuration: preconditionFailure("a commit does not read settings")
    }
  }
}
