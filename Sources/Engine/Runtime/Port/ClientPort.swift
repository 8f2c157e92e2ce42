// The one seam between a worker and Kafka. Everything a worker learns of the world comes through it and
// through the clock it is given, so a simulator that misbehaves as librdkafka does can stand in for it:
// generations that change in the background, commits whose result is unknown, answers that are late. It is
// crossed per batch and per step, never per record.
public import Basics

/// A worker's clients: one group member, one reader of partitions, one transactional producer. Used on the
/// worker's thread. Calls may take up to a bounded time, no longer.
public protocol ClientPort: AnyObject {
  // The group.

  /// Serves the group membership and tells what it brought. What was revoked is already given up when this
  /// returns: a worker calls it only while it has no transaction open. The right to commit offsets is that of
  /// the last assignment told here.
  func pollGroup() throws(ClientFailure) -> [GroupEvent]

  // Facts.

  /// By which data of one cluster is told from another's.
  func clusterID() throws(ClientFailure) -> String

  /// How many partitions a topic has.
  func partitionCount(of topic: String) throws(ClientFailure) -> Int32

  /// The group's committed offset of a partition; `retry` while a transaction that changes it is open.
  func committedOffset(of partition: TopicPartition) throws(ClientFailure) -> Offset?

  /// Of each partition the first offset that is still there, up to the one that the next record will get.
  func bounds(of partitions: [TopicPartition]) throws(ClientFailure) -> [Range<Offset>]

  // Reading, always read_committed.

  /// Begins to fetch a partition. One that is being read is read anew from `offset`.
  func startReading(_ partition: TopicPartition, at offset: Offset) throws(ClientFailure)

  /// Appends what has been fetched, about `limit` records at most, without waiting. Returns the partition's
  /// end when all before it has been read. `refused`: the wanted offset is not there.
  func read(
    _ partition: TopicPartition, into batch: inout RecordBatch, limit: Int
  ) throws(ClientFailure) -> Offset?

  /// The offset that the next record will get, as the last fetch has told; asks nobody.
  func knownEnd(of partition: TopicPartition) -> Offset?

  func stopReading(_ partition: TopicPartition)

  // The steps of a transaction, in this order; `TransactionSteps` says what follows which failure.

  /// Makes a producer with the worker's transactional id, in place of the one before.
  func openProducer() throws(ClientFailure)
  /// Fences earlier producers of the same id and settles what they left open.
  func initializeTransactions() throws(ClientFailure)
  func beginTransaction() throws(ClientFailure)
  func produce(_ publications: [Publication]) throws(ClientFailure)
  /// Waits until everything produced is delivered. Returns where each publication came to lie.
  func flush() throws(ClientFailure) -> [DeliveredEpoch]
  func sendOffsets(_ offsets: [TopicPartition: Offset]) throws(ClientFailure)
  func commitTransaction() throws(ClientFailure)
  func abortTransaction() throws(ClientFailure)

  /// Returns when `duration` has passed or, sooner, when something has been fetched.
  func wait(_ duration: Duration)

  /// Closes the clients; the static seat in the group is kept until its session times out.
  func close(deadline: Duration)
}

extension ClientPort {
  public func bounds(of partition: TopicPartition) throws(ClientFailure) -> Range<Offset> {
    try bounds(of: [partition])[0]
  }
}
