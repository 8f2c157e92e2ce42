// A task's place in one of its input partitions, and what it has gathered there for the epoch being prepared.
internal import Basics

/// From `first` on, the task has gathered `batch`; the epoch that takes it ends at `next`.
struct InputCursor {
  let partition: TopicPartition
  let isControl: Bool
  /// Where the epoch being prepared begins.
  private(set) var first: Offset
  /// Offsets in front of `first` that a person ordered to be passed over.
  private(set) var skipped: Int64 = 0
  var batch = RecordBatch()
  /// The partition's end, when all before it has been gathered.
  private(set) var end: Offset?
  /// How far the partition reached when that was last asked.
  var knownEnd: Offset?
  private(set) var lastTimestamp: Timestamp?

  init(_ partition: TopicPartition, isControl: Bool, first: Offset) {
    self.partition = partition
    self.isControl = isControl
    self.first = first
  }

  /// Where the next epoch will begin.
  var next: Offset { batch.next ?? first }

  /// How many offsets lie between what was gathered and the partition's end; nil while that is not known.
  var lag: Int64? { end != nil ? 0 : knownEnd.map { max(0, $0 - next) } }

  /// After a look at the partition.
  mutating func looked(end: Offset?) {
    self.end = end
    if let last = batch.entries.last { lastTimestamp = last.timestamp }
  }

  /// What the epoch being prepared takes of this input.
  func taken(_ ledger: Ledger) -> EpochRecord.Input {
    EpochRecord.Input(partition, first: first, next: next, skipped: skipped, ledger: ledger)
  }

  /// The epoch has taken what was gathered.
  mutating func take() -> RecordBatch {
    first = next
    skipped = 0
    var taken = RecordBatch()
    swap(&taken, &batch)
    return taken
  }

  /// Forgets what was gathered; it will be read again.
  mutating func dropGathered() {
    batch.removeAll()
    end = nil
  }

  /// Passes over what lies between `first` and `offset`.
  mutating func skip(to offset: Offset) {
    precondition(batch.isEmpty && offset >= first, "a skip over records that were gathered")
    skipped += offset - first
    first = offset
  }
}
