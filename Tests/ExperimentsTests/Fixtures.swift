// An experiment with its units in memory, as its task would hold them.
import Basics
import Events

@testable import Experiments

/// Folds outcomes as the processor does.
struct Laboratory {
  static let position = EventPosition(
    TopicPartition(topic: "ratchet.outcomes", partition: PartitionID(0)), Offset(7))
  static let hour_ms: Int64 = 3_600_000
  /// When experiments here begin.
  static let start = Timestamp(milliseconds: 1_770_000_000_000)

  var tally = ExperimentTally(organization: "acme", id: "e", position: position)
  var units: [String: ExperimentUnit] = [:]
  private(set) var acceptances: [ExperimentTally.Acceptance] = []

  init(_ id: String = "e") {
    tally = ExperimentTally(organization: "acme", id: id, position: Self.position)
  }

  static func moment(_ hours: Double) -> Timestamp {
    Timestamp(milliseconds: start.rawValue + Int64((hours * Double(hour_ms)).rounded()))
  }

  static func time(_ hours: Double) -> EventTime { EventTime(milliseconds: moment(hours).rawValue) }

  mutating func design(_ design: ExperimentDesign) {
    acceptances.append(tally.design(design, at: Self.position))
    drain()
  }

  mutating func change(_ status: ExperimentStatus, at hours: Double, notes: String? = nil) {
    acceptances.append(
      tally.change(ExperimentLife.Change(status, at: Self.time(hours), notes: notes), at: Self.position))
    tally.beginAnalyses(at: Self.time(-100))
    drain()
  }

  mutating func see(
    _ unit: String, _ arm: Arm?, at hours: Double = 1, event: UInt64 = 0,
    _ measures: [ExperimentOutcome.Measure] = []
  ) {
    var outcome = ExperimentOutcome(
      organization: "acme", experiment: tally.id, arm: arm, unit: unit, time: Self.time(hours),
      measures: measures, position: Self.position)
    outcome.eventHash = event
    guard tally.isCounting else { return acceptances.append(tally.wait(outcome)) }
    fold(outcome)
  }

  private mutating func drain() {
    for outcome in tally.takeWaiting() { fold(outcome) }
  }

  private mutating func fold(_ outcome: ExperimentOutcome) {
    acceptances.append(tally.fold(outcome, of: &units[outcome.unit]))
  }

  /// All that happened up to then is known.
  mutating func analyze(upTo hours: Double) { tally.analyze(upTo: Self.time(hours)) }

  func analysis(at hours: Double) -> ExperimentAnalysis {
    ExperimentAnalysis(
      tally, tally.design ?? ExperimentDesign(), at: Self.moment(hours), hasEnded: tally.life.hasEnded)
  }

  /// As published, with the analysis at `hours`.
  func projection(at hours: Double) -> String {
    var writer = ExperimentTallyWriter()
    return writer.write(tally, at: Self.moment(hours)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}

extension ExperimentDesign {
  static func test(
    minimum: Int64 = 2, hours: Double = 24, primary: String = "rating", guardrails: [String] = []
  ) -> ExperimentDesign {
    var design = ExperimentDesign()
    (design.agent, design.name, design.primaryMetric) = ("triage", "a test", primary)
    (design.minimumSamples, design.minimumDuration_hours) = (minimum, hours)
    design.guardrailMetrics = guardrails
    return design
  }
}
