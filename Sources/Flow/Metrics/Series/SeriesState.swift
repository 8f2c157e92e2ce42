// The second stage of aggregation for one series, pure: parts of panes come in from tasks in whatever order,
// a pane closes when the watermark has passed it, and the parts are put together in the order of the tasks.
// So the same events make the same values, whichever task's records arrive first.
public import Basics

/// How a series lives, as its metric's declaration says.
public struct SeriesRule: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    case sum, last, histogram, member, derived
    /// Means and distinct counts, over slices of a window.
    case window(length_ms: Int64, slice_ms: Int64, zone_ms: Int64)
  }

  public var kind: Kind
  public var pane_ms: Int64
  public var stale_ms: Int64?
  public var retention_ms: Int64

  public init(kind: Kind, pane_ms: Int64, stale_ms: Int64?, retention_ms: Int64) {
    self.kind = kind
    self.pane_ms = pane_ms
    self.stale_ms = stale_ms
    self.retention_ms = retention_ms
  }

  /// A window moves in steps of a 24th of it, or of a pane where that is longer.
  static let slicesPerWindow: Int64 = 24
  private static let day_ms: Int64 = 86_400_000

  /// What quantiles of a histogram look back on, and its step.
  public static let quantileWindow_ms: Int64 = 3_600_000
  static let quantileSlice_ms: Int64 = 900_000

  public init(_ metric: MetricDeclaration, zone: Duration) {
    pane_ms = max(1, metric.pane.milliseconds)
    stale_ms = metric.stale?.milliseconds
    retention_ms = metric.retention.milliseconds
    switch metric.kind {
    case .counter, .level: kind = .sum
    case .gauge: kind = .last
    case .histogram: kind = .histogram
    case .population: kind = .member
    case .mean(let window), .distinct(let window):
      switch window {
      case .today: kind = .window(length_ms: Self.day_ms, slice_ms: Self.day_ms, zone_ms: zone.milliseconds)
      case .last(let length):
        let panes = max(1, length.milliseconds / Self.slicesPerWindow / pane_ms)
        kind = .window(length_ms: length.milliseconds, slice_ms: panes * pane_ms, zone_ms: 0)
      }
    }
  }
}

/// A series as it is kept: what is open, what its windows hold, and its last value.
public struct SeriesState: Hashable, Sendable {
  struct Part: Hashable, Sendable {
    var source: PaneSource
    var value: PaneValue
  }

  struct OpenPane: Hashable, Sendable {
    var pane: Pane
    /// In the order of their tasks.
    var parts: [Part]
  }

  struct Slice: Hashable, Sendable {
    var start: Int64
    var value: PaneValue
  }

  /// In the order of their ends.
  private(set) var open: [OpenPane] = []
  /// In order.
  private(set) var slices: [Slice] = []
  /// Nothing is known of it, or it has become stale, when nil.
  public private(set) var value: Double?
  /// The end of the last pane that said anything.
  public private(set) var updated: Int64 = .min
  /// When its value last changed.
  public private(set) var changed: Int64 = .min
  /// Of a histogram, of all times: for each bound, then above all.
  public private(set) var counts: [UInt64] = []
  /// A member's last state, a gauge's last time.
  public private(set) var text = ""
  private var lastTime: Int64 = .min
  /// The numbers of its first chunk of history and of the one behind its last.
  public var chunks: Range<UInt32> = 0..<0

  public init() {}

  /// Takes up a part of a pane that has not closed.
  public mutating func add(_ value: PaneValue, _ pane: Pane, from source: PaneSource) {
    var index = open.count
    while index > 0, open[index - 1].pane.end > pane.end { index -= 1 }
    if index == 0 || open[index - 1].pane != pane {
      open.insert(OpenPane(pane: pane, parts: []), at: index)
      index += 1
    }
    var place = open[index - 1].parts.count
    while place > 0, source < open[index - 1].parts[place - 1].source { place -= 1 }
    if place == 0 || open[index - 1].parts[place - 1].source != source {
      open[index - 1].parts.insert(Part(source: source, value: value), at: place)
    } else {
      open[index - 1].parts[place - 1].value.merge(value)
    }
  }

  /// When in event time something is to be done: a pane closes, a window moves, a value becomes stale, or
  /// the series is forgotten. nil: nothing, ever.
  public func wake(_ rule: SeriesRule) -> Int64? {
    var next = open.first?.pane.end
    func at(_ time: Int64) { next = min(next ?? .max, time) }
    if let first = slices.first { at(expiry(of: first, rule)) }
    guard updated > .min else { return next }
    if let stale = rule.stale_ms, value != nil { at(updated &+ stale) }
    at(updated &+ rule.retention_ms)
    return next
  }

  /// Nothing is open and nothing was said for the retention.
  public func isForgotten(_ rule: SeriesRule, at time: Int64) -> Bool {
    open.isEmpty && updated > .min && updated &+ rule.retention_ms <= time
  }

  /// Does all that is due by `time`, in order; `changed` is told of each change of the value, with what the
  /// pane that made it has come to.
  public mutating func advance(
    to time: Int64, _ rule: SeriesRule, _ changed: (Sample, _ closed: PaneValue?) -> Void
  ) {
    while let wake = wake(rule), wake <= time, !isForgotten(rule, at: wake) {
      let hasMoved = slices.first.map { expiry(of: $0, rule) == wake } ?? false
      if hasMoved { slices.removeFirst() }
      if let first = open.first, first.pane.end == wake {
        open.removeFirst()
        close(first, rule, changed)
      } else if hasMoved {
        settle(at: wake, rule, closed: nil, changed)
      } else {
        set(nil, at: wake, closed: nil, changed)
      }
    }
  }

  private mutating func close(
    _ pane: OpenPane, _ rule: SeriesRule, _ changed: (Sample, _ closed: PaneValue?) -> Void
  ) {
    guard var merged = pane.parts.first?.value else { return }
    for part in pane.parts.dropFirst() { merged.merge(part.value) }
    updated = max(updated, pane.pane.end)
    take(merged, pane.pane, rule)
    settle(at: pane.pane.end, rule, closed: merged, changed)
  }

  /// Takes up what a closed pane has come to.
  private mutating func take(_ merged: PaneValue, _ pane: Pane, _ rule: SeriesRule) {
    switch (rule.kind, merged) {
    case (.sum, .sum(let sum)): value = Self.finite((value ?? 0) + sum)
    case (.last, .last(let last, let time)):
      if time.rawValue >= lastTime || value == nil { (value, lastTime) = (last, time.rawValue) }
    case (.member, .state(let state, _, let time)):
      if time.rawValue >= lastTime || text.isEmpty { (text, lastTime) = (state, time.rawValue) }
    case (.histogram, .histogram(let counts, let sum, let sketch)):
      if self.counts.count != counts.count { self.counts = Array(repeating: 0, count: counts.count) }
      for index in counts.indices { self.counts[index] &+= counts[index] }
      value = Self.finite((value ?? 0) + sum)
      put(.histogram(counts: [0], sum: 0, sketch: sketch), pane, SeriesRule.quantileSlice_ms, zone_ms: 0)
    case (.window(_, let slice_ms, let zone_ms), _): put(merged, pane, slice_ms, zone_ms: zone_ms)
    default: return
    }
  }

  private mutating func put(_ merged: PaneValue, _ pane: Pane, _ slice_ms: Int64, zone_ms: Int64) {
    let start =
      MetricDeclarations.paneStart(of: pane.start + zone_ms, length_ms: slice_ms) - zone_ms
    var index = slices.count
    while index > 0, slices[index - 1].start > start { index -= 1 }
    if index > 0, slices[index - 1].start == start {
      slices[index - 1].value.merge(merged)
    } else {
      slices.insert(Slice(start: start, value: merged), at: index)
    }
  }

  private func expiry(of slice: Slice, _ rule: SeriesRule) -> Int64 {
    switch rule.kind {
    case .window(let length, _, _): slice.start &+ length &+ rule.pane_ms
    default: slice.start &+ SeriesRule.quantileWindow_ms &+ rule.pane_ms
    }
  }

  /// The value that follows from what it holds now.
  private mutating func settle(
    at time: Int64, _ rule: SeriesRule, closed: PaneValue?, _ changed: (Sample, _ closed: PaneValue?) -> Void
  ) {
    guard case .window = rule.kind else {
      // Only a quantile's window has moved.
      if closed != nil { set(value, at: time, closed: closed, changed) }
      return
    }
    var all: PaneValue?
    for slice in slices { if all == nil { all = slice.value } else { all?.merge(slice.value) } }
    switch all {
    case .mean(let sum, let weight)?: set(weight == 0 ? nil : sum / weight, at: time, closed: closed, changed)
    case .distinct(let sketch)?: set(sketch.count, at: time, closed: closed, changed)
    default: set(nil, at: time, closed: closed, changed)
    }
  }

  private mutating func set(
    _ new: Double?, at time: Int64, closed: PaneValue?, _ changed: (Sample, _ closed: PaneValue?) -> Void
  ) {
    let isFirst = self.changed == .min
    value = new
    if isFirst && new == nil && closed == nil { return }
    self.changed = time
    changed(Sample(time: EventTime(milliseconds: time), value: new ?? Sample.staleValue), closed)
  }

  private static func finite(_ value: Double) -> Double {
    value.isFinite ? value : value < 0 ? -.greatestFiniteMagnitude : .greatestFiniteMagnitude
  }
}

extension SeriesState {
  /// Corrects a pane that has closed: what it adds counts from now on, unless it would have become stale by
  /// now. Says by how much a sum has changed, for its history to follow.
  public mutating func correct(
    _ value: PaneValue, _ pane: Pane, _ rule: SeriesRule, at time: Int64,
    _ changed: (Sample, _ closed: PaneValue?) -> Void
  ) -> Double? {
    updated = max(updated, pane.end)
    let isStale = self.value == nil && rule.stale_ms.map { updated &+ $0 <= time } ?? false
    take(value, pane, rule)
    while let first = slices.first, expiry(of: first, rule) <= time { slices.removeFirst() }
    if isStale {
      self.value = nil
      return nil
    }
    if case (.sum, .sum(let sum)) = (rule.kind, value) {
      self.changed = max(self.changed, pane.end)
      return sum
    }
    settle(at: time, rule, closed: value, changed)
    return nil
  }

  /// Sets the value of a derived series; nil: it is absent.
  public mutating func record(_ value: Double?, at time: Int64, _ changed: (Sample) -> Void) {
    if value != nil { updated = time }
    guard value?.bitPattern != self.value?.bitPattern || self.changed == .min else { return }
    set(value, at: time, closed: nil) { sample, _ in changed(sample) }
  }

  /// Adds to a sum outside of panes.
  public mutating func add(_ amount: Double, at time: Int64) -> Sample {
    value = (value ?? 0) + amount
    (updated, changed) = (time, time)
    return Sample(time: EventTime(milliseconds: time), value: value ?? 0)
  }

  /// A mean's weight now; nil for all else.
  public var weight: Double? {
    var total: Double?
    for slice in slices { if case .mean(_, let weight) = slice.value { total = (total ?? 0) + weight } }
    return total
  }

  /// A histogram's values of the last hour.
  public var sketch: QuantileSketch {
    slices.reduce(into: QuantileSketch()) { all, slice in
      if case .histogram(_, _, let sketch) = slice.value { all.merge(sketch) }
    }
  }

}

extension SeriesState: Storable {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(littleEndian: (value ?? Sample.staleValue).bitPattern)
    bytes.append(littleEndian: updated)
    bytes.append(littleEndian: changed)
    bytes.append(littleEndian: lastTime)
    bytes.append(variableLength: UInt64(chunks.lowerBound))
    bytes.append(variableLength: UInt64(chunks.upperBound))
    bytes.append(countedText: text)
    bytes.append(variableLength: UInt64(counts.count))
    for count in counts { bytes.append(variableLength: count) }
    bytes.append(variableLength: UInt64(slices.count))
    for slice in slices {
      bytes.append(littleEndian: slice.start)
      bytes.append(counted: slice.value)
    }
    bytes.append(variableLength: UInt64(open.count))
    for pane in open {
      bytes.append(littleEndian: pane.pane.start)
      bytes.append(littleEndian: pane.pane.length_ms)
      bytes.append(variableLength: UInt64(pane.parts.count))
      for part in pane.parts {
        bytes.append(countedText: part.source.processor)
        bytes.append(littleEndian: part.source.task)
        bytes.append(counted: part.value)
      }
    }
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let value = reader.double(), let updated = reader.integer(Int64.self),
      let changed = reader.integer(Int64.self), let lastTime = reader.integer(Int64.self),
      let first = reader.variableLength(), let end = reader.variableLength(), first <= end,
      end <= UInt64(UInt32.max), let text = reader.text(), let counts = reader.variableLength()
    else { return nil }
    self.value = value.bitPattern == Sample.staleValue.bitPattern ? nil : value
    (self.updated, self.changed, self.lastTime, self.text) = (updated, changed, lastTime, text)
    chunks = UInt32(first)..<UInt32(end)
    for _ in 0..<counts {
      guard let count = reader.variableLength() else { return nil }
      self.counts.append(count)
    }
    guard let sliceCount = reader.variableLength() else { return nil }
    for _ in 0..<sliceCount {
      guard let start = reader.integer(Int64.self), let field = reader.field(),
        let value = PaneValue(stored: field)
      else { return nil }
      slices.append(Slice(start: start, value: value))
    }
    guard let paneCount = reader.variableLength() else { return nil }
    for _ in 0..<paneCount {
      guard let pane = Self.openPane(&reader) else { return nil }
      open.append(pane)
    }
    guard reader.isAtEnd else { return nil }
  }

  private static func openPane(_ reader: inout ByteReader) -> OpenPane? {
    guard let start = reader.integer(Int64.self), let length = reader.integer(Int64.self),
      let parts = reader.variableLength()
    else { return nil }
    var pane = OpenPane(pane: Pane(start: start, length_ms: length), parts: [])
    for _ in 0..<parts {
      guard let processor = reader.text(), let task = reader.integer(Int32.self), let field = reader.field(),
        let value = PaneValue(stored: field)
      else { return nil }
      pane.parts.append(Part(source: PaneSource(processor: processor, task: task), value: value))
    }
    return pane
  }
}
