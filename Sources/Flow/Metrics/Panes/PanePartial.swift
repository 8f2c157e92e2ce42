// What one task has counted of one organization in one epoch: the record between the two stages of
// aggregation. It says itself what it is about, so stages with different declarations understand each other.
public import Basics

/// A task's contribution to the series of an organization.
public struct PanePartial: Hashable, Sendable {
  public struct Entry: Hashable, Sendable {
    public var metric: String
    /// Without the metric's name.
    public var labels: Labels
    /// Where the pane begins, milliseconds since the Unix epoch, and its length.
    public var start: Int64
    public var length_ms: Int64
    public var value: PaneValue

    public init(metric: String, labels: Labels, start: Int64, length_ms: Int64, value: PaneValue) {
      self.metric = metric
      self.labels = labels
      self.start = start
      self.length_ms = length_ms
      self.value = value
    }
  }

  public var organization: String
  /// Who counted.
  public var processor: String
  public var task: Int32
  public var entries: [Entry]

  public init(organization: String, processor: String, task: Int32, entries: [Entry] = []) {
    self.organization = organization
    self.processor = processor
    self.task = task
    self.entries = entries
  }
}

extension PanePartial: Storable {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(Self.schemaVersion)
    bytes.append(countedText: organization)
    bytes.append(countedText: processor)
    bytes.append(littleEndian: task)
    bytes.append(littleEndian: UInt32(entries.count))
    for entry in entries {
      bytes.append(countedText: entry.metric)
      bytes.append(counted: entry.labels)
      bytes.append(littleEndian: entry.start)
      bytes.append(littleEndian: entry.length_ms)
      bytes.append(counted: entry.value)
    }
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard reader.integer(UInt8.self) == Self.schemaVersion, let organization = reader.text(),
      !organization.isEmpty, let processor = reader.text(), let task = reader.integer(Int32.self),
      let count = reader.integer(UInt32.self)
    else { return nil }
    self.init(organization: organization, processor: processor, task: task)
    for _ in 0..<count {
      guard let entry = Self.entry(&reader) else { return nil }
      entries.append(entry)
    }
    guard reader.isAtEnd else { return nil }
  }

  private static func entry(_ reader: inout ByteReader) -> Entry? {
    guard let metric = reader.text(), Label.isMetricName(metric), let field = reader.field(),
      let labels = Labels(stored: field), let start = reader.integer(Int64.self), times.contains(start),
      let length = reader.integer(Int64.self), (1...lengthMax_ms).contains(length),
      let field = reader.field(), let value = PaneValue(stored: field)
    else { return nil }
    return Entry(metric: metric, labels: labels, start: start, length_ms: length, value: value)
  }

  /// Event times beyond this are no times; the bound keeps sums of times within 64 bits.
  public static let times: ClosedRange<Int64> = -1 << 53...1 << 53
  public static let lengthMax_ms: Int64 = 7 * 86_400_000
}
