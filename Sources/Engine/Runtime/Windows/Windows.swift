// Aggregates by key and window, for folds. A window closes when the watermark passes its end, by a timer of
// the engine's, so the last one closes too when nothing comes any more.
public import Basics

/// A fold's windows. Used on its task's thread, like a store, and made with the processor.
public final class Windows<Key: StorableKey, Value: WindowAggregate> {
  private let series: KeyValueStore<Key, PaneSeries<Value>>
  private let windowing: Windowing
  /// What its timers' names begin with.
  private let prefix: [UInt8]

  /// Told of a window of `key`: when it closes, and each time it is corrected.
  public typealias Emit = (_ key: Key, _ result: WindowResult<Value>, inout FoldContext) -> Void

  public init(_ name: String, _ windowing: Windowing, memory: Int = 64 << 20) {
    series = KeyValueStore(name, memory: memory)
    self.windowing = windowing
    prefix = Array(name.utf8) + [0]
  }

  /// What the processor lists among its stores.
  public var store: any TaskStore { series }

  /// Changes the aggregate of the pane that holds `time`. `source` is the task whose work is taken up, where
  /// that is another's. `.setAside(.late)` when the last window that holds it has been closed for longer than
  /// the grace; then nothing has changed.
  public func add(
    _ key: Key, at time: EventTime, from source: TaskID = TaskID(processor: "", partition: PartitionID(0)),
    in context: inout FoldContext, emit: Emit, _ change: (inout Value) -> Void
  ) -> Verdict {
    guard Windowing.times.contains(time.rawValue) else { return .setAside(.invalid) }
    let (pane, watermark) = (windowing.pane(of: time), context.watermark)
    guard !windowing.isPast(pane, at: watermark) else { return .setAside(.late) }
    var results: [WindowResult<Value>] = []
    let due = series.update(key) { kept -> Timestamp? in
      var series = kept.take() ?? PaneSeries<Value>(closedUpTo: watermark)
      series.close(upTo: watermark, windowing) { results.append($0) }
      series.change(pane, source, windowing, change)
      series.corrections(of: pane, windowing) { results.append($0) }
      let due = move(&series, context)
      kept = consume series
      return due
    }
    if let due { context.setTimer(timer(of: key), at: due) }
    for result in results { emit(key, result, &context) }
    return .folded
  }

  /// Closes what is due. False: the timer is not one of these windows'.
  public func onTimer(_ timer: Timer, in context: inout FoldContext, emit: Emit) -> Bool {
    guard let key = key(of: timer.id) else { return false }
    var results: [WindowResult<Value>] = []
    let due = series.update(key) { kept -> Timestamp? in
      guard var series = kept.take() else { return nil }
      series.timer = nil
      series.close(upTo: context.watermark, windowing) { results.append($0) }
      guard let due = move(&series, context) else { return nil }
      kept = consume series
      return due
    }
    if let due { context.setTimer(timer.id, at: due) }
    for result in results { emit(key, result, &context) }
    return true
  }

  /// The aggregates that windows have been given and that no window has let go.
  func paneCount(of key: Key) -> Int { series.read(key) { $0?.panes.count ?? 0 } }

  /// When the series' timer has to be set, nil where it stands right or nothing is left to wait for.
  private func move(_ series: inout PaneSeries<Value>, _ context: FoldContext) -> Timestamp? {
    guard let next = series.next else { return nil }
    // The watermark is as far from there as recorded time is from the moment wanted.
    let due = context.time + .milliseconds(next - context.watermark.rawValue)
    if series.timer == due { return nil }
    series.timer = due
    return due
  }

  private func timer(of key: Key) -> TimerID {
    var bytes = prefix
    key.store(into: &bytes)
    return TimerID(bytes)
  }

  private func key(of id: TimerID) -> Key? {
    guard id.bytes.starts(with: prefix) else { return nil }
    return unsafe Key(stored: id.bytes.span.bytes.extracting(droppingFirst: prefix.count))
  }
}
