// A task of `metrics` over time, without a broker: what it is given second by second, and what it publishes.
import Basics
import Foundation
import Metrics
import Testing

@testable import Processors
@testable import Runtime

/// A task of `metrics` that is `platform`'s, and all that it has published.
struct MetricsLife {
  var task: FoldedTask
  var published: [String] = []
  private(set) var changelogs: [OutboundRecords] = []
  let definition = Self.boundedMetrics

  /// Midnight, so that panes and instants are round.
  static let start: Int64 = 1_767_225_600_000

  init(_ files: [(String, String)], onlyOutput: String? = nil) {
    task = FoldedTask(definition, of: 1, at: Self.start, onlyOutput: onlyOutput)
    run(FoldedTask.Record.configuration(files.map { (path: $0.0, content: $0.1) }), after: 1)
  }

  /// Says for which reasons records were set aside.
  @discardableResult
  mutating func run(_ records: [FoldedTask.Record] = [], after seconds: Int64) -> [String] {
    let epoch = task.epoch(records, after: seconds)
    changelogs.append(epoch.changelog)
    for output in epoch.outputs(of: definition) {
      published.append("\(output.topic) \(output.key) \(output.value)")
    }
    return epoch.reasons
  }

  /// Folds an epoch that ends so many seconds after the start. The watermark is then 5 s before its end.
  @discardableResult
  mutating func run(_ records: [FoldedTask.Record] = [], to second: Int64) -> [String] {
    run(records, after: second - (task.now - Self.start) / 1000)
  }

  /// The process has died and its task begins anew from what its stores hold.
  mutating func restart() { task = task.restored(from: changelogs) }

  /// An event of `platform`: of this second, or of that many seconds after the start.
  func event(
    _ type: String, _ data: String, on topic: String = "training-events", at second: Int64? = nil
  ) -> FoldedTask.Record {
    let now = second.map { Self.start + $0 * 1000 } ?? task.now / 1000 * 1000
    let time = EventTime(milliseconds: now).description
    return .event(topic, type, organization: "platform", agent: nil, time: time, data)
  }

  /// What a task of `collect` has counted of a counter without labels in the pane that begins so many seconds
  /// after the start.
  func part(
    _ sum: Double, of metric: String = "jobs_total", from second: Int64, length: Int64 = 15
  ) -> FoldedTask.Record {
    let partial = PanePartial(
      organization: "platform", source: PaneSource(processor: "collect", task: 0),
      pane: Pane(start: Self.start + second * 1000, length_ms: length * 1000),
      entries: [.init(metric: metric, labels: Labels([]), value: .sum(sum))])
    var bytes: [UInt8] = []
    partial.store(into: &bytes)
    return FoldedTask.Record(topic: "panes", key: "platform", bytes: bytes)
  }

  /// Transitions of alerts so far: rule, from, to.
  var transitions: [String] {
    published.filter { $0.hasPrefix("alerts ") }.map { line in
      let object = Self.object(String(line.drop { $0 != "{" } as Substring))
      return "\(object["rule"] ?? "?") \(object["from"] ?? "?")>\(object["to"] ?? "?")"
    }
  }

  /// The last value of a series as rolling-metrics has it.
  func value(_ series: String) -> Double? { rows(of: series).last?["value"] as? Double }

  /// All that rolling-metrics has said of a series, each as `seconds after the start=value`.
  func told(of series: String) -> [String] {
    rows(of: series).map { row in
      let time = (row["at"] as? String).flatMap { try? Self.times.parse($0) }
      let second = time.map { "\(Int64($0.timeIntervalSince1970) - Self.start / 1000)" } ?? "?"
      return "\(second)=\((row["value"] as? Double).map { "\($0)" } ?? "none")"
    }
  }

  private static let times = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

  private func rows(of series: String) -> [[String: Any]] {
    published.filter { $0.hasPrefix("rolling-metrics platform/\(series) ") }.compactMap { line in
      line.range(of: "{\"schema_version\"").map { Self.object(String(line[$0.lowerBound...])) }
    }
  }

  private static func object(_ json: String) -> [String: Any] {
    ((try? JSONSerialization.jsonObject(with: Data(json.utf8))) as? [String: Any]) ?? [:]
  }
}

/// `metrics` as it ships, but for a bound on its timers: one that leads nowhere, to itself a millisecond
/// later, makes a test fail and not take for ever.
private struct BoundedMetrics: Processor {
  /// Instants of a day, and more timers than any test needs.
  static let timersMax = 10_000

  var metrics: MetricsFold
  var timers = 0

  var stores: [any TaskStore] { metrics.stores }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    metrics.fold(record, in: &context)
  }

  mutating func onTimer(_ timer: Runtime.Timer, in context: inout FoldContext) {
    timers += 1
    if timers == Self.timersMax { Issue.record("\(timers) timers: instants do not come closer") }
    if timers < Self.timersMax { metrics.onTimer(timer, in: &context) }
  }

  mutating func closeEpoch(in context: inout FoldContext) { metrics.closeEpoch(in: &context) }
}

extension MetricsLife {
  fileprivate static var boundedMetrics: ProcessorDefinition {
    let metrics = ProcessorDefinition.metrics(prefix: "t", board: nil)
    let topics = metrics.inputs.map(\.topic)
    return ProcessorDefinition(
      metrics.name, epochsTopic: metrics.epochsTopic, quarantineTopic: metrics.quarantineTopic,
      inputs: metrics.inputs.dropLast(), outputs: metrics.outputs.dropLast(),
      changelogTopics: metrics.changelogTopics, timeTopic: metrics.timeTopic, rekey: metrics.outputs.last,
      codeHash: metrics.codeHash
    ) { BoundedMetrics(metrics: MetricsFold(topics: topics, partition: $0, board: nil)) }
  }
}
