// Records that an epoch will publish, kept as the very bytes its hashes are taken over
// (docs/epoch-records.md), so that hashing costs one pass and sending them again after an abort costs no
// fold.
public import Basics

/// Records on their way out, in order. `output` is a number the owner gives a meaning: which topic, which
/// store.
public struct OutboundRecords: Sendable {
  @usableFromInline struct Entry: Sendable {
    var output: Int
    var partition: PartitionID
    var timestamp: Timestamp
    var key: Field
    var value: Field
    var headers: Range<Int>
    /// Where in `bytes` the number of headers stands.
    var headerCount: Int
  }

  /// A point to go back to.
  @usableFromInline struct Mark: Sendable {
    var entries = 0
    var headers = 0
    var bytes = 0
    @usableFromInline init() {}
  }

  private(set) var entries: [Entry] = []
  private(set) var headers: [(name: Field, value: Field)] = []
  private(set) var bytes: [UInt8] = []

  public init() {}

  public var count: Int { entries.count }
  public var isEmpty: Bool { entries.isEmpty }
  public var byteCount: Int { bytes.count }

  /// Adds a record; a nil value is a tombstone.
  public mutating func append(
    to output: Int, _ partition: PartitionID, at timestamp: Timestamp, key: RawSpan?, value: RawSpan?
  ) {
    bytes.append(integer: UInt16(output))
    bytes.append(integer: timestamp.rawValue)
    let key = appendField(key)
    let value = appendField(value)
    entries.append(
      Entry(
        output: output, partition: partition, timestamp: timestamp, key: key, value: value,
        headers: headers.count..<headers.count, headerCount: bytes.count))
    bytes.append(integer: UInt16(0))
  }

  /// Adds a header to the record appended last; `name` is UTF-8 without NUL.
  public mutating func appendHeader(_ name: RawSpan, _ value: RawSpan?) {
    precondition(!entries.isEmpty, "a header without a record")
    headers.append((appendField(name), appendField(value)))
    let last = entries.count - 1
    entries[last].headers = entries[last].headers.lowerBound..<headers.count
    let count = UInt16(entries[last].headers.count)
    bytes[entries[last].headerCount] = UInt8(truncatingIfNeeded: count)
    bytes[entries[last].headerCount + 1] = UInt8(truncatingIfNeeded: count >> 8)
  }

  public mutating func appendHeader(_ name: StaticString, _ value: String) {
    let text = Array(value.utf8)
    appendHeader(name, unsafe text.span.bytes)
  }

  public mutating func appendHeader(_ name: StaticString, _ value: RawSpan?) {
    let name = unsafe RawSpan(_unsafeStart: name.utf8Start, byteCount: name.utf8CodeUnitCount)
    appendHeader(name, value)
  }

  private mutating func appendField(_ span: RawSpan?) -> Field {
    let count: UInt32
    if let span { count = UInt32(span.byteCount) } else { count = .max }
    bytes.append(integer: count)
    return bytes.append(field: span)
  }

  @usableFromInline var mark: Mark {
    var mark = Mark()
    (mark.entries, mark.headers, mark.bytes) = (entries.count, headers.count, bytes.count)
    return mark
  }

  /// Forgets what was added since `mark`.
  @usableFromInline mutating func rollBack(to mark: Mark) {
    entries.removeSubrange(mark.entries...)
    headers.removeSubrange(mark.headers...)
    bytes.removeSubrange(mark.bytes...)
  }
}

extension OutboundRecords {
  /// One of the records, borrowed.
  public struct Record: ~Escapable {
    public let output: Int
    public let partition: PartitionID
    public let timestamp: Timestamp
    public let key: RawSpan?
    public let value: RawSpan?

    @_lifetime(copy bytes)
    init(_ entry: Entry, _ bytes: RawSpan) {
      output = entry.output
      partition = entry.partition
      timestamp = entry.timestamp
      key = bytes.bytes(of: entry.key)
      value = bytes.bytes(of: entry.value)
    }
  }

  public subscript(index: Int) -> Record {
    @_lifetime(borrow self)
    get { Record(entries[index], unsafe bytes.span.bytes) }
  }

  /// Lends the headers of the record at `index` in order.
  public func forEachHeader(of index: Int, _ body: (_ name: RawSpan, _ value: RawSpan?) -> Void) {
    let bytes = unsafe bytes.span.bytes
    for header in headers[entries[index].headers] {
      guard let name = bytes.bytes(of: header.name) else { continue }
      body(name, bytes.bytes(of: header.value))
    }
  }

  /// XXH64 of all records in order.
  func hash(seed: UInt64 = 0) -> UInt64 { XXH64.hash(unsafe bytes.span.bytes, seed: seed) }
}
