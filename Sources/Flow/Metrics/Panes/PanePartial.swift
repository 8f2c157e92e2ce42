// What one task has counted of one organization in one pane and one epoch: the record between the two stages
// of aggregation. It says itself what it is about, so stages with different declarations understand each
// other.
public import Basics

/// A task's contribution to the series of an organization in a pane.
public struct PanePartial: Hashable, Sendable {
  public struct Entry: Hashable, Sendable {
    public var metric: String
    /// Without the metric's name.
    public var labels: Labels
    public var value: PaneValue

    public init(metric: String, labels: Labels, value: PaneValue) {
      self.metric = metric
      self.labels = labels
      self.value = value
    }
  }

  public var organization: String
  public var source: PaneSource
  public var pane: Pane
  public var entries: [Entry]

  public init(organization: String, source: PaneSource, pane: Pane, entries: [Entry] = []) {
    self.organization = organization
    self.source = source
    self.pane = pane
    self.entries = entries
  }
}

/// A piece of event time; panes begin at multiples of their length.
public struct Pane: Hashable, Sendable {
  /// Milliseconds since the Unix epoch.
  public var start: Int64
  public var length_ms: Int64

  public init(start: Int64, length_ms: Int64) {
    self.start = start
    self.length_ms = length_ms
  }

  public var end: Int64 { start + length_ms }

  /// Event times beyond this are no times; the bound keeps sums of times within 64 bits.
  public static let times: ClosedRange<Int64> = -1 << 53...1 << 53
  public static let lengthMax_ms: Int64 = 7 * 86_400_000
}

/// The task that has counted; parts of a pane are put together in its order.
public struct PaneSource: Hashable, Comparable, Sendable {
  public var processor: String
  public var task: Int32

  public init(processor: String, task: Int32) {
    self.processor = processor
    self.task = task
  }

  public static func < (a: Self, b: Self) -> Bool {
    if a.processor.utf8.elementsEqual(b.processor.utf8) { return a.task < b.task }
    return a.processor.utf8.lexicographicallyPrecedes(b.processor.utf8)
  }
}

extension PanePartial: Storable {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(Self.schemaVersion)
    bytes.append(countedText: organization)
    bytes.append(countedText: source.processor)
    bytes.append(littleEndian: source.task)
    bytes.append(littleEndian: pane.start)
    bytes.append(littleEndian: pane.length_ms)
    bytes.append(littleEndian: UInt32(entries.count))
    for entry in entries {
      bytes.append(countedText: entry.metric)
      bytes.append(counted: entry.labels)
      bytes.append(counted: entry.value)
    }
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard reader.integer(UInt8.self) == Self.schemaVersion, let organization = reader.text(),
      !organization.isEmpty, let processor = reader.text(), let task = reader.integer(Int32.self),
      let start = reader.integer(Int64.self), Pane.times.contains(start),
      let length = reader.integer(Int64.self), (1...Pane.lengthMax_ms).contains(length),
      let count = reader.integer(UInt32.self)
    else { return nil }
    self.init(
      organization: organization, source: PaneSource(processor: processor, task: task),
      pane: Pane(start: start, length_ms: length))
    for _ in 0..<count {
      guard let metric = reader.text(), Label.isMetricName(metric), let field = reader.field(),
        let labels = Self.labels(of: field, after: entries.last), let field = reader.field(),
        let value = PaneValue(stored: field)
      else { return nil }
      entries.append(Entry(metric: metric, labels: labels, value: value))
    }
    guard reader.isAtEnd else { return nil }
  }

  /// Metrics that an event adds to often share their labels, and stand behind one another.
  private static func labels(of field: RawSpan, after last: Entry?) -> Labels? {
    if let last, last.labels.isStored(as: field) { return last.labels }
    return Labels(stored: field)
  }
}
