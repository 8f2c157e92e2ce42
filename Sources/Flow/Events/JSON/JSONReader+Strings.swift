// Strings: found eight bytes at a time where they are ASCII without escapes, checked byte by byte elsewhere.

/// Where a string's content stands in its text, between the quotes.
public struct JSONString: Hashable, Sendable {
  public var start: UInt32
  public var count: UInt32
  /// Whether the content has escapes, so that its bytes are not yet the text it means.
  public var isEscaped: Bool

  /// The text it means, `bytes` being what the reader read.
  public func string(in bytes: RawSpan) -> String { JSONText(self, in: bytes).string }
}

extension JSONReader {
  @inline(__always) @_lifetime(self: copy self)
  public mutating func string() throws(JSONFault) -> JSONString {
    guard try peek() == UInt8(ascii: "\"") else { throw JSONFault(.unexpectedKind, at: position) }
    guard bytes.byteCount <= Self.bytesMax else { throw JSONFault(.tooLong, at: 0) }
    let start = position + 1
    position = start
    var isEscaped = false
    while true {
      position = plainEnd(from: position)
      guard position < bytes.byteCount else { throw JSONFault(.endsTooEarly, at: position) }
      switch byte(at: position) {
      case UInt8(ascii: "\""):
        let content = JSONString(
          start: UInt32(truncatingIfNeeded: start), count: UInt32(truncatingIfNeeded: position - start),
          isEscaped: isEscaped)
        position += 1
        return content
      case UInt8(ascii: "\\"):
        isEscaped = true
        try takeEscape()
      case 0..<0x20: throw JSONFault(.controlCharacter, at: position)
      default: position = try endOfScalar(at: position)
      }
    }
  }

  /// The first place from `start` whose byte is a quote, a backslash, a control character or not ASCII.
  /// Bit tricks: Mycroft's test for zero bytes; of all bytes found the lowest is always a true one.
  @inline(__always)
  private func plainEnd(from start: Int) -> Int {
    var place = start
    let (ones, highs): (UInt64, UInt64) = (0x0101_0101_0101_0101, 0x8080_8080_8080_8080)
    while place &+ 8 <= bytes.byteCount {
      let word = unsafe UInt64(
        littleEndian: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: place, as: UInt64.self))
      let (quote, backslash) = (word ^ (ones &* 0x22), word ^ (ones &* 0x5C))
      let stops =
        (((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)
          | ((word &- ones &* 0x20) & ~word) | word) & highs
      if stops != 0 { return place &+ stops.trailingZeroBitCount >> 3 }
      place &+= 8
    }
    while place < bytes.byteCount {
      let next = byte(at: place)
      if next < 0x20 || next >= 0x80 || next == 0x22 || next == 0x5C { return place }
      place &+= 1
    }
    return place
  }

  @_lifetime(self: copy self)
  private mutating func takeEscape() throws(JSONFault) {
    let start = position
    guard start + 1 < bytes.byteCount else { throw JSONFault(.endsTooEarly, at: bytes.byteCount) }
    switch byte(at: start + 1) {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      position = start + 2
    case UInt8(ascii: "u"):
      let unit = try codeUnit(at: start + 2)
      position = start + 6
      guard unit >= 0xD800, unit < 0xE000 else { return }
      guard unit < 0xDC00, position + 1 < bytes.byteCount, byte(at: position) == UInt8(ascii: "\\"),
        byte(at: position + 1) == UInt8(ascii: "u")
      else { throw JSONFault(.loneSurrogate, at: start) }
      let low = try codeUnit(at: position + 2)
      guard low >= 0xDC00, low < 0xE000 else { throw JSONFault(.loneSurrogate, at: start) }
      position += 6
    default: throw JSONFault(.invalidEscape, at: start)
    }
  }

  /// Four hexadecimal digits.
  private func codeUnit(at start: Int) throws(JSONFault) -> UInt32 {
    guard start + 4 <= bytes.byteCount else { throw JSONFault(.endsTooEarly, at: bytes.byteCount) }
    var unit: UInt32 = 0
    for place in start..<start + 4 {
      guard let digit = hexadecimal(byte(at: place)) else { throw JSONFault(.invalidEscape, at: place) }
      unit = unit << 4 | digit
    }
    return unit
  }

  private func endOfScalar(at start: Int) throws(JSONFault) -> Int {
    guard let end = endOfUTF8Scalar(at: start, in: bytes) else { throw JSONFault(.invalidUTF8, at: start) }
    return end
  }
}

@inline(__always) func hexadecimal(_ digit: UInt8) -> UInt32? {
  switch digit {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit &- UInt8(ascii: "0"))
  case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(digit &- UInt8(ascii: "a")) + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(digit &- UInt8(ascii: "A")) + 10
  default: nil
  }
}

/// The place behind the scalar that begins at `start`, nil when no well-formed one does (Unicode 15, table
/// 3-7).
func endOfUTF8Scalar(at start: Int, in bytes: RawSpan) -> Int? {
  func continues(_ place: Int, _ low: UInt8 = 0x80, _ high: UInt8 = 0xBF) -> Bool {
    guard place < bytes.byteCount else { return false }
    let next = unsafe bytes.unsafeLoad(fromUncheckedByteOffset: place, as: UInt8.self)
    return next >= low && next <= high
  }
  let first = unsafe bytes.unsafeLoad(fromUncheckedByteOffset: start, as: UInt8.self)
  switch first {
  case 0..<0x80: return start + 1
  case 0xC2...0xDF: return continues(start + 1) ? start + 2 : nil
  case 0xE0...0xEF:
    let low: UInt8 = first == 0xE0 ? 0xA0 : 0x80
    let high: UInt8 = first == 0xED ? 0x9F : 0xBF
    return continues(start + 1, low, high) && continues(start + 2) ? start + 3 : nil
  case 0xF0...0xF4:
    let low: UInt8 = first == 0xF0 ? 0x90 : 0x80
    let high: UInt8 = first == 0xF4 ? 0x8F : 0xBF
    return continues(start + 1, low, high) && continues(start + 2) && continues(start + 3) ? start + 4 : nil
  default: return nil
  }
}
