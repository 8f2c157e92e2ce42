// Records of one input partition, copied out of the client so that an epoch can hold several partitions'
// records at once and order them. Nothing is allocated per record.
public import Basics

/// Records in offset order, with their bytes. Filled by a client port, read by the engine.
public struct RecordBatch: Sendable {
  @usableFromInline struct Entry: Sendable {
    @usableFromInline var offset: Offset
    @usableFromInline var timestamp: Timestamp
    @usableFromInline var key: Field
    @usableFromInline var value: Field
    @usableFromInline var headers: Range<Int>
  }

  @usableFromInline private(set) var entries: [Entry] = []
  @usableFromInline private(set) var headers: [HeaderPlace] = []
  @usableFromInline private(set) var bytes: [UInt8] = []

  public init() {}

  public var count: Int { entries.count }
  public var isEmpty: Bool { entries.isEmpty }
  /// Of all keys, values and headers.
  public var byteCount: Int { bytes.count }
  /// The offset after its last record.
  public var next: Offset? { entries.last?.offset.next }

  /// Adds a record behind the others; its offset must be greater than theirs.
  public mutating func append(_ offset: Offset, at timestamp: Timestamp, key: RawSpan?, value: RawSpan?) {
    precondition(entries.last.map { $0.offset < offset } ?? true, "records out of their partition's order")
    entries.append(
      Entry(
        offset: offset, timestamp: timestamp, key: bytes.append(field: key),
        value: bytes.append(field: value),
        headers: headers.count..<headers.count))
  }

  /// Adds a header to the record appended last; `name` is UTF-8.
  public mutating func appendHeader(_ name: RawSpan, _ value: RawSpan?) {
    precondition(!entries.isEmpty, "a header without a record")
    let (name, value) = (bytes.append(field: name), bytes.append(field: value))
    headers.append(
      HeaderPlace(
        nameStart: name.start, nameCount: name.count, valueStart: value.start, valueCount: value.count))
    let start = entries[entries.count - 1].headers.lowerBound
    entries[entries.count - 1].headers = start..<headers.count
  }

  /// Forgets the first `count` records.
  mutating func removeFirst(_ count: Int) {
    guard count < self.count else { return removeAll() }
    var rest = RecordBatch()
    rest.append(count..<self.count, of: self)
    self = rest
  }

  /// The record at `index`, borrowed, as of a processor's first input.
  public subscript(index: Int) -> InputRecord {
    @_lifetime(borrow self)
    get { InputRecord(entries[index], of: 0, bytes: unsafe bytes.span.bytes, headers: headers.span) }
  }

  /// Where the record at `index` stands in its partition.
  public func offset(at index: Int) -> Offset { entries[index].offset }

  /// Adds the records at `indices` of another batch behind its own.
  public mutating func append(_ indices: Range<Int>, of other: RecordBatch) {
    let bytes = unsafe other.bytes.span.bytes
    for entry in other.entries[indices] {
      append(
        entry.offset, at: entry.timestamp, key: bytes.bytes(of: entry.key),
        value: bytes.bytes(of: entry.value))
      let headers = RecordHeaders(bytes, other.headers.span.extracting(entry.headers))
      for index in 0..<headers.count { appendHeader(headers.name(index), headers.value(index)) }
    }
  }

  /// Puts the records at `indices` in the order of their timestamps, those with equal ones in offset order.
  mutating func sortByTime(_ indices: Range<Int>) {
    let isSorted = zip(indices, indices.dropFirst()).allSatisfy {
      entries[$0].timestamp <= entries[$1].timestamp
    }
    if !isSorted {
      entries[indices].sort { ($0.timestamp, $0.offset) < ($1.timestamp, $1.offset) }
    }
  }

  /// Empties it and keeps its memory.
  public mutating func removeAll() {
    entries.removeAll(keepingCapacity: true)
    headers.removeAll(keepingCapacity: true)
    bytes.removeAll(keepingCapacity: true)
  }

  /// Lends the records at `indices` in order, as the processor's input number `input`.
  @inlinable @inline(__always)
  func forEach(in indices: Range<Int>, of input: Int, _ body: (borrowing InputRecord) -> Void) {
    let (entries, headers, bytes) = (entries.span, headers.span, unsafe bytes.span.bytes)
    for index in indices {
      body(InputRecord(entries[index], of: input, bytes: bytes, headers: headers))
    }
  }
}
