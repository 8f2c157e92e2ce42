// Durations as Prometheus writes them (prometheus.io/docs, "Time durations"): 7d, 1h30m, 500ms.
import Basics

private let units: [(suffix: String, milliseconds: Int64)] = [
  ("y", 365 * 86_400_000), ("w", 7 * 86_400_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000),
  ("s", 1000), ("ms", 1),
]

/// The duration that `text` names: numbers with units, each unit once, larger before smaller. A year has 365
/// days.
public func parseDuration(_ text: String) -> Duration? {
  var rest = text[...]
  var total: Int64 = 0
  var allowed = units[...]
  while !rest.isEmpty {
    let digits = rest.prefix { ("0"..."9").contains($0) }
    let suffix = rest.dropFirst(digits.count).prefix { !("0"..."9").contains($0) }
    guard let number = Int64(digits), let index = allowed.firstIndex(where: { $0.suffix == suffix }) else {
      return nil
    }
    let (part, overflow) = number.multipliedReportingOverflow(by: allowed[index].milliseconds)
    let (sum, overflowOfSum) = total.addingReportingOverflow(part)
    guard !overflow, !overflowOfSum else { return nil }
    total = sum
    allowed = allowed[(index + 1)...]
    rest = rest.dropFirst(digits.count + suffix.count)
  }
  return text.isEmpty ? nil : .milliseconds(total)
}

/// The shortest form that reads back equal, without years and weeks: `7d`, `1h30m`, `0s`.
public func durationText(_ duration: Duration) -> String {
  var rest = max(0, duration.milliseconds)
  var text = ""
  for unit in units.dropFirst(2) where rest >= unit.milliseconds {
    text += "\(rest / unit.milliseconds)\(unit.suffix)"
    rest %= unit.milliseconds
  }
  return text.isEmpty ? "0s" : text
}
