// A task's place in one of its input partitions, and what it has gathered there: the epoch being prepared may
// take a part of it and leave the rest for later ones.
internal import Basics

/// From `first` on, the task has gathered the records of `unread`.
struct InputCursor {
  let partition: TopicPartition
  let kind: ProcessorInput.Kind
  /// Where the epoch being prepared begins.
  private(set) var first: Offset
  /// Offsets in front of `first` that a person ordered to be passed over.
  private(set) var skipped: Int64 = 0
  /// What was gathered, behind what epochs have already taken of it.
  var batch = RecordBatch()
  private var start = 0
  /// Up to where `lastPlace` has been brought.
  private var placed = 0
  /// The place of the last record gathered: the greatest timestamp of all that are unread.
  private(set) var lastPlace = Timestamp(milliseconds: .min)
  /// The partition's end, when all before it has been gathered.
  private(set) var end: Offset?
  /// How far the partition reached when it was last fetched from.
  private var knownEnd: Offset?
  private(set) var lastTimestamp: Timestamp?

  init(_ partition: TopicPartition, _ kind: ProcessorInput.Kind, first: Offset) {
    self.partition = partition
    self.kind = kind
    self.first = first
  }

  /// Where reading goes on.
  var next: Offset { unread.isEmpty ? first : batch.next ?? first }

  var unread: Range<Int> { start..<batch.count }

  /// How many records were gathered and not folded, and offsets behind them up to the partition's end; nil
  /// while that is not known.
  var lag: Int64? {
    let unread = Int64(unread.count)
    return end != nil ? unread : knownEnd.map { unread + max(0, $0 - next) }
  }

  /// After a look at the partition.
  mutating func looked(end: Offset?, knownEnd: Offset? = nil) {
    (self.end, self.knownEnd) = (end, knownEnd)
    if let last = batch.entries.last { lastTimestamp = last.timestamp }
    place()
  }

  private mutating func place() {
    for entry in batch.entries[placed...] { lastPlace = max(lastPlace, entry.timestamp) }
    placed = batch.count
  }

  /// The next epoch takes the first `count` unread records, which stay in `batch` until `letGo`. Returns what
  /// the epoch will have read of the partition.
  mutating func take(_ count: Int) -> EpochRecord.Input {
    let before = (first, skipped)
    if count > 0 { first = batch.entries[start + count - 1].offset.next }
    skipped = 0
    start += count
    (placed, lastPlace) = (start, Timestamp(milliseconds: .min))
    place()
    return EpochRecord.Input(partition, first: before.0, next: first, skipped: before.1)
  }

  /// Gives back the memory of records that have been folded. What is left moves only when it is the smaller
  /// part, so that each record moves once at most.
  mutating func letGo() {
    guard start > 0, start >= unread.count else { return }
    batch.removeFirst(start)
    placed -= start
    start = 0
  }

  /// Forgets what was gathered; it will be read again.
  mutating func dropGathered() {
    batch.removeAll()
    (start, placed, lastPlace, end) = (0, 0, Timestamp(milliseconds: .min), nil)
  }

  /// Passes over what lies between `first` and `offset`.
  mutating func skip(to offset: Offset) {
    precondition(unread.isEmpty && offset >= first, "a skip over records that were gathered")
    skipped += offset - first
    first = offset
  }
}
