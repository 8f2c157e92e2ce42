// Reading bytes that someone else wrote: every answer is nil where the bytes end too early.

/// Takes fields off the front of borrowed bytes.
public struct ByteReader: ~Escapable {
  private var rest: RawSpan

  @_lifetime(copy bytes)
  public init(_ bytes: RawSpan) { rest = bytes }

  public var isAtEnd: Bool { rest.isEmpty }

  /// An integer of fixed width, least significant byte first.
  @_lifetime(self: copy self)
  public mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type = Value.self
  ) -> Value? {
    let width = MemoryLayout<Value>.size
    guard rest.byteCount >= width else { return nil }
    let value = unsafe rest.unsafeLoadUnaligned(as: Value.self)
    rest = rest.extracting(droppingFirst: width)
    return Value(littleEndian: value)
  }

  /// Bytes behind their count, which is a u32.
  @_lifetime(copy self)
  @_lifetime(self: copy self)
  public mutating func field() -> RawSpan? {
    guard let count = integer(UInt32.self) else { return nil }
    return bytes(Int(count))
  }

  /// The next `count` bytes.
  @_lifetime(copy self)
  @_lifetime(self: copy self)
  public mutating func bytes(_ count: Int) -> RawSpan? {
    guard count >= 0, rest.byteCount >= count else { return nil }
    let field = rest.extracting(first: count)
    rest = rest.extracting(droppingFirst: count)
    return field
  }

  /// UTF-8 behind the count of its bytes.
  @_lifetime(self: copy self)
  public mutating func text() -> String? {
    guard let field = field() else { return nil }
    return String(stored: field)
  }
}

extension [UInt8] {
  /// Least significant byte first.
  public mutating func append(littleEndian integer: some FixedWidthInteger) {
    unsafe Swift.withUnsafeBytes(of: integer.littleEndian) { unsafe append(contentsOf: $0) }
  }

  /// The count of the bytes as u32, then the bytes: what `ByteReader.field` takes off.
  public mutating func append(countedField bytes: RawSpan) {
    precondition(bytes.byteCount < UInt32.max, "a field of 4 GB")
    append(littleEndian: UInt32(bytes.byteCount))
    unsafe bytes.withUnsafeBytes { unsafe append(contentsOf: $0) }
  }

  /// What `ByteReader.text` takes off.
  public mutating func append(countedText text: String) {
    append(littleEndian: UInt32(text.utf8.count))
    append(contentsOf: text.utf8)
  }
}
