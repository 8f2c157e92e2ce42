// Bytes of many fields, one after the other in one growing block: what keeps records from being allocated one
// by one.

/// Where a field lies in its arena; a null field lies nowhere.
@usableFromInline struct Field: Sendable {
  @usableFromInline var start: Int
  /// -1: null, which is not the same as empty.
  @usableFromInline var count: Int

  @usableFromInline static let null = Field(start: 0, count: -1)

  @usableFromInline init(start: Int, count: Int) {
    self.start = start
    self.count = count
  }
}

extension [UInt8] {
  mutating func append(span: RawSpan) {
    unsafe span.withUnsafeBytes { unsafe append(contentsOf: $0) }
  }

  mutating func append(field span: RawSpan?) -> Field {
    guard let span else { return .null }
    append(span: span)
    return Field(start: count - span.byteCount, count: span.byteCount)
  }
}

extension RawSpan {
  /// The bytes of `field`; nil when it is null.
  @inlinable @_lifetime(copy self)
  func bytes(of field: Field) -> RawSpan? {
    guard field.count >= 0 else { return nil }
    return extracting(field.start..<field.start + field.count)
  }

  var copied: [UInt8] { unsafe withUnsafeBytes { unsafe [UInt8]($0) } }

  @inlinable public func elementsEqual(_ other: RawSpan) -> Bool {
    unsafe withUnsafeBytes { a in unsafe other.withUnsafeBytes { unsafe a.elementsEqual($0) } }
  }
}
