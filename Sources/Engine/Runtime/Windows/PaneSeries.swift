// One key's panes: what its windows are made of, and how far they have closed.
internal import Basics

/// Panes in order, each with a part for every task that contributes to it. Parts are merged in the order of
/// pane, then task; within a part, in the order in which that task sent them: so the same events make the
/// same bytes, whichever task's records arrive first.
struct PaneSeries<Value: WindowAggregate>: Storable {
  struct Part {
    var source: TaskID
    var value: Value
  }

  struct Pane {
    /// Milliseconds since the Unix epoch.
    var start: Int64
    var parts: [Part]
  }

  private(set) var panes: [Pane] = []
  /// All windows that end here or before have closed.
  private(set) var closedUpTo: EventTime
  /// When, in event time, something is to be done: a window closes, or the last pane is past. nil: nothing is
  /// left.
  private(set) var next: Int64?
  /// When the key's timer is due; nil when none is set.
  var timer: Timestamp?

  init(closedUpTo: EventTime) { self.closedUpTo = closedUpTo }

  /// Changes the part of `source` in a pane.
  mutating func change(
    _ start: Int64, _ source: TaskID, _ windowing: Windowing, _ body: (inout Value) -> Void
  ) {
    var index = panes.count
    while index > 0, panes[index - 1].start > start { index -= 1 }
    if index == 0 || panes[index - 1].start < start {
      panes.insert(Pane(start: start, parts: []), at: index)
      index += 1
      next = nextEvent(windowing)
    }
    panes[index - 1].change(source, body)
  }

  /// Closes the windows that end by the watermark, in order; those without events are passed over.
  mutating func close(
    upTo watermark: EventTime, _ windowing: Windowing, _ closed: (WindowResult<Value>) -> Void
  ) {
    if let next, next <= watermark.rawValue {
      while let end = nextEnd(windowing), end <= watermark.rawValue {
        closed(result(end, windowing, isCorrection: false))
        closedUpTo = EventTime(milliseconds: end)
      }
      panes.removeAll { windowing.isPast($0.start, at: watermark) }
      self.next = nextEvent(windowing)
    }
    closedUpTo = max(closedUpTo, watermark)
  }

  /// The windows that hold a pane, that have closed, and that are still within grace.
  func corrections(
    of pane: Int64, _ windowing: Windowing, _ corrected: (WindowResult<Value>) -> Void
  ) {
    var end = pane + windowing.hop_ms
    while end <= pane + windowing.size_ms, end <= closedUpTo.rawValue {
      if end + windowing.grace_ms > closedUpTo.rawValue {
        corrected(result(end, windowing, isCorrection: true))
      }
      end += windowing.hop_ms
    }
  }

  private func nextEvent(_ windowing: Windowing) -> Int64? {
    nextEnd(windowing) ?? panes.last.map { $0.start + windowing.size_ms + windowing.grace_ms }
  }

  /// The end of the next window that has any events and has not closed.
  private func nextEnd(_ windowing: Windowing) -> Int64? {
    let next = windowing.end(after: closedUpTo)
    guard let pane = panes.first(where: { $0.start >= next - windowing.size_ms }) else { return nil }
    return max(next, pane.start + windowing.hop_ms)
  }

  private func result(_ end: Int64, _ windowing: Windowing, isCorrection: Bool) -> WindowResult<Value> {
    var value = Value()
    for pane in panes where pane.start >= end - windowing.size_ms && pane.start < end {
      for part in pane.parts { value.merge(part.value) }
    }
    return WindowResult(
      window: windowing.window(endingAt: end), value: value, isCorrection: isCorrection)
  }
}

extension PaneSeries.Pane {
  fileprivate mutating func change(_ source: TaskID, _ body: (inout Value) -> Void) {
    var index = parts.count
    while index > 0, source < parts[index - 1].source { index -= 1 }
    if index == 0 || parts[index - 1].source != source {
      parts.insert(PaneSeries.Part(source: source, value: Value()), at: index)
      index += 1
    }
    body(&parts[index - 1].value)
  }
}

extension PaneSeries {
  static var schemaVersion: UInt8 { Value.schemaVersion }

  func store(into bytes: inout [UInt8]) {
    bytes.append(littleEndian: closedUpTo.rawValue)
    bytes.append(littleEndian: next ?? .min)
    bytes.append(littleEndian: timer?.rawValue ?? .min)
    bytes.append(littleEndian: UInt32(panes.count))
    for pane in panes {
      bytes.append(littleEndian: pane.start)
      bytes.append(littleEndian: UInt32(pane.parts.count))
      for part in pane.parts {
        bytes.append(countedText: part.source.processor)
        bytes.append(littleEndian: part.source.partition.rawValue)
        var value: [UInt8] = []
        part.value.store(into: &value)
        unsafe bytes.append(countedField: value.span.bytes)
      }
    }
  }

  init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let closed = reader.integer(Int64.self), let next = reader.integer(Int64.self),
      let timer = reader.integer(Int64.self), let count = reader.integer(UInt32.self)
    else { return nil }
    self.init(closedUpTo: EventTime(milliseconds: closed))
    if next != .min { self.next = next }
    if timer != .min { self.timer = Timestamp(milliseconds: timer) }
    for _ in 0..<count {
      guard let start = reader.integer(Int64.self), let partCount = reader.integer(UInt32.self) else {
        return nil
      }
      var pane = Pane(start: start, parts: [])
      for _ in 0..<partCount {
        guard let processor = reader.text(), let task = reader.integer(Int32.self),
          let field = reader.field(), let value = Value(stored: field)
        else { return nil }
        pane.parts.append(
          Part(source: TaskID(processor: processor, partition: PartitionID(task)), value: value))
      }
      panes.append(pane)
    }
    guard reader.isAtEnd else { return nil }
  }
}
