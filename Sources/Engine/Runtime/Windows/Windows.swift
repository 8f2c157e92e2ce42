// Aggregates by key and window, for folds. A window closes when the watermark passes its end, by a timer of
// the engine's, so the last one closes too when nothing comes any more.
public import Basics

/// A fold's windows. Used on its task's thread, like a store, and made with the processor.
public final class Windows<Key: StorableKey, Value: WindowAggregate> {
  @usableFromInline let series: KeyValueStore<Key, PaneSeries<Value>>
  @usableFromInline let due: DueKeys<Key>
  @usableFromInline let windowing: Windowing
  /// One timer wakes all keys, at the first moment at which any has something to do.
  @usableFromInline let timer: TimerID
  /// When the timer is known to be due.
  @usableFromInline var wakesAt: Timestamp?

  /// Told of a window of `key`: when it closes, and each time it is corrected.
  public typealias Emit = (_ key: Key, _ result: WindowResult<Value>, inout FoldContext) -> Void

  @inlinable public init(_ name: String, _ windowing: Windowing, memory: Int = 64 << 20) {
    series = KeyValueStore(name, memory: memory)
    due = DueKeys("\(name).due")
    self.windowing = windowing
    timer = TimerID(name)
  }

  /// What the processor lists among its stores, each with a changelog of its own.
  public var stores: [any TaskStore] { [series, due.rows] }

  /// Changes the aggregate of the pane that holds `time`. `source` is the task whose work is taken up, where
  /// that is another's. `.setAside(.late)` when the last window that holds it has been closed for longer than
  /// the grace; then nothing has changed. First closes whatever the watermark has passed, of any key.
  @inlinable public func add(
    _ key: Key, at time: EventTime, from source: TaskID = .none, in context: inout FoldContext,
    emit: Emit, _ change: (inout Value) -> Void
  ) -> Verdict {
    guard Windowing.times.contains(time.rawValue) else { return .setAside(.invalid) }
    let (pane, watermark) = (windowing.pane(of: time), context.watermark)
    guard !windowing.isPast(pane, at: watermark) else { return .setAside(.late) }
    if let next = due.next, next <= watermark.rawValue { close(in: &context, emit) }
    var corrections: [WindowResult<Value>] = []
    let listed = series.update(key) { kept -> Int64? in
      var series = kept.take() ?? PaneSeries<Value>(closedUpTo: watermark)
      series.pass(watermark)
      series.change(pane, source, windowing, change)
      series.corrections(of: pane, windowing) { corrections.append($0) }
      let listed = series.list()
      kept = consume series
      return listed
    }
    if let listed {
      due.add(key, at: listed)
      wake(in: &context)
    }
    for correction in corrections { emit(key, correction, &context) }
    return .folded
  }

  /// Closes what is due. False: the timer is not one of these windows'.
  @inlinable public func onTimer(_ timer: Timer, in context: inout FoldContext, emit: Emit) -> Bool {
    guard timer.id == self.timer else { return false }
    wakesAt = nil
    close(in: &context, emit)
    wake(in: &context)
    return true
  }

  /// To be called from the processor's own: closes what the watermark has passed, and sets the timer anew. A
  /// task behind others sees it jump when one that held it back is heard, with no record and no timer due.
  @inlinable public func closeEpoch(in context: inout FoldContext, emit: Emit) {
    close(in: &context, emit)
    wake(in: &context)
  }

  /// The aggregates that windows have been given and that no window has let go.
  func paneCount(of key: Key) -> Int { series.read(key) { $0?.panes.count ?? 0 } }

  /// Closes what the watermark has passed, moment by moment, so that whatever woke it tells of windows in one
  /// order.
  @inlinable func close(in context: inout FoldContext, _ emit: Emit) {
    while let moment = due.next, moment <= context.watermark.rawValue {
      for key in due.take() { close(key, at: moment, in: &context, emit) }
    }
  }

  @inlinable func close(_ key: Key, at moment: Int64, in context: inout FoldContext, _ emit: Emit) {
    var results: [WindowResult<Value>] = []
    let listed = series.update(key) { kept -> Int64? in
      guard var series = kept.take() else { return nil }
      // One that was listed for an earlier moment since then has been dealt with.
      guard series.takeListed(at: moment) else {
        kept = consume series
        return nil
      }
      series.close(upTo: EventTime(milliseconds: moment), windowing) { results.append($0) }
      guard let listed = series.list() else { return nil }
      kept = consume series
      return listed
    }
    if let listed { due.add(key, at: listed) }
    for result in results { emit(key, result, &context) }
  }

  /// Sets the timer where it does not stand right. The watermark is as far from the next moment as recorded
  /// time is from the one wanted.
  @inlinable func wake(in context: inout FoldContext) {
    guard let next = due.next else { return }
    let at = context.time + .milliseconds(next - context.watermark.rawValue)
    guard at != wakesAt else { return }
    if context.due(timer) != at { context.setTimer(timer, at: at) }
    wakesAt = at
  }
}

extension TaskID {
  /// No task: what a processor's own windows take from its own records.
  public static let none = TaskID(processor: "", partition: PartitionID(0))
}
