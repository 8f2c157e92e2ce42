// How the loop stands, as text of a few lines: the same for `up --watch` and for `top`.
import Basics

/// What a summary says of the tasks.
struct TaskTotals: Equatable {
  var running = 0
  var all = 0
  var epochs: Int64 = 0
  var lag: Int64 = 0
}

extension LoopState {
  /// Of what there is much, the first lines are shown.
  private static let rowsMax = 8

  func summary(_ tasks: TaskTotals, at now: Timestamp) -> String {
    var lines = [
      "\(now)  \(tasks.running) of \(tasks.all) tasks running, \(tasks.epochs) epochs, lag \(tasks.lag), "
        + "\(quarantined) set aside"
    ]
    let examples = exampleCounts.map { "\($0.count) \($0.status)" }.joined(separator: ", ")
    if !examples.isEmpty { lines.append("  examples    \(examples)") }
    for (key, experiment) in experiments.sorted(by: { $0.key < $1.key }).prefix(Self.rowsMax) {
      let units = experiment.units.isEmpty ? "" : ", units \(experiment.units.joined(separator: " and "))"
      let significance = experiment.significance.map { ", significance \($0)" } ?? ""
      lines.append("  experiment  \(key): \(experiment.verdict ?? experiment.status)\(units)\(significance)")
    }
    for (key, rollout) in rollouts.sorted(by: { $0.key < $1.key }).prefix(Self.rowsMax) {
      let held = rollout.heldFor.map { ", held: \($0)" } ?? ""
      lines.append("  rollout     \(key) of \(rollout.agent): \(rollout.phase), \(rollout.percent)%\(held)")
    }
    lines += alertLines + agentLines
    return lines.joined(separator: "\n") + "\n"
  }

  private var alertLines: [String] {
    let order = ["critical": 0, "warning": 1]
    let sorted = alerts.values.sorted {
      (order[$0.severity ?? ""] ?? 2, $0.state, $0.rule, $0.about)
        < (order[$1.severity ?? ""] ?? 2, $1.state, $1.rule, $1.about)
    }
    var lines = sorted.prefix(Self.rowsMax).map { alert in
      let about = alert.about.isEmpty ? "" : " \(alert.about)"
      return "  alert       \(alert.rule)\(about): \(alert.state) since \(alert.since), "
        + "value \(shortNumber(alert.value))" + (alert.severity.map { " (\($0))" } ?? "")
    }
    if sorted.count > Self.rowsMax { lines.append("  ... and \(sorted.count - Self.rowsMax) more alerts") }
    return lines
  }

  private var agentLines: [String] {
    let sorted = agents.sorted { ($1.value.feedback ?? 0, $0.key) < ($0.value.feedback ?? 0, $1.key) }
    guard !sorted.isEmpty else { return [] }
    func number(_ value: Double?, _ decimals: Int) -> String { value.map { fixed($0, decimals) } ?? "-" }
    var rows = [["agent, last day", "feedback", "rating", "corrected", "of executions %"]]
    rows += sorted.prefix(Self.rowsMax).map { name, standing in
      [
        name, number(standing.feedback, 0), number(standing.rating, 2), number(standing.correctionRate, 2),
        number(standing.collectionRate, 1),
      ]
    }
    return columns(rows, words: 1).map { "  " + $0 }
  }
}

/// With so many decimals, rounded half away from zero.
func fixed(_ value: Double, _ decimals: Int) -> String {
  guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
  let scale = (0..<decimals).reduce(1.0) { scale, _ in scale * 10 }
  let whole = Int64((abs(value) * scale).rounded())
  let sign = value < 0 && whole > 0 ? "-" : ""
  guard decimals > 0 else { return "\(sign)\(whole)" }
  let fraction = "\(whole % Int64(scale))"
  let zeros = String(repeating: "0", count: decimals - fraction.count)
  return "\(sign)\(whole / Int64(scale)).\(zeros)\(fraction)"
}

/// A number with four digits that count, or all before its point; what is no such number stays as it is.
func shortNumber(_ text: String) -> String {
  guard let value = Double(text), value != 0, value.isFinite else { return text }
  let exponent = Int(Mathematics.log10(abs(value)).rounded(.down))
  guard (-6..<15).contains(exponent) else { return text }
  var shown = fixed(value, max(0, 3 - exponent))
  if shown.contains(".") {
    while shown.hasSuffix("0") { shown.removeLast() }
    if shown.hasSuffix(".") { shown.removeLast() }
  }
  return shown
}
