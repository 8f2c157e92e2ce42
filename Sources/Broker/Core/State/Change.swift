// What can happen to the broker's memory, written to the journal and applied from it. Appends to logs and
// what trims them are entries of the journal in their own right; everything else is one of these.
import Basics
import BrokerProtocol

/// Mostly "this is now so": a checkpoint is a list of the same changes that made the state.
enum Change: Sendable {
  /// The journal's own time: what lapses by age is judged by it, so that recovery judges alike.
  case clock(Timestamp)
  /// The next producer and the next log get these numbers.
  case counters(producer: ProducerID, log: LogID)
  /// Created, or given other settings.
  case topic(Topic)
  /// With its logs, its offsets in every group, and its place in transactions.
  case topicRemoved(String)
  case group(GroupRecord)
  /// With its offsets.
  case groupRemoved(String)
  case offsets(group: String, [TopicPartition: StoredOffset])
  case offsetsRemoved(group: String, [TopicPartition])
  /// Offsets that a transaction will apply or drop.
  case offsetsPending(group: String, ProducerID, [TopicPartition: StoredOffset])
  case offsetsEnded(group: String, ProducerID, commit: Bool)
  case transaction(TransactionState)
  case transactionRemoved(String)
  case producersRemoved(LogID, [ProducerID])
  /// Only in checkpoints: otherwise it follows from the appended batches.
  case producer(LogID, ProducerState)
  /// Only in checkpoints: otherwise it follows from the appended markers.
  case aborted(LogID, [AbortedRange])
}
