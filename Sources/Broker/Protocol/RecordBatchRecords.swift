// The records inside an uncompressed batch: read one by one, nothing copied. Their numbers are zigzag
// varints; lengths come from the wire, so every one is checked against the bytes that are there.
public import Basics

/// One record; times and offsets are relative to its batch.
public struct BatchRecord: Sendable {
  public var timestampDelta_ms: Int64
  public var offsetDelta: Int64
  public var key: ByteSlice?
  /// nil is a tombstone.
  public var value: ByteSlice?
  /// The headers as encoded: a count, then name and value of each.
  public var encodedHeaders: ByteSlice

  /// The headers, decoded.
  public func headers() throws(RecordBatchError) -> [(name: ByteSlice, value: ByteSlice?)] {
    var reader = VarintReader(encodedHeaders)
    var headers: [(name: ByteSlice, value: ByteSlice?)] = []
    for _ in 0..<(try reader.count()) {
      guard let name = try reader.bytes() else { throw .records }
      headers.append((name, try reader.bytes()))
    }
    return headers
  }
}

/// Goes through the records of an uncompressed (or decompressed) payload.
public struct RecordReader: Sendable {
  private var reader: VarintReader

  public init(_ records: ByteSlice) { reader = VarintReader(records) }

  /// The next record, or nil at the end.
  public mutating func next() throws(RecordBatchError) -> BatchRecord? {
    guard !reader.isAtEnd else { return nil }
    let length = try reader.varint()
    guard length >= 0, length <= Int64(reader.remaining) else { throw .records }
    let end = reader.position + Int(length)
    try reader.skip(1)  // attributes, of which version 2 uses none
    let timestampDelta_ms = try reader.varint()
    let offsetDelta = try reader.varint()
    let key = try reader.bytes()
    let value = try reader.bytes()
    let headersFrom = reader.position
    for _ in 0..<(try reader.count()) {
      guard try reader.bytes() != nil else { throw .records }
      _ = try reader.bytes()
    }
    // A batch's header counts its offsets with 32 bits.
    guard reader.position == end, (0...Int64(Int32.max)).contains(offsetDelta) else { throw .records }
    return BatchRecord(
      timestampDelta_ms: timestampDelta_ms, offsetDelta: offsetDelta, key: key, value: value,
      encodedHeaders: reader.slice(headersFrom, end))
  }
}

/// Steps over the records of a payload without taking them out. Every batch that is produced goes through
/// it, so it works on borrowed bytes and counts no references.
struct RecordWalk: ~Escapable {
  private let bytes: RawSpan
  private var position = 0

  @_lifetime(copy bytes)
  init(_ bytes: RawSpan) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.byteCount }

  /// Steps over one record and returns its offset within the batch.
  mutating func next() throws(RecordBatchError) -> Int64 {
    let end = try length() + position
    try skip(1)  // attributes
    _ = try varint()
    let offsetDelta = try varint()
    try skipBytes()
    try skipBytes()
    for _ in 0..<(try length()) {
      try skip(try length())
      try skipBytes()
    }
    guard position == end else { throw .records }
    return offsetDelta
  }

  /// A number that the bytes behind it bound: a length of bytes, or a count of what takes a byte each.
  private mutating func length() throws(RecordBatchError) -> Int {
    let length = try varint()
    guard length >= 0, length <= Int64(bytes.byteCount - position) else { throw .records }
    return Int(length)
  }

  /// Steps over a length and that many bytes; -1 is null.
  private mutating func skipBytes() throws(RecordBatchError) {
    let length = try varint()
    if length != -1 { try skip(Int(clamping: length)) }
  }

  private mutating func skip(_ count: Int) throws(RecordBatchError) {
    guard count >= 0, count <= bytes.byteCount - position else { throw .records }
    position += count
  }

  private mutating func varint() throws(RecordBatchError) -> Int64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while shift < 64, position < bytes.byteCount {
      let byte = unsafe bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self)
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1) }
      shift += 7
    }
    throw .records
  }
}

/// Reads zigzag varints and the byte strings they lead.
struct VarintReader: Sendable {
  private let slice: ByteSlice
  private(set) var position = 0

  init(_ slice: ByteSlice) { self.slice = slice }

  var isAtEnd: Bool { position == slice.count }
  var remaining: Int { slice.count - position }
  func slice(_ lower: Int, _ upper: Int) -> ByteSlice { slice[lower, upper] }

  mutating func skip(_ count: Int) throws(RecordBatchError) {
    guard count <= remaining else { throw .records }
    position += count
  }

  mutating func varint() throws(RecordBatchError) -> Int64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while shift < 64 {
      guard position < slice.count else { throw .records }
      let byte = unsafe slice.withUnsafeBytes { unsafe $0[position] }
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1) }
      shift += 7
    }
    throw .records
  }

  /// A count of things that each take at least one byte.
  mutating func count() throws(RecordBatchError) -> Int {
    let count = try varint()
    guard count >= 0, count <= Int64(remaining) else { throw .records }
    return Int(count)
  }

  /// A length and that many bytes; -1 is null.
  mutating func bytes() throws(RecordBatchError) -> ByteSlice? {
    let length = try varint()
    if length == -1 { return nil }
    guard length >= 0, length <= Int64(remaining) else { throw .records }
    defer { position += Int(length) }
    return slice[position, position + Int(length)]
  }
}

extension [UInt8] {
  mutating func appendVarint(_ value: Int64) {
    var rest = UInt64(bitPattern: value << 1) ^ UInt64(bitPattern: value >> 63)
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  /// A length and the bytes, or -1 for nil.
  mutating func appendVarint(bytes: ByteSlice?) {
    guard let bytes else { return appendVarint(-1) }
    appendVarint(Int64(bytes.count))
    unsafe bytes.withUnsafeBytes { unsafe append(contentsOf: $0) }
  }
}
