// Numbers for people, to the letter as Prometheus' templates write them.
internal import Basics

enum Humanize {
  private static let large = ["k", "M", "G", "T", "P", "E", "Z", "Y"]
  private static let small = ["m", "u", "n", "p", "f", "a", "z", "y"]

  /// 1234567 is `1.235M`.
  static func decimal(_ value: Double) -> String {
    guard value != 0, value.isFinite else { return fourDigits(value) }
    return abs(value) >= 1 ? scaled(value, by: 1000, large) : raised(value)
  }

  /// 1048576 is `1Mi`.
  static func binary(_ value: Double) -> String {
    guard abs(value) > 1, value.isFinite else { return fourDigits(value) }
    return scaled(value, by: 1024, large.map { $0 + "i" })
  }

  static func percentage(_ value: Double) -> String { fourDigits(value * 100) + "%" }

  /// Seconds: 3661 is `1h 1m 1s`, 0.0012 is `1.2ms`.
  static func duration(_ value: Double) -> String {
    guard value.isFinite else { return fourDigits(value) }
    if value == 0 { return fourDigits(value) + "s" }
    guard abs(value) >= 1 else { return raised(value) + "s" }
    let sign = value < 0 ? "-" : ""
    guard abs(value) < 0x1p63 else { return fourDigits(value) + "s" }
    let total = Int64(abs(value))
    let (seconds, minutes, hours, days) = (total % 60, total / 60 % 60, total / 3600 % 24, total / 86_400)
    if days > 0 { return "\(sign)\(days)d \(hours)h \(minutes)m \(seconds)s" }
    if hours > 0 { return "\(sign)\(hours)h \(minutes)m \(seconds)s" }
    if minutes > 0 { return "\(sign)\(minutes)m \(seconds)s" }
    return sign + fourDigits(abs(value)) + "s"
  }

  /// Seconds since the Unix epoch: `2026-01-31 09:00:00.5 +0000 UTC`.
  static func timestamp(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 0x1p43 else { return fourDigits(value) }
    let milliseconds = Int64((value * 1000).rounded(.down))
    var text = EventTime(milliseconds: milliseconds).description
    text.removeLast()
    while text.hasSuffix("0"), text.contains(".") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text.replacing("T", with: " ") + " +0000 UTC"
  }

  private static func scaled(_ value: Double, by base: Double, _ prefixes: [String]) -> String {
    var (value, prefix) = (value, "")
    for next in prefixes where abs(value) >= base {
      value /= base
      prefix = next
    }
    return fourDigits(value) + prefix
  }

  private static func raised(_ value: Double) -> String {
    var (value, prefix) = (value, "")
    for next in small where abs(value) < 1 {
      value *= 1000
      prefix = next
    }
    return fourDigits(value) + prefix
  }

  private static func fourDigits(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    return DecimalText.text(value, .general, digits: 4)
  }
}
