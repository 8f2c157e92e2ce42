// Text borrowed from a record: a header's value or a JSON string's content. Nothing is copied until somebody
// asks for a String, or for the bytes.

/// Valid UTF-8 in place, perhaps with JSON's escapes still in it.
public struct JSONText: ~Escapable {
  /// As they stand in the record.
  public let rawBytes: RawSpan
  public let isEscaped: Bool

  /// `string` is what a reader of `bytes` handed out.
  @_lifetime(copy bytes) @inline(__always)
  public init(_ string: JSONString, in bytes: RawSpan) {
    rawBytes = bytes.extracting(Int(string.start)..<Int(string.start) + Int(string.count))
    isEscaped = string.isEscaped
  }

  /// Bytes that mean themselves; nil when they are not UTF-8.
  @_lifetime(copy bytes)
  public init?(validating bytes: RawSpan) {
    var place = 0
    while true {
      place = endOfASCII(from: place, in: bytes)
      guard place < bytes.byteCount else { break }
      guard let end = endOfUTF8Scalar(at: place, in: bytes) else { return nil }
      place = end
    }
    rawBytes = bytes
    isEscaped = false
  }

  @_lifetime(copy other)
  init(copying other: borrowing JSONText) {
    rawBytes = other.rawBytes
    isEscaped = other.isEscaped
  }

  /// Allocates, unless the text is at most 15 bytes.
  public var string: String {
    if !isEscaped { return unsafe rawBytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) } }
    var bytes: [UInt8] = []
    append(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends the text's UTF-8 without escapes.
  public func append(to target: inout [UInt8]) {
    guard isEscaped else {
      unsafe rawBytes.withUnsafeBytes { unsafe target.append(contentsOf: $0) }
      return
    }
    target.reserveCapacity(target.count + rawBytes.byteCount)
    var place = 0
    while place < rawBytes.byteCount { place = appendScalar(at: place, to: &target) }
  }

  /// Whether it means exactly `text`.
  public func equals(_ text: StaticString) -> Bool {
    let wanted = unsafe UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    if !isEscaped {
      return unsafe rawBytes.withUnsafeBytes { unsafe $0.elementsEqual(wanted) }
    }
    var bytes: [UInt8] = []
    append(to: &bytes)
    return unsafe bytes.elementsEqual(wanted)
  }

  /// How many Unicode scalars it has, which is how JSON Schema counts characters.
  public var scalarCount: Int {
    if isEscaped { return string.unicodeScalars.count }
    return unsafe rawBytes.withUnsafeBytes { unsafe $0.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) } }
  }

  /// Appends what stands at `place`, and says where it ends.
  private func appendScalar(at place: Int, to target: inout [UInt8]) -> Int {
    func byte(_ place: Int) -> UInt8 {
      unsafe rawBytes.unsafeLoad(fromUncheckedByteOffset: place, as: UInt8.self)
    }
    guard byte(place) == UInt8(ascii: "\\") else {
      target.append(byte(place))
      return place + 1
    }
    switch byte(place + 1) {
    case UInt8(ascii: "b"): target.append(0x08)
    case UInt8(ascii: "f"): target.append(0x0C)
    case UInt8(ascii: "n"): target.append(0x0A)
    case UInt8(ascii: "r"): target.append(0x0D)
    case UInt8(ascii: "t"): target.append(0x09)
    case UInt8(ascii: "u"):
      func unit(_ start: Int) -> UInt32 {
        (start..<start + 4).reduce(0) { $0 << 4 | (hexadecimal(byte($1)) ?? 0) }
      }
      var value = unit(place + 2)
      var end = place + 6
      if value >= 0xD800, value < 0xDC00 {
        value = 0x10000 + (value - 0xD800) << 10 + (unit(place + 8) - 0xDC00)
        end += 6
      }
      if let scalar = Unicode.Scalar(value) { target.append(contentsOf: UTF8.encode(scalar) ?? .init()) }
      return end
    case let itself: target.append(itself)
    }
    return place + 2
  }
}

/// The first place from `start` whose byte is not ASCII.
@inline(__always)
private func endOfASCII(from start: Int, in bytes: RawSpan) -> Int {
  var place = start
  while place &+ 8 <= bytes.byteCount {
    let word = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: place, as: UInt64.self)
    if word & 0x8080_8080_8080_8080 != 0 { break }
    place &+= 8
  }
  while place < bytes.byteCount {
    if unsafe bytes.unsafeLoad(fromUncheckedByteOffset: place, as: UInt8.self) >= 0x80 { return place }
    place &+= 1
  }
  return place
}
