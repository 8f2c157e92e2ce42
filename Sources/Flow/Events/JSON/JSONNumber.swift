// Numbers: the grammar of RFC 8259, whole ones exact, others the nearest double.

/// A number of JSON.
public struct JSONNumber: Hashable, Sendable {
  /// The nearest double.
  public var value: Double
  /// The number itself where it is written without fraction and exponent and 64 bits hold it.
  var written: Int64?

  /// The whole number it is, also written `4.0` or `4e0`, as JSON Schema has it; nil beyond 2^53 unless
  /// written as such.
  public var whole: Int64? {
    if let written { return written }
    guard value.rounded(.towardZero) == value, value.magnitude <= 0x1p53 else { return nil }
    return Int64(value)
  }
}

extension JSONReader {
  @_lifetime(self: copy self)
  public mutating func number() throws(JSONFault) -> JSONNumber {
    guard try kind() == .number else { throw JSONFault(.unexpectedKind, at: position) }
    if let simple = takeSimpleNumber() { return simple }
    let start = position
    var digits = Digits()
    digits.isNegative = byte(at: position) == UInt8(ascii: "-")
    if digits.isNegative { position += 1 }
    if current == UInt8(ascii: "0") {
      position += 1
    } else {
      try takeDigits { digits.add($0) }
    }
    if current == UInt8(ascii: ".") {
      position += 1
      digits.isPlain = false
      try takeDigits { digits.addFraction($0) }
    }
    if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
      position += 1
      digits.isPlain = false
      let isNegative = current == UInt8(ascii: "-")
      if isNegative || current == UInt8(ascii: "+") { position += 1 }
      var exponent = 0
      // No double has a greater exponent than this; more digits change nothing.
      try takeDigits { if exponent < 100_000 { exponent = exponent * 10 + Int($0) } }
      digits.exponent += isNegative ? -exponent : exponent
    }
    // What a number ends with is checked by whoever reads on; here only what would read as one more digit.
    if let next = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next) {
      throw JSONFault(.invalidNumber, at: position)
    }
    return try value(of: digits, from: start)
  }

  /// A number of at most fifteen digits without exponent, as most are: its digits and the power of ten fit a
  /// double exactly. nil, and nothing taken, where it is another, or none.
  @inline(__always) @_lifetime(self: copy self)
  private mutating func takeSimpleNumber() -> JSONNumber? {
    var place = position
    let isNegative = byte(at: place) == UInt8(ascii: "-")
    if isNegative { place &+= 1 }
    let first = place
    var (mantissa, fraction): (UInt64, Int) = (0, -1)
    while place < bytes.byteCount {
      let digit = byte(at: place) &- UInt8(ascii: "0")
      if digit < 10 {
        mantissa = mantissa &* 10 &+ UInt64(digit)
      } else if digit == UInt8(ascii: ".") &- UInt8(ascii: "0"), fraction < 0, place > first {
        fraction = place
      } else {
        break
      }
      place &+= 1
    }
    let decimals = fraction < 0 ? 0 : place &- fraction &- 1
    let digits = place &- first &- (fraction < 0 ? 0 : 1)
    guard digits > 0, digits <= 15, fraction < 0 || decimals > 0 else { return nil }
    // A zero in front stands alone.
    if byte(at: first) == UInt8(ascii: "0"), digits &- decimals > 1 { return nil }
    if place < bytes.byteCount, byte(at: place) | 0x20 == UInt8(ascii: "e") { return nil }
    position = place
    let magnitude = fraction < 0 ? Double(mantissa) : Double(mantissa) / powersOfTen[decimals]
    let written = fraction < 0 ? (isNegative ? -Int64(mantissa) : Int64(mantissa)) : nil
    return JSONNumber(value: isNegative ? -magnitude : magnitude, written: written)
  }

  private var current: UInt8? {
    @inline(__always) get { position < bytes.byteCount ? byte(at: position) : nil }
  }

  /// One digit at least.
  @inline(__always) @_lifetime(self: copy self)
  private mutating func takeDigits(_ each: (UInt8) -> Void) throws(JSONFault) {
    let start = position
    while let next = current, next &- UInt8(ascii: "0") < 10 {
      each(next &- UInt8(ascii: "0"))
      position += 1
    }
    guard position > start else {
      throw JSONFault(position < bytes.byteCount ? .invalidNumber : .endsTooEarly, at: position)
    }
  }

  private func value(of digits: Digits, from start: Int) throws(JSONFault) -> JSONNumber {
    if let exact = digits.exactDouble { return JSONNumber(value: exact, written: digits.whole) }
    let text = unsafe bytes.extracting(start..<position).withUnsafeBytes {
      unsafe String(decoding: $0, as: UTF8.self)
    }
    guard let value = Double(text), value.isFinite else { throw JSONFault(.numberTooLarge, at: start) }
    return JSONNumber(value: value, written: digits.whole)
  }
}

/// What has been read of a number: `mantissa` times ten to the power of `exponent`.
private struct Digits {
  var isNegative = false
  var mantissa: UInt64 = 0
  var exponent = 0
  /// Neither fraction nor exponent is written.
  var isPlain = true
  /// The mantissa holds all digits.
  var isComplete = true

  @inline(__always) mutating func add(_ digit: UInt8) {
    let (product, overflow) = mantissa.multipliedReportingOverflow(by: 10)
    let (sum, more) = product.addingReportingOverflow(UInt64(digit))
    if overflow || more { isComplete = false } else { mantissa = sum }
  }

  @inline(__always) mutating func addFraction(_ digit: UInt8) {
    add(digit)
    exponent -= 1
  }

  var whole: Int64? {
    guard isPlain, isComplete, mantissa <= UInt64(Int64.max) else { return nil }
    return isNegative ? -Int64(mantissa) : Int64(mantissa)
  }

  /// A mantissa of 53 bits times or divided by a power of ten of 53 bits is rounded once, so it is the
  /// nearest double (Clinger, "How to read floating point numbers accurately", 1990).
  var exactDouble: Double? {
    guard isComplete, mantissa <= 1 << 53, exponent.magnitude < powersOfTen.count else { return nil }
    let power = powersOfTen[Int(exponent.magnitude)]
    let magnitude = exponent < 0 ? Double(mantissa) / power : Double(mantissa) * power
    return isNegative ? -magnitude : magnitude
  }
}

private let powersOfTen: [Double] = [
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
  1e20, 1e21, 1e22,
]
