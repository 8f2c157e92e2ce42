// One key's panes: what its windows are made of, and how far they have closed.
public import Basics

/// Panes in order, each with a part for every task that contributes to it. Parts are merged in the order of
/// pane, then task; within a part, in the order in which that task sent them: so the same events make the
/// same bytes, whichever task's records arrive first.
@usableFromInline struct PaneSeries<Value: WindowAggregate>: Storable {
  @usableFromInline struct Part {
    @usableFromInline var source: TaskID
    @usableFromInline var value: Value

    @inlinable init(source: TaskID, value: Value) { (self.source, self.value) = (source, value) }
  }

  /// Nearly every pane has one part; a list for the others alone saves an allocation a pane.
  @usableFromInline struct Pane {
    /// Milliseconds since the Unix epoch.
    @usableFromInline var start: Int64
    @usableFromInline var first: Part
    /// In the order of their tasks, all behind `first`'s.
    @usableFromInline var others: [Part] = []

    @inlinable init(start: Int64, first: Part) { (self.start, self.first) = (start, first) }
  }

  @usableFromInline private(set) var panes: [Pane] = []
  /// All windows that end here or before have closed.
  @usableFromInline var closedUpTo: EventTime
  /// When, in event time, something is to be done: a window closes, or the last pane is past. nil: nothing is
  /// left.
  @usableFromInline var next: Int64?
  /// The moment for which the key stands in the list of what is due; never behind `next`.
  @usableFromInline var listed: Int64?

  @inlinable init(closedUpTo: EventTime) { self.closedUpTo = closedUpTo }

  /// All that the watermark has passed has closed, because whatever was due was dealt with.
  @inlinable mutating func pass(_ watermark: EventTime) { closedUpTo = max(closedUpTo, watermark) }

  /// The moment for which the key has to be listed; nil where it stands right or nothing is left to do.
  @inlinable mutating func list() -> Int64? {
    guard let next, next < listed ?? .max else { return nil }
    listed = next
    return next
  }

  /// False when the key is not listed for that moment any more.
  @inlinable mutating func takeListed(at moment: Int64) -> Bool {
    guard listed == moment else { return false }
    listed = nil
    return true
  }

  /// Changes the part of `source` in a pane.
  @inlinable mutating func change(
    _ start: Int64, _ source: TaskID, _ windowing: Windowing, _ body: (inout Value) -> Void
  ) {
    var index = panes.count
    while index > 0, panes[index - 1].start > start { index -= 1 }
    if index > 0, panes[index - 1].start == start {
      panes[index - 1].change(source, body)
    } else {
      var pane = Pane(start: start, first: Part(source: source, value: Value()))
      body(&pane.first.value)
      panes.insert(pane, at: index)
      next = nextEvent(windowing)
    }
  }

  /// Closes the windows that end by `moment`, in order; those without events are passed over.
  @inlinable mutating func close(
    upTo moment: EventTime, _ windowing: Windowing, _ closed: (WindowResult<Value>) -> Void
  ) {
    while let end = nextEnd(windowing), end <= moment.rawValue {
      closed(result(end, windowing, isCorrection: false))
      closedUpTo = EventTime(milliseconds: end)
    }
    closedUpTo = max(closedUpTo, moment)
    panes.removeAll { windowing.isPast($0.start, at: moment) }
    next = nextEvent(windowing)
  }

  /// The windows that hold a pane, that have closed, and that are still within grace.
  @inlinable func corrections(
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

  @inlinable func nextEvent(_ windowing: Windowing) -> Int64? {
    nextEnd(windowing) ?? panes.last.map { $0.start + windowing.size_ms + windowing.grace_ms }
  }

  /// The end of the next window that has any events and has not closed.
  @inlinable func nextEnd(_ windowing: Windowing) -> Int64? {
    let next = windowing.end(after: closedUpTo)
    guard let pane = panes.first(where: { $0.start >= next - windowing.size_ms }) else { return nil }
    return max(next, pane.start + windowing.hop_ms)
  }

  @inlinable func result(_ end: Int64, _ windowing: Windowing, isCorrection: Bool) -> WindowResult<Value> {
    var value = Value()
    for pane in panes where pane.start >= end - windowing.size_ms && pane.start < end {
      pane.forEachPart { value.merge($0.value) }
    }
    return WindowResult(
      window: windowing.window(endingAt: end), value: value, isCorrection: isCorrection)
  }
}

extension PaneSeries.Pane {
  @inlinable mutating func change(_ source: TaskID, _ body: (inout Value) -> Void) {
    if first.source == source { return body(&first.value) }
    if source < first.source {
      others.insert(first, at: 0)
      first = PaneSeries.Part(source: source, value: Value())
      return body(&first.value)
    }
    var index = others.count
    while index > 0, source < others[index - 1].source { index -= 1 }
    if index == 0 || others[index - 1].source != source {
      others.insert(PaneSeries.Part(source: source, value: Value()), at: index)
      index += 1
    }
    body(&others[index - 1].value)
  }

  @inlinable func forEachPart(_ body: (PaneSeries.Part) -> Void) {
    body(first)
    for part in others { body(part) }
  }
}

extension PaneSeries {
  @inlinable static var schemaVersion: UInt8 { Value.schemaVersion }

  @inlinable func store(into bytes: inout [UInt8]) {
    bytes.append(littleEndian: closedUpTo.rawValue)
    bytes.append(littleEndian: next ?? .min)
    bytes.append(littleEndian: listed ?? .min)
    bytes.append(littleEndian: UInt32(panes.count))
    for pane in panes {
      bytes.append(littleEndian: pane.start)
      bytes.append(littleEndian: UInt32(pane.others.count))
      pane.forEachPart { part in
        bytes.append(countedText: part.source.processor)
        bytes.append(littleEndian: part.source.partition.rawValue)
        let start = bytes.count
        bytes.append(littleEndian: UInt32(0))
        part.value.store(into: &bytes)
        bytes.put(UInt32(bytes.count - start - 4), at: start)
      }
    }
  }

  @inlinable init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let closed = reader.integer(Int64.self), let next = reader.integer(Int64.self),
      let listed = reader.integer(Int64.self), let count = reader.integer(UInt32.self)
    else { return nil }
    self.init(closedUpTo: EventTime(milliseconds: closed))
    if next != .min { self.next = next }
    if listed != .min { self.listed = listed }
    for _ in 0..<count {
      guard let start = reader.integer(Int64.self), let others = reader.integer(UInt32.self),
        let first = Part(from: &reader)
      else { return nil }
      var pane = Pane(start: start, first: first)
      for _ in 0..<others {
        guard let part = Part(from: &reader) else { return nil }
        pane.others.append(part)
      }
      panes.append(pane)
    }
    guard reader.isAtEnd else { return nil }
  }
}

extension PaneSeries.Part {
  @inlinable init?(from reader: inout ByteReader) {
    guard let processor = reader.text(), let task = reader.integer(Int32.self), let field = reader.field(),
      let value = Value(stored: field)
    else { return nil }
    self.init(source: TaskID(processor: processor, partition: PartitionID(task)), value: value)
  }
}
