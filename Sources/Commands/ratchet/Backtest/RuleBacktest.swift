// `ratchet backtest`: which alerts other rules would have told over the recorded past, and how that
// differs from what was told. It reads and publishes nothing.
import Alerts
import Basics
import Kafka
import POSIX
import Processors
import Replay
import Runtime
import Topology

/// Folds the past under other rules and prints what they tell.
func backtestRules(_ arguments: Arguments) throws -> ExitStatus {
  let window = try TimeWindow(arguments)
  if let against = arguments.text("against"), against != "recorded" {
    throw UsageError("\"\(against)\" is nothing to compare with", at: "--against", next: "recorded")
  }
  var other: OtherConfiguration?
  if let folder = arguments.text("rules") {
    var files: [String: [UInt8]] = [:]
    for path in try RuleFiles.paths(folder) {
      files["rules/\(path.dropFirst(folder.count).drop { $0 == "/" })"] =
        try readBytes(path, limit: RuleFiles.bytesMax)
    }
    _ = try parseRuleFolder(files)
    other = OtherConfiguration(folder: "rules/", files: files)
  }
  let alerts = try processorOfAlerts(arguments)
  do {
    return try tell(arguments, window, of: alerts, under: other)
  } catch {
    // Status 1 says that something differs; that nothing can be read says nothing.
    writeToStandardError(Array("\(error)\n".utf8))
    return .cannotSay
  }
}

/// Moments as texts: RFC 3339 orders as time does.
private struct TimeWindow {
  private let from: String?
  private let to: String?

  init(_ arguments: Arguments) throws(UsageError) {
    from = try Self.bound(arguments, "from")
    to = try Self.bound(arguments, "to")
  }

  private static func bound(_ arguments: Arguments, _ name: String) throws(UsageError) -> String? {
    guard let text = arguments.text(name) else { return nil }
    let shape = try? Pattern("\\d{4}-\\d\\d-\\d\\d(T\\d\\d:\\d\\d(:\\d\\d(\\.\\d+)?)?Z?)?")
    guard shape?.matchesWhole(text) == true else {
      throw UsageError(
        "\"\(text)\" is no time", at: "--\(name)", next: "as 2026-03-01 or 2026-03-01T12:00:00Z")
    }
    return text.hasSuffix("Z") ? String(text.dropLast()) : text
  }

  func contains(_ moment: String) -> Bool {
    (from.map { $0 <= moment } ?? true) && (to.map { moment < $0 } ?? true)
  }

  func isOver(_ moment: EventTime) -> Bool { to.map { $0 <= moment.description } ?? false }
}

private func tell(
  _ arguments: Arguments, _ window: TimeWindow, of alerts: (ProcessorDefinition, topic: String),
  under other: OtherConfiguration?
) throws -> ExitStatus {
  guard let client = try BrokerConnection.configuration(arguments) else {
    throw UsageError("--bootstrap HOST:PORT is missing")
  }
  let (definition, topic) = alerts
  let port = try KafkaPort(readingWith: client, partitions: definition.inputs.count + 1)
  let isShown = { (transition: ToldTransition) in
    window.contains(transition.at)
      && (arguments.flag("all") || transition.to == .firing || transition.to == .resolved)
  }
  func told(_ value: [UInt8], into transitions: inout [ToldTransition]) {
    if let transition = jsonLeaves(value).flatMap({ ToldTransition($0) }), isShown(transition) {
      transitions.append(transition)
    }
  }
  var (now, then): ([ToldTransition], [ToldTransition]) = ([], [])
  var progress = Progress()
  for number in 0..<(try port.partitionCount(of: definition.epochsTopic)) {
    let task = TaskBacktest(PartitionID(number), of: definition, port, under: other)
    try task.run(
      outputsTo: topic,
      until: { watermark in
        progress.tell("\(definition.name)/\(number): history up to \(watermark)")
        return window.isOver(watermark)
      }
    ) { told($0, into: &now) }
  }
  guard arguments.text("against") != nil else {
    for transition in AlertTimeline.unique(now) {
      print(AlertTimelineEntry(kind: .same, transition: transition))
    }
    return .success
  }
  try forEachValue(of: topic, port) { told($0, into: &then) }
  let entries = AlertTimeline.compared(now: now, then: then)
  for entry in entries { print(entry) }
  let same = entries.count { $0.kind == .same }
  print("\(entries.count - same) differences, \(same) the same")
  return same == entries.count ? .success : .failure
}
