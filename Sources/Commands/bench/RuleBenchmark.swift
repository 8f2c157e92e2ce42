// What rules cost: the ones that ship, over as many series as a large installation keeps, at instants 15
// seconds apart.
import Alerts
import Basics
import Metrics
import POSIX
import Topology

/// The platform's rules over `stored` series, of which the rules select `selected`.
func ruleBenchmark(_ settings: BenchmarkSettings) throws -> [String] {
  let (stored, selected, instants) = settings.isFull ? (100_000, 5000, 20) : (2000, 200, 2)
  let rules = try shippedRules()
  var world = RuleWorld(rules, stored: stored, selected: selected)
  let ruleCount = rules.groups.reduce(0) { $0 + $1.rules.count }
  var states = RuleStates()
  // Once before: alerts begin at the first instant and stand from then on.
  _ = world.evaluate(rules, &states)
  let measured = Measurement.of("rules", count: ruleCount * instants) {
    var hash: UInt64 = 0
    for _ in 0..<instants { hash = hash &* 31 &+ world.evaluate(rules, &states) }
    return hash
  }
  let perInstant_ns = Double(measured.threadCPU_ns) / Double(instants)
  let share = perInstant_ns / 15e9 * 100
  return [
    measured.line,
    "\(ruleCount) rules, \(stored) series stored, \(world.selectedCount) selected, "
      + "\(states.active.count) alerts: "
      + "\(rounded(perInstant_ns / 1e6)) ms an instant, \(rounded(share))% of a core every 15 s",
    try parsingLine(settings),
  ]
}

private func shippedRules() throws -> RuleSet { try parseRuleFolder(shippedRuleFiles()).platform }

/// The platform's, by their paths in a configuration.
func shippedRuleFiles() throws -> [String: [UInt8]] {
  var files: [String: [UInt8]] = [:]
  for name in try namesInFolder("\(topologyFolder)/rules/platform") where name.hasSuffix(".yaml") {
    let path = "rules/platform/\(name)"
    files[path] = try readWholeFile("\(topologyFolder)/\(path)", limit: 1 << 20)
  }
  return files
}

let topologyFolder = #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined() + "/topology"

private func parsingLine(_ settings: BenchmarkSettings) throws -> String {
  let text = "sum by (organization, queue) (increase(rq_jobs_total{status=~\"completed|failed\"}[1h])) > 0.10"
  return try Measurement.of("parsing, \(text.utf8.count) bytes", count: settings.isFull ? 50_000 : 100) {
    var hash: UInt64 = 0
    for _ in 0..<(settings.isFull ? 50_000 : 100) { hash &+= UInt64(try Expression(text).text.utf8.count) }
    return hash
  }.line
}

/// Series for all that the rules read, and many that none reads.
private struct RuleWorld {
  private static let step_ms: Int64 = 15_000
  /// Before the last hour a sample every four minutes is enough for whoever looks back that far.
  private static let oldStep_ms: Int64 = 240_000

  private var table = SeriesTable()
  private var read: [Labels] = []
  private var now_ms: Int64 = 1_767_225_600_000

  var selectedCount: Int { read.count }

  init(_ rules: RuleSet, stored: Int, selected: Int) {
    let recorded = Set(rules.groups.flatMap(\.rules).map(\.name))
    let reach = rules.reach.filter { !recorded.contains($0.key) && $0.key != "" }
    let names = reach.keys.sorted()
    for index in 0..<selected {
      let name = names[index % names.count]
      let labels = Self.labels(name, index / names.count)
      read.append(labels)
      let hour_ms = min(3_600_000, reach[name]?.milliseconds ?? 0)
      var time_ms = now_ms - (reach[name]?.milliseconds ?? 0) - Self.step_ms
      while time_ms <= now_ms {
        append(at: time_ms, to: labels)
        time_ms += time_ms < now_ms - hour_ms ? Self.oldStep_ms : Self.step_ms
      }
    }
    for index in selected..<stored {
      let labels = Self.labels("unread_\(index % 100)", index)
      table.append(Sample(time: EventTime(milliseconds: now_ms), value: 1), to: labels)
    }
  }

  private static func labels(_ name: String, _ index: Int) -> Labels {
    let bounds = ["100", "300", "500", "1000", "3600", "+Inf"]
    var labels = [Label(Label.metricName, name), Label("organization", "organization-\(index / 24)")]
    if name.hasSuffix("_bucket") { labels.append(Label("le", bounds[index % bounds.count])) }
    for key in ["job", "queue", "agent", "instance"] { labels.append(Label(key, "\(key)-\(index / 6 % 4)")) }
    labels.append(Label("status", index % 2 == 0 ? "completed" : "failed"))
    labels.append(Label("state", index % 2 == 0 ? "busy" : "idle"))
    labels.append(Label("user_id", "user-\(index)"))
    return Labels(labels)
  }

  /// A value that rises by one a second, so that rates have something to do.
  private mutating func append(at time_ms: Int64, to labels: Labels) {
    table.append(
      Sample(time: EventTime(milliseconds: time_ms), value: Double(time_ms / 1000 % 1_000_000)), to: labels)
  }

  /// Moves on by 15 s and evaluates.
  mutating func evaluate(_ rules: RuleSet, _ states: inout RuleStates) -> UInt64 {
    now_ms += Self.step_ms
    for labels in read { append(at: now_ms, to: labels) }
    let at = EventTime(milliseconds: now_ms)
    let outcome = rules.evaluate(at: at, organization: "platform", states: &states, source: table)
    for sample in outcome.samples { table.append(Sample(time: at, value: sample.value), to: sample.labels) }
    return UInt64(outcome.samples.count) &* 1000 &+ UInt64(outcome.transitions.count)
  }
}
