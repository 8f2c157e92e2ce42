// Writes a message's fields into a buffer that is used again and again. Record batches are not copied into
// it: the writer remembers where in the stream each of them belongs, and the server sends them from where
// they lie.
internal import Basics

/// Frames that wait to be sent: bytes, and the chunks that go between them.
public struct WireWriter: Sendable {
  /// Everything but the payloads.
  public private(set) var bytes: [UInt8] = []
  /// In order; each goes before the byte at `position` of `bytes`.
  public private(set) var payloads: [(position: Int, chunk: PayloadChunk)] = []
  private(set) var key = APIKey.apiVersions
  private(set) var version: Int16 = 0
  private var isFlexible = false

  public init() {}

  /// Forgets what was written but keeps the buffer, unless a rare giant has made it larger than `kept` bytes.
  public mutating func reset(keeping kept: Int = 64 << 10) {
    bytes.removeAll(keepingCapacity: bytes.capacity <= kept)
    payloads.removeAll(keepingCapacity: true)
  }

  /// Appends one frame: its length, what `fields` writes, in the layout of `header`'s request.
  mutating func frame(
    _ header: RequestHeader, _ fields: (inout WireWriter) throws(WireError) -> Void
  ) throws(WireError) {
    let start = bytes.count
    let firstPayload = payloads.count
    (key, version, isFlexible) = (header.key, header.version, header.isFlexible)
    append(Int32(0))
    try fields(&self)
    let payloadCount = payloads[firstPayload...].reduce(0) { $0 + $1.chunk.count }
    let length = UInt32(clamping: bytes.count - start - 4 + payloadCount)
    for index in 0..<4 { bytes[start + index] = UInt8(truncatingIfNeeded: length >> (24 - 8 * index)) }
  }

  mutating func append<Integer: FixedWidthInteger>(_ value: Integer) {
    unsafe withUnsafeBytes(of: value.bigEndian) { unsafe bytes.append(contentsOf: $0) }
  }

  mutating func append(varint value: Int) {
    var rest = UInt32(clamping: value)
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// A length, -1 for null; compact ones count from 1.
  private mutating func append<Fixed: FixedWidthInteger>(length: Int, _: Fixed.Type) {
    if isFlexible { append(varint: length + 1) } else { append(Fixed(clamping: length)) }
  }

  mutating func append(text: String, compact: Bool) {
    // Longer than what was ever read is only a message of ours that quotes a client's text: cut it.
    let utf8 = text.utf8.prefix(Int(Int16.max))
    if compact { append(varint: utf8.count + 1) } else { append(Int16(utf8.count)) }
    bytes.append(contentsOf: utf8)
  }
}

extension WireWriter: WireCoder {
  func invalid(_ what: String) -> WireError { .invalid(what, at: bytes.count) }

  mutating func field<Integer: FixedWidthInteger>(_ value: inout Integer) { append(value) }

  mutating func field(_ text: inout String) { append(text: text, compact: isFlexible) }

  mutating func field(_ text: inout String?) {
    if let text { append(text: text, compact: isFlexible) } else { append(length: -1, Int16.self) }
  }

  mutating func field(_ slice: inout ByteSlice) {
    append(length: slice.count, Int32.self)
    unsafe slice.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
  }

  mutating func field(_ slice: inout ByteSlice?) {
    guard var present = slice else { return append(length: -1, Int32.self) }
    field(&present)
  }

  mutating func field<Element: WireValue>(_ elements: inout [Element]) throws(WireError) {
    append(length: elements.count, Int32.self)
    for var element in elements { try element.layout(&self) }
  }

  mutating func field<Element: WireValue>(_ elements: inout [Element]?) throws(WireError) {
    guard var present = elements else { return append(length: -1, Int32.self) }
    try field(&present)
  }

  mutating func records(_ chunks: inout [PayloadChunk]) {
    append(length: chunks.reduce(0) { $0 + $1.count }, Int32.self)
    for chunk in chunks where chunk.count > 0 { payloads.append((bytes.count, chunk)) }
  }

  mutating func tags() {
    if isFlexible { append(varint: 0) }
  }
}
