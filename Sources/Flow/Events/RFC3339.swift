// Reading RFC 3339, the form of every time in an event.
public import Basics

extension JSONText {
  /// The moment it says, nil when it says none.
  var time: EventTime? {
    guard isEscaped else { return EventTime(rfc3339: rawBytes) }
    let bytes = Array(string.utf8)
    return EventTime(rfc3339: unsafe bytes.span.bytes)
  }
}

extension EventTime {
  static let rule = "must be a time of RFC 3339, as 2026-01-31T09:00:00.000Z"

  /// The moment that `bytes` say in RFC 3339, `2026-01-31T09:00:00.123Z` or with an offset from UTC; nil when
  /// they say none. What is finer than a millisecond is dropped; a leap second is the second after it.
  public init?(rfc3339 bytes: RawSpan) {
    var text = DigitReader(bytes: bytes)
    guard let year = text.number(4), year > 0, text.take("-"), let month = text.number(2), text.take("-"),
      let day = text.number(2), text.take("T") || text.take("t"), let hour = text.number(2), text.take(":"),
      let minute = text.number(2), text.take(":"), let second = text.number(2),
      let fraction_ms = text.fraction_ms(), let offset_min = text.offset_min(), text.isAtEnd
    else { return nil }
    guard (1...12).contains(month), (1...daysIn(month, of: year)).contains(day), hour < 24, minute < 60,
      second <= 60
    else { return nil }
    let minutes = (daysSinceEpoch(year, month, day) * 24 + hour) * 60 + minute - offset_min
    // A leap second ends a day of UTC.
    if second == 60, (minutes + 1) % (24 * 60) != 0 { return nil }
    self.init(milliseconds: (minutes * 60 + second) * 1000 + (second == 60 ? 0 : fraction_ms))
  }
}

/// Takes digits and signs off the front of borrowed bytes.
private struct DigitReader: ~Escapable {
  let bytes: RawSpan
  var place = 0

  @_lifetime(copy bytes)
  init(bytes: RawSpan) { self.bytes = bytes }

  var isAtEnd: Bool { place == bytes.byteCount }

  private var next: UInt8? {
    place < bytes.byteCount ? unsafe bytes.unsafeLoad(fromUncheckedByteOffset: place, as: UInt8.self) : nil
  }

  @_lifetime(self: copy self)
  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    place += 1
    return true
  }

  @_lifetime(self: copy self)
  private mutating func digit() -> Int64? {
    guard let next, next &- UInt8(ascii: "0") < 10 else { return nil }
    place += 1
    return Int64(next - UInt8(ascii: "0"))
  }

  /// Exactly `count` digits.
  @_lifetime(self: copy self)
  mutating func number(_ count: Int) -> Int64? {
    var value: Int64 = 0
    for _ in 0..<count {
      guard let digit = digit() else { return nil }
      value = value * 10 + digit
    }
    return value
  }

  /// `.5` is 500; nothing is 0; a point without digits is nil.
  @_lifetime(self: copy self)
  mutating func fraction_ms() -> Int64? {
    guard take(".") else { return 0 }
    guard let first = digit() else { return nil }
    var (value, unit): (Int64, Int64) = (first * 100, 10)
    while let digit = digit() {
      value += digit * unit
      unit /= 10
    }
    return value
  }

  /// `Z` or `+01:30`.
  @_lifetime(self: copy self)
  mutating func offset_min() -> Int64? {
    if take("Z") || take("z") { return 0 }
    let isWest = take("-")
    guard isWest || take("+"), let hours = number(2), take(":"), let minutes = number(2), hours < 24,
      minutes < 60
    else { return nil }
    return (isWest ? -1 : 1) * (hours * 60 + minutes)
  }
}

private func daysIn(_ month: Int64, of year: Int64) -> Int64 {
  if month == 2 { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28 }
  return [4, 6, 9, 11].contains(month) ? 30 : 31
}

/// Howard Hinnant's civil-to-days algorithm (chrono-compatible low-level date algorithms), proleptic
/// Gregorian.
private func daysSinceEpoch(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
  let shifted = month <= 2 ? year - 1 : year
  let (era, yearOfEra) = (shifted / 400, shifted % 400)
  let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
  let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}
