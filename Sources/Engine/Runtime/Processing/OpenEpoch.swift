// An epoch from the moment its ranges are fixed until it is folded. What it will read is closed before the
// first record is folded, because the merge order and recorded time's end both follow from the whole of it.
internal import Basics

/// The inputs of one epoch, its clock, and what folding them has made so far.
@usableFromInline struct OpenEpoch {
  @usableFromInline let batches: [RecordBatch]
  @usableFromInline let kinds: [ProcessorInput.Kind]
  @usableFromInline var context: FoldContext
  @usableFromInline var ledgers: [Ledger]
  /// Set while records are folded carefully.
  @usableFromInline let undo: RecordUndo?
  private(set) var quarantine: Quarantine
  private var merge: Merge

  /// `ranges` are what the epoch takes of `batches`; all are in the order of the processor's inputs. Several
  /// tasks write a partition that tasks write, each for itself in the order of its recorded time; while a
  /// backlog is read one may be hours ahead of the next, so time and not place brings them together.
  init(
    _ batches: [RecordBatch], _ ranges: [Range<Int>], kinds: [ProcessorInput.Kind], context: FoldContext,
    quarantine: Quarantine, undo: RecordUndo? = nil
  ) {
    self.undo = undo
    var batches = batches
    for input in batches.indices where kinds[input] == .tasks { batches[input].sortByTime(ranges[input]) }
    self.batches = batches
    self.kinds = kinds
    self.context = context
    self.quarantine = quarantine
    ledgers = Array(repeating: Ledger(), count: batches.count)
    let partitions = quarantine.inputs
    let ranks = partitions.map { partition in partitions.count { $0 < partition } }
    merge = Merge(batches, ranges, isControl: kinds.map { $0 == .control }, ranks: ranks)
  }

  @usableFromInline mutating func nextRun() -> Merge.Run? { merge.next(of: batches) }

  /// Counts a record that was not simply folded, and sets it aside if that is its verdict or what it emitted
  /// was too large.
  @usableFromInline mutating func settle(_ verdict: Verdict, _ record: borrowing InputRecord) {
    let final = context.isOversized ? .setAside(.tooLarge) : verdict
    let explanation = context.takeExplanation()
    ledgers[record.input].count(final)
    guard case .setAside(let reason) = final else { return }
    // What the fold had to say was said of its own reason.
    let isExplained = final == verdict
    context.takeBack()
    quarantine.add(record, because: reason, isExplained ? explanation : nil, at: context.time)
  }

  /// Takes note of an upstream task's announcement; the fold does not see it.
  @usableFromInline mutating func hear(_ record: borrowing InputRecord) {
    context.beginRecord()
    if let value = record.value, let announcement = Announcement(decoding: value) {
      context.hear(announcement, on: record.input)
      settle(.folded, record)
    } else {
      settle(.setAside(.undecodable), record)
    }
  }

  /// Ends the folding: outputs at the epoch's end that were too large have no record to set aside, so they
  /// are named; what is to be erased from quarantine follows on what this epoch has put there.
  mutating func finish() {
    for aside in context.takeLateAsides() { quarantine.add(aside, at: context.time) }
    for place in context.takeErased() { quarantine.erase(place.partition, place.offset, at: context.time) }
    for oversized in context.takeOversized() { quarantine.add(oversized, at: context.time) }
  }
}
