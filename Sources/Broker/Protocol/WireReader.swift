// Reads a message's fields from bytes that a client sent. Every length is checked against what is left before
// it is believed, so no bytes can make it trap or allocate more than a small multiple of their own number.
internal import Basics

/// A place in a message's bytes; byte fields come out as slices of the same block.
struct WireReader {
  let key: APIKey
  let version: Int16
  private let isFlexible: Bool
  private let bytes: ByteSlice
  private(set) var position: Int
  /// An element may take one byte on the wire and a hundred in memory: this bounds what a frame can unfold
  /// to.
  private var elementsLeft = 1_000_000

  /// Begins at `position`, in the layout of `header`'s request.
  init(_ bytes: ByteSlice, at position: Int, header: RequestHeader) {
    self.bytes = bytes
    self.position = position
    key = header.key
    version = header.version
    isFlexible = header.isFlexible
  }

  private var left: Int { bytes.count - position }

  private mutating func take(_ count: Int) throws(WireError) -> ByteSlice {
    guard count <= left else { throw .truncated(at: position) }
    defer { position += count }
    return bytes[position, position + count]
  }

  mutating func integer<Integer: FixedWidthInteger>(_: Integer.Type) throws(WireError) -> Integer {
    let size = Integer.bitWidth / 8
    guard size <= left else { throw .truncated(at: position) }
    defer { position += size }
    return unsafe bytes.withUnsafeBytes {
      unsafe Integer(bigEndian: $0.loadUnaligned(fromByteOffset: position, as: Integer.self))
    }
  }

  /// An unsigned number of at most 32 bits, seven to a byte, the lowest first.
  mutating func varint() throws(WireError) -> Int {
    var value: UInt64 = 0
    for shift in stride(from: 0, through: 28, by: 7) {
      let byte = try integer(UInt8.self)
      value |= UInt64(byte & 0x7F) << UInt64(shift)
      if byte < 0x80 {
        guard value <= UInt32.max else { break }
        return Int(value)
      }
    }
    throw invalid("a varint of more than 32 bits")
  }

  /// A length, nil for null; compact ones count from 1.
  private mutating func length<Fixed: FixedWidthInteger>(_: Fixed.Type) throws(WireError) -> Int? {
    let length = isFlexible ? try varint() - 1 : Int(try integer(Fixed.self))
    guard length >= -1 else { throw invalid("length \(length)") }
    guard length <= left else { throw .truncated(at: position) }
    return length == -1 ? nil : length
  }

  /// A structure of its own, like a message's body.
  mutating func value<Value: WireValue>(_: Value.Type = Value.self) throws(WireError) -> Value {
    var value = Value()
    try value.layout(&self)
    return value
  }

  func invalid(_ what: String) -> WireError { .invalid(what, at: position) }

  mutating func text(compact: Bool) throws(WireError) -> String? {
    let length = compact ? try varint() - 1 : Int(try integer(Int16.self))
    if length == -1 { return nil }
    // Compact texts could be longer, but a layout that is not flexible could not give them back.
    guard (0...Int(Int16.max)).contains(length) else { throw invalid("a text of \(length) bytes") }
    let slice = try take(length)
    guard let text = unsafe slice.withUnsafeBytes({ unsafe String(validating: $0, as: UTF8.self) })
    else { throw invalid("a text that is not UTF-8") }
    return text
  }

  private mutating func array<Element: WireValue>(of _: Element.Type) throws(WireError) -> [Element]? {
    guard let count = try length(Int32.self) else { return nil }
    elementsLeft -= count
    guard elementsLeft >= 0 else { throw invalid("an array that is the frame's millionth element") }
    var elements: [Element] = []
    for _ in 0..<count { elements.append(try value()) }
    return elements
  }

  private func present<Value>(_ value: Value?) throws(WireError) -> Value {
    guard let value else { throw invalid("null") }
    return value
  }
}

extension WireReader: WireCoder {
  mutating func field<Integer: FixedWidthInteger>(_ value: inout Integer) throws(WireError) {
    value = try integer(Integer.self)
  }

  mutating func field(_ text: inout String) throws(WireError) {
    text = try present(try self.text(compact: isFlexible))
  }

  mutating func field(_ text: inout String?) throws(WireError) {
    text = try self.text(compact: isFlexible)
  }

  mutating func field(_ bytes: inout ByteSlice) throws(WireError) {
    bytes = try take(try present(try length(Int32.self)))
  }

  mutating func field(_ bytes: inout ByteSlice?) throws(WireError) {
    guard let count = try length(Int32.self) else { return bytes = nil }
    bytes = try take(count)
  }

  mutating func field<Element: WireValue>(_ elements: inout [Element]) throws(WireError) {
    elements = try present(try array(of: Element.self))
  }

  mutating func field<Element: WireValue>(_ elements: inout [Element]?) throws(WireError) {
    elements = try array(of: Element.self)
  }

  mutating func records(_ chunks: inout [PayloadChunk]) throws(WireError) {
    var bytes: ByteSlice?
    try field(&bytes)
    chunks = bytes.map { $0.isEmpty ? [] : [.memory($0)] } ?? []
  }

  mutating func tags() throws(WireError) {
    guard isFlexible else { return }
    for _ in 0..<(try varint()) {
      _ = try varint()
      _ = try take(try varint())
    }
  }
}
