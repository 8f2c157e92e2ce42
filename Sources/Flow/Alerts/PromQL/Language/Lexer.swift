// A PromQL expression into tokens. Blanks and comments are left out; nothing here knows what may stand where,
// except that a ":" within brackets is no part of a name.

struct Lexer {
  private let bytes: [UInt8]
  private var position = 0
  private var openBrackets = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  /// All tokens, ended by `end`.
  mutating func tokens() throws(ExpressionFault) -> [Token] {
    var tokens: [Token] = []
    repeat { tokens.append(try next()) } while tokens.last?.kind != .end
    return tokens
  }

  private func byte(at index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }

  private mutating func next() throws(ExpressionFault) -> Token {
    skipBlanks()
    let start = position
    guard let byte = byte(at: position) else { return Token(kind: .end, range: start..<start) }
    let kind: Token.Kind
    if isDigit(byte) || (byte == UInt8(ascii: ".") && self.byte(at: position + 1).map(isDigit) == true) {
      kind = .number(try number())
    } else if isWordStart(byte) {
      kind = .word(word())
    } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "`") {
      kind = .string(try string(quote: byte))
    } else {
      kind = .symbol(try symbol())
    }
    return Token(kind: kind, range: start..<position)
  }

  private mutating func skipBlanks() {
    while let byte = byte(at: position) {
      if byte == UInt8(ascii: "#") {
        while let byte = self.byte(at: position), byte != UInt8(ascii: "\n") { position += 1 }
      } else if byte == UInt8(ascii: " ") || (0x09...0x0D).contains(byte) {
        position += 1
      } else {
        return
      }
    }
  }

  private mutating func symbol() throws(ExpressionFault) -> String {
    for symbol in ["==", "!=", "=~", "!~", "<=", ">="] where bytes[position...].starts(with: symbol.utf8) {
      position += 2
      return symbol
    }
    let symbol = String(UnicodeScalar(bytes[position]))
    guard "(){}[],:+-*/%^<>=@".contains(symbol) else {
      let character =
        String(decoding: bytes[position...].prefix(4), as: UTF8.self).first.map(String.init) ?? symbol
      throw ExpressionFault(
        "unexpected character \"\(character)\"", at: position,
        next: character == "!" ? "not equal is !=" : nil)
    }
    if symbol == "[" { openBrackets += 1 }
    if symbol == "]" { openBrackets -= 1 }
    position += 1
    return symbol
  }

  private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private func isWordStart(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
    case UInt8(ascii: ":"): openBrackets <= 0
    default: false
    }
  }

  private mutating func word() -> String {
    let start = position
    while let byte = byte(at: position), isWordStart(byte) || isDigit(byte) { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func number() throws(ExpressionFault) -> Double {
    let start = position
    while let byte = byte(at: position) {
      let isSign = byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
      let isExponent = isSign && isExponentMark(at: position - 1, from: start)
      let isPart =
        byte == UInt8(ascii: ".") || isDigit(byte) || (byte != UInt8(ascii: ":") && isWordStart(byte))
      guard isPart || isExponent else { break }
      position += 1
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if let duration = DurationLiteral.seconds(text) { return duration }
    if let number = NumberLiteral.value(text) { return number }
    throw ExpressionFault(
      "invalid number or duration \"\(text)\"", at: start,
      why: "a duration is whole numbers with units in falling order, as 1h30m; units are y, w, d, h, m, s, ms"
    )
  }

  /// `1e+5`, but not `0x1e+5`.
  private func isExponentMark(at index: Int, from start: Int) -> Bool {
    guard index > start, bytes[index] | 0x20 == UInt8(ascii: "e") else { return false }
    return bytes[start..<index].allSatisfy {
      isDigit($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_")
    }
  }

  // MARK: Strings

  private mutating func string(quote: UInt8) throws(ExpressionFault) -> String {
    let start = position
    position += 1
    var text: [UInt8] = []
    while let byte = byte(at: position), byte != quote {
      if quote != UInt8(ascii: "`") {
        guard byte != UInt8(ascii: "\n") else { break }
        if byte == UInt8(ascii: "\\") {
          try escape(quote: quote, into: &text)
          continue
        }
      }
      text.append(byte)
      position += 1
    }
    guard byte(at: position) == quote else {
      throw ExpressionFault("a text whose quote is not closed", at: start)
    }
    position += 1
    guard let string = String(validating: text, as: UTF8.self) else {
      throw ExpressionFault("a text that is not UTF-8", at: start)
    }
    return string
  }

  /// Go's escapes.
  private mutating func escape(quote: UInt8, into text: inout [UInt8]) throws(ExpressionFault) {
    let start = position
    let simple: [Character: UInt8] = [
      "a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": UInt8(ascii: "\\"),
    ]
    position += 1
    guard let byte = byte(at: position) else { return }
    position += 1
    if byte == quote { return text.append(quote) }
    if let value = simple[Character(UnicodeScalar(byte))] { return text.append(value) }
    let digits: (count: Int, radix: Int)? =
      switch byte {
      case UInt8(ascii: "x"): (2, 16)
      case UInt8(ascii: "u"): (4, 16)
      case UInt8(ascii: "U"): (8, 16)
      case UInt8(ascii: "0")...UInt8(ascii: "7"): (3, 8)
      default: nil
      }
    let fault = ExpressionFault(
      "unknown escape \"\\\(Character(UnicodeScalar(byte)))\"", at: start, next: "a backslash itself is \\\\")
    guard let digits else { throw fault }
    if digits.radix == 8 { position -= 1 }
    let written = bytes[position...].prefix(digits.count)
    guard written.count == digits.count,
      let value = UInt32(String(decoding: written, as: UTF8.self), radix: digits.radix)
    else { throw fault }
    position += digits.count
    if digits.count < 4 {
      guard value <= 0xFF else { throw fault }
      text.append(UInt8(value))
    } else {
      guard let scalar = Unicode.Scalar(value) else { throw fault }
      text += String(Character(scalar)).utf8
    }
  }
}

/// Durations as Prometheus writes them.
enum DurationLiteral {
  /// Go's: 292 years in nanoseconds. Nested as deep as an expression may be, they do not add up to an
  /// overflow.
  static let max_ms = Int64.max / 1_000_000
  private static let units: [(name: String, milliseconds: Int64)] = [
    ("y", 31_536_000_000), ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
  ]

  /// `1h30m` in milliseconds; each unit once, the larger first. Nil when `text` is none or too long to count.
  static func milliseconds(_ text: String) -> Int64? {
    if text == "0" { return 0 }
    var rest = Substring(text)
    var total: Int64 = 0
    var next = 0
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { ("0"..."9").contains($0) }
      let word = rest.dropFirst(digits.count).prefix { $0.isLetter }
      guard let count = Int64(digits), let unit = units.firstIndex(where: { $0.name == word }), unit >= next
      else { return nil }
      let (part, isPartTooLong) = count.multipliedReportingOverflow(by: units[unit].milliseconds)
      let (sum, isTooLong) = total.addingReportingOverflow(part)
      guard !isPartTooLong, !isTooLong, sum <= max_ms else { return nil }
      (total, next) = (sum, unit + 1)
      rest = rest.dropFirst(digits.count + word.count)
    }
    return total
  }

  static func seconds(_ text: String) -> Double? {
    text == "0" ? nil : milliseconds(text).map { Double($0) / 1000 }
  }

  /// As Prometheus shows a duration: `1h30m`.
  static func text(milliseconds: Int64) -> String {
    guard milliseconds != 0 else { return "0s" }
    var (rest, text) = (milliseconds.magnitude, milliseconds < 0 ? "-" : "")
    for unit in units {
      let size = unit.milliseconds.magnitude
      // Years and weeks only when nothing is left over, since 13 months are no "1y4w2d" to anyone.
      if size > 86_400_000, rest % size != 0 { continue }
      if rest >= size { text += "\(rest / size)\(unit.name)" }
      rest %= size
    }
    return text
  }
}

/// Numbers as Go reads them: decimal, `0x1F`, octal by a leading 0, `1_000`.
enum NumberLiteral {
  static func value(_ text: String) -> Double? {
    var digits = text.lowercased()
    if digits.contains("_") {
      guard !digits.hasPrefix("_"), !digits.hasSuffix("_"), !digits.contains("__") else { return nil }
      digits.removeAll { $0 == "_" }
    }
    if digits.hasPrefix("0x") { return UInt64(digits.dropFirst(2), radix: 16).map(Double.init) }
    if digits.count > 1, digits.hasPrefix("0"), let octal = UInt64(digits, radix: 8) { return Double(octal) }
    let isDecimal = digits.utf8.allSatisfy { "0123456789.e+-".utf8.contains($0) }
    // A number too large for a double is none, as in Go; Swift would call it infinite.
    guard isDecimal, let value = Double(digits), value.isFinite else { return nil }
    return value
  }
}
