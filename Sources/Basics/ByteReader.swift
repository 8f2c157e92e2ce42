// Reading bytes that someone else wrote: every answer is nil where the bytes end too early.

/// Takes fields off the front of borrowed bytes.
public struct ByteReader: ~Escapable {
  @usableFromInline var rest: RawSpan

  @_lifetime(copy bytes)
  @inlinable public init(_ bytes: RawSpan) { rest = bytes }

  @inlinable public var isAtEnd: Bool { rest.isEmpty }

  /// An integer of fixed width, least significant byte first.
  @_lifetime(self: copy self)
  @inlinable public mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type = Value.self
  ) -> Value? {
    let width = MemoryLayout<Value>.size
    guard rest.byteCount >= width else { return nil }
    let value = unsafe rest.unsafeLoadUnaligned(as: Value.self)
    rest = rest.extracting(droppingFirst: width)
    return Value(littleEndian: value)
  }

  /// An integer as LEB128: seven bits a byte, least significant first, each but the last marked. Only the
  /// shortest form is taken, so that a value has one.
  @_lifetime(self: copy self)
  public mutating func variableLength() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard let byte = integer(UInt8.self) else { return nil }
      let bits = UInt64(byte & 0x7f)
      guard shift < 63 || bits <= 1 else { return nil }
      value |= bits << shift
      if byte & 0x80 == 0 { return bits == 0 && shift > 0 ? nil : value }
    }
    return nil
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
  @inlinable public mutating func append(littleEndian integer: some FixedWidthInteger) {
    unsafe Swift.withUnsafeBytes(of: integer.littleEndian) { unsafe append(contentsOf: $0) }
  }

  /// What `ByteReader.variableLength` takes off.
  public mutating func append(variableLength integer: UInt64) {
    var rest = integer
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  /// The count of the bytes as u32, then the bytes: what `ByteReader.field` takes off.
  public mutating func append(countedField bytes: RawSpan) {
    precondition(bytes.byteCount < UInt32.max, "a field of 4 GB")
    append(littleEndian: UInt32(bytes.byteCount))
    unsafe bytes.withUnsafeBytes { unsafe append(contentsOf: $0) }
  }

  /// What `ByteReader.text` takes off.
  @inlinable public mutating func append(countedText text: String) {
    append(littleEndian: UInt32(text.utf8.count))
    append(contentsOf: text.utf8)
  }
}
