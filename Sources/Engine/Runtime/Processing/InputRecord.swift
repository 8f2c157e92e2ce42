// One input record as a fold sees it: borrowed from its batch, gone when the fold returns.
public import Basics

/// A record of one of the processor's inputs.
public struct InputRecord: ~Escapable {
  /// Which input it came from: its number in the processor's declared order.
  public let input: Int
  public let offset: Offset
  /// When its producer stamped it; folds read the recorded time instead.
  public let timestamp: Timestamp
  @usableFromInline let keyField: Field
  @usableFromInline let valueField: Field
  @usableFromInline let headerRange: Range<Int>
  @usableFromInline let bytes: RawSpan
  @usableFromInline let allHeaders: Span<HeaderPlace>

  @_lifetime(copy bytes, copy headers) @inlinable @inline(__always)
  init(_ entry: RecordBatch.Entry, of input: Int, bytes: RawSpan, headers: Span<HeaderPlace>) {
    self.input = input
    offset = entry.offset
    timestamp = entry.timestamp
    keyField = entry.key
    valueField = entry.value
    headerRange = entry.headers
    self.bytes = bytes
    allHeaders = headers
  }

  /// nil when the record has no key, which is not the same as an empty one.
  @inlinable public var key: RawSpan? {
    @_lifetime(copy self)
    get { bytes.bytes(of: keyField) }
  }

  /// nil is a tombstone.
  @inlinable public var value: RawSpan? {
    @_lifetime(copy self)
    get { bytes.bytes(of: valueField) }
  }
}

extension InputRecord {
  public var headers: RecordHeaders {
    @_lifetime(copy self)
    get { RecordHeaders(bytes, allHeaders.extracting(headerRange)) }
  }

  /// The value of the last header of that name; nil when there is none or its value is null.
  @_lifetime(copy self)
  public func header(_ name: StaticString) -> RawSpan? {
    let wanted = unsafe RawSpan(_unsafeStart: name.utf8Start, byteCount: name.utf8CodeUnitCount)
    let headers = headers
    for index in (0..<headers.count).reversed() where headers.name(index).elementsEqual(wanted) {
      return headers.value(index)
    }
    return nil
  }

  /// Lends every header in order: its name's UTF-8 and its value, nil when null.
  public func forEachHeader(_ body: (_ name: RawSpan, _ value: RawSpan?) -> Void) {
    let headers = headers
    for index in 0..<headers.count { body(headers.name(index), headers.value(index)) }
  }
}
