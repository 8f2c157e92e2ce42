// Two times that must not be mixed: when a record was stamped, and when its event happened.

/// A record's or a clock's time: milliseconds since the Unix epoch (1970-01-01T00:00:00Z), as Kafka stamps
/// records.
public struct Timestamp: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
  public var rawValue: Int64
  @inlinable public init(rawValue: Int64) { self.rawValue = rawValue }
  @inlinable public init(milliseconds: Int64) { rawValue = milliseconds }

  /// Kafka's -1: the record carries no time.
  public static let none = Timestamp(milliseconds: -1)
  public static let zero = Timestamp(milliseconds: 0)

  @inlinable public static func < (a: Timestamp, b: Timestamp) -> Bool { a.rawValue < b.rawValue }

  /// Adds a duration, rounded down to milliseconds; stays at the end of time when there is no such moment.
  @inlinable public static func + (a: Timestamp, duration: Duration) -> Timestamp {
    let (sum, overflow) = a.rawValue.addingReportingOverflow(duration.milliseconds)
    return Timestamp(milliseconds: overflow ? (duration < .zero ? .min : .max) : sum)
  }
  /// Takes a duration away, with the same limits.
  @inlinable public static func - (a: Timestamp, duration: Duration) -> Timestamp {
    let (rest, overflow) = a.rawValue.subtractingReportingOverflow(duration.milliseconds)
    return Timestamp(milliseconds: overflow ? (duration < .zero ? .max : .min) : rest)
  }
  @inlinable public static func - (a: Timestamp, b: Timestamp) -> Duration {
    .milliseconds(a.rawValue - b.rawValue)
  }

  /// RFC 3339 in UTC with milliseconds: `2026-01-31T09:00:00.000Z`.
  public var description: String { rfc3339(milliseconds: rawValue) }
}

/// When an event happened by its own account (CloudEvents `time`): milliseconds since the Unix epoch.
public struct EventTime: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
  public var rawValue: Int64
  @inlinable public init(rawValue: Int64) { self.rawValue = rawValue }
  @inlinable public init(milliseconds: Int64) { rawValue = milliseconds }

  @inlinable public static func < (a: EventTime, b: EventTime) -> Bool { a.rawValue < b.rawValue }

  /// RFC 3339 in UTC with milliseconds: `2026-01-31T09:00:00.000Z`.
  public var description: String { rfc3339(milliseconds: rawValue) }
}

extension Duration {
  /// The whole milliseconds in it, rounded towards zero; clamped to what 64 bits hold.
  @inlinable public var milliseconds: Int64 {
    let (seconds, attoseconds) = components
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    if overflow { return seconds < 0 ? .min : .max }
    return whole &+ attoseconds / 1_000_000_000_000_000
  }
}

/// Howard Hinnant's days-to-civil algorithm (chrono-compatible low-level date algorithms), proleptic
/// Gregorian.
func rfc3339(milliseconds: Int64) -> String {
  let day_ms: Int64 = 86_400_000
  var days = milliseconds / day_ms
  var rest = milliseconds % day_ms
  if rest < 0 {
    rest += day_ms
    days -= 1
  }
  let shifted = days + 719_468
  let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
  let dayOfEra = shifted - era * 146_097
  let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
  let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
  let shiftedMonth = (5 * dayOfYear + 2) / 153
  let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
  let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)

  func padded(_ value: Int64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
  let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
  let time =
    "\(padded(rest / 3_600_000, 2)):\(padded(rest / 60_000 % 60, 2)):\(padded(rest / 1000 % 60, 2))"
  return "\(date)T\(time).\(padded(rest % 1000, 3))Z"
}
