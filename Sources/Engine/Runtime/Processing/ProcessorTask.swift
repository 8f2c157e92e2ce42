// The hot loop: from a closed epoch's records to its outputs. Generic over the processor, so that a record
// costs a direct call; the worker sees it through `TaskBody`, crossed once per epoch.
internal import Basics

/// A processor's state and fold, as the worker holds them.
@usableFromInline protocol TaskBody: AnyObject {
  var stores: [any TaskStore] { get }
  /// Folds all records of the epoch in merged order.
  func fold(_ epoch: inout OpenEpoch)
}

/// One task's processor.
@usableFromInline final class ProcessorTask<P: Processor>: TaskBody {
  @usableFromInline var processor: P

  @usableFromInline init(_ processor: P) { self.processor = processor }

  @inlinable var stores: [any TaskStore] { processor.stores }

  @inlinable func fold(_ epoch: inout OpenEpoch) { Self.fold(&epoch, with: &processor) }

  /// `processor` is lent once for the whole epoch: one exclusivity check instead of one per record.
  @inlinable static func fold(_ epoch: inout OpenEpoch, with processor: inout P) {
    while let run = epoch.nextRun() {
      let batch = epoch.batches[run.input]
      let movesTime = !epoch.isControl[run.input]
      var folded = 0
      batch.forEach(in: run.records, of: run.input) { record in
        if movesTime { epoch.context.clock.advance(to: record.timestamp) }
        epoch.context.beginRecord()
        let verdict = processor.fold(record, in: &epoch.context)
        if verdict == .folded && !epoch.context.isOversized {
          folded += 1
        } else {
          epoch.settle(verdict, record)
        }
      }
      epoch.ledgers[run.input].countFolded(folded)
    }
    epoch.context.beginClose()
    processor.closeEpoch(in: &epoch.context)
  }
}
