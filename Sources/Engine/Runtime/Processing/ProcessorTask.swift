// The hot loop: from a closed epoch's records to its outputs. Generic over the processor, so that a record
// costs a direct call; the worker sees it through `TaskBody`, crossed once per epoch.
public import Basics

/// A processor's state and fold, as the worker holds them.
@usableFromInline protocol TaskBody: AnyObject {
  /// The processor's, and behind them the engine's own.
  var stores: [any TaskStore] { get }
  var time: TaskTime { get }
  /// Folds all records of the epoch in merged order.
  func fold(_ epoch: inout OpenEpoch)
}

/// One task's processor.
@usableFromInline final class ProcessorTask<P: Processor>: TaskBody {
  @usableFromInline var processor: P
  @usableFromInline let time: TaskTime

  @usableFromInline init(_ processor: P, keepsTime: Bool = false) {
    self.processor = processor
    time = TaskTime(isKept: keepsTime)
  }

  @usableFromInline var stores: [any TaskStore] { processor.stores + (time.store.map { [$0] } ?? []) }

  @inlinable func fold(_ epoch: inout OpenEpoch) { Self.fold(&epoch, with: &processor) }

  /// `processor` is lent once for the whole epoch: one exclusivity check instead of one per record.
  @inlinable static func fold(_ epoch: inout OpenEpoch, with processor: inout P) {
    while let run = epoch.nextRun() {
      let batch = epoch.batches[run.input]
      let (movesTime, isFromTasks) = (epoch.kinds[run.input] != .control, epoch.kinds[run.input] == .tasks)
      var folded = 0
      batch.forEach(in: run.records, of: run.input) { record in
        if movesTime {
          let time = epoch.context.clock.reached(by: record.timestamp)
          if time >= epoch.context.nextDue || time >= epoch.context.settlesAt {
            passTime(to: time, &epoch, &processor)
          }
          epoch.context.clock.advance(to: time)
        }
        if isFromTasks, record.hasNoKey { return epoch.hear(record) }
        epoch.context.beginRecord()
        let verdict =
          epoch.undo == nil
          ? processor.fold(record, in: &epoch.context) : foldCarefully(record, &epoch, &processor)
        if verdict == .folded && !epoch.context.isOversized {
          folded += 1
        } else {
          epoch.settle(verdict, record)
        }
      }
      epoch.ledgers[run.input].countFolded(folded)
    }
    epoch.context.clock.allRead()
    passTime(to: epoch.context.clock.end, &epoch, &processor)
    epoch.context.beginClose()
    processor.closeEpoch(in: &epoch.context)
  }

  @inlinable @inline(never)
  static func foldCarefully(
    _ record: borrowing InputRecord, _ epoch: inout OpenEpoch, _ processor: inout P
  ) -> Verdict {
    let before = processor
    epoch.undo?.begin()
    let verdict = processor.fold(record, in: &epoch.context)
    guard epoch.undo?.keep() == false else { return verdict }
    processor = before
    epoch.context.takeBack()
    epoch.context.timersChanged()
    return .setAside(.stateTooLarge)
  }

  /// Fires the timers due by `time`, in the order of their due times, then of their names, those that they
  /// set in turn among them; and before recorded time leaves a slot, lets the processor say what that slot
  /// made.
  @inlinable @inline(never)
  static func passTime(to time: Timestamp, _ epoch: inout OpenEpoch, _ processor: inout P) {
    while true {
      let next = min(epoch.context.nextDue, time)
      if next >= epoch.context.settlesAt {
        epoch.context.beginSettling()
        processor.closeEpoch(in: &epoch.context)
        epoch.context.settled(before: next)
      }
      guard let timer = epoch.context.takeTimer(dueBy: time) else { return }
      processor.onTimer(timer, in: &epoch.context)
    }
  }
}
