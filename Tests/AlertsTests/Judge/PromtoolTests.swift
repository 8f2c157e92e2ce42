// The language against promtool: expressions from a seed over series from a seed, 200 in the suite and
// RATCHET_EXPRESSIONS in full.
import Alerts
import Basics
import Foundation
import Metrics
import Testing
import Topology

@Suite(.serialized) struct PromtoolTests {
  private static let count =
    ProcessInfo.processInfo.environment["RATCHET_EXPRESSIONS"].flatMap { Int($0) } ?? 300
  /// One run of promtool loads one world and asks it this much.
  private static let batch = 100

  @Test("generated expressions over generated series have promtool's values", .enabled(if: Promtool.isThere))
  func generated() throws {
    var differences: [String] = []
    var (compared, refusedByBoth) = (0, 0)
    for seed in 0..<(Self.count + Self.batch - 1) / Self.batch {
      let outcome = try compare(seed: UInt64(seed), count: min(Self.batch, Self.count - seed * Self.batch))
      differences += outcome.differences
      compared += outcome.compared
      refusedByBoth += outcome.refused
    }
    for difference in differences.prefix(20) { Issue.record("\(difference)") }
    #expect(differences.isEmpty)
    #expect(
      compared >= Self.count * 9 / 10, "only \(compared) had values, \(refusedByBoth) were refused by both")
    print("promtool: \(compared) expressions with the same values, \(refusedByBoth) refused by both")
  }

  private func compare(seed: UInt64, count: Int) throws -> (
    compared: Int, refused: Int, differences: [String]
  ) {
    var mill = ExpressionMill(seed: seed)
    let series = mill.series()
    var seen: Set<String> = []
    var expressions: [String] = []
    while expressions.count < count {
      let expression = mill.expression()
      if seen.insert(expression).inserted { expressions.append(expression) }
    }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "promtool-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("test.yaml")
    try Data(text(series, expressions).utf8).write(to: file)
    let answer = try Promtool.run(["test", "rules", file.path])
    let verdicts = Promtool.verdicts(answer.text, on: expressions)
    let table = SeriesTable(
      try series.map { one in
        // promtool sees nothing after its last evaluation, at 40m.
        let samples = try SeriesNotation.values(one.values).prefix(41).enumerated().compactMap {
          index, value in
          value.map { Sample(time: EventTime(milliseconds: Int64(index) * 60_000), value: $0) }
        }
        return Series(labels: try SeriesNotation.labels(one.labels), samples: samples)
      })
    var outcome = (compared: 0, refused: 0, differences: [String]())
    for (expression, verdict) in zip(expressions, verdicts) {
      let ours = self.value(of: expression, in: table)
      switch (verdict, ours) {
      case (.refused, .failure): outcome.refused += 1
      case (.found(let theirs), .success(let ours)) where isSame(theirs, ours): outcome.compared += 1
      // 2.42 takes the spread of a lone NaN or infinity for 0, Prometheus 3 for NaN.
      case (.found(let theirs), .success(let ours))
      where expression.contains("std") && isSame(theirs, ours, but: \.isNaN):
        outcome.compared += 1
      default:
        outcome.differences.append("seed \(seed): \(expression)\n  promtool: \(verdict)\n  ours: \(ours)")
      }
    }
    return outcome
  }

  /// Every expression is expected to give a series that none does, so that promtool shows what it found.
  private func text(_ series: [(labels: String, values: String)], _ expressions: [String]) -> String {
    var lines = ["evaluation_interval: 1m", "tests:", "  - interval: 1m", "    input_series:"]
    for one in series { lines += ["      - series: '\(one.labels)'", "        values: '\(one.values)'"] }
    lines.append("    promql_expr_test:")
    for expression in expressions {
      lines += [
        "      - expr: '\(expression)'", "        eval_time: 40m30s",
        "        exp_samples: [{labels: 'nothing_has_this_name', value: 1}]",
      ]
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func value(of text: String, in table: SeriesTable) -> Result<[String: Double], any Error> {
    Result {
      let options = QueryOptions(subqueryStep_ms: 60_000)
      switch try Expression(text).value(at: EventTime(milliseconds: 2_430_000), of: table, options: options) {
      case .scalar(let value): return ["{}": value]
      case .vector(let elements):
        return Dictionary(uniqueKeysWithValues: elements.map { (goText($0.labels), $0.value) })
      default: return [:]
      }
    }
  }

  private func goText(_ labels: Labels) -> String {
    "{" + labels.all.map { "\($0.name)=\"\($0.value)\"" }.joined(separator: ", ") + "}"
  }

  /// To nine digits: the two add up in different orders, and Go's functions are not the C library's.
  private func isSame(
    _ a: [String: Double], _ b: [String: Double], but isExcused: (Double) -> Bool = { _ in false }
  ) -> Bool {
    guard a.count == b.count else { return false }
    return a.allSatisfy { labels, value in
      guard let other = b[labels] else { return false }
      if isExcused(other) { return true }
      if value == other || (value.isNaN && other.isNaN) { return true }
      return abs(value - other) <= 1e-9 * max(abs(value), abs(other), 1e-3)
    }
  }
}
