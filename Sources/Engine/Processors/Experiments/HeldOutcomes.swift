// Outcomes that the watermark has not passed. They count in the order in which they happened, whatever the
// order in which topics are read: an end or an analysis finds counted what happened before it, nothing else.
internal import Basics
internal import Events
internal import Experiments
internal import Runtime

/// What happened lately, by the second. No timer wakes it: a task that has nothing to read still makes an
/// epoch every five seconds, to announce its time.
struct HeldOutcomes {
  private static let second_ms: Int64 = 1000
  /// How long it takes at least until the watermark passes what happens now; looked at again after as long.
  static let wait = Duration.seconds(5)

  private let due = DueKeys<ExperimentOutcome>("held")

  var store: any TaskStore { due.store }

  /// Up to here all that is in time is counted: what happened in a second is counted together.
  static func counted(_ watermark: EventTime) -> EventTime {
    let rest = watermark.rawValue % second_ms
    return EventTime(milliseconds: watermark.rawValue - (rest < 0 ? rest + second_ms : rest))
  }

  /// False when the watermark has passed it.
  func hold(_ outcome: ExperimentOutcome, behind watermark: EventTime) -> Bool {
    guard outcome.happened >= Self.counted(watermark) else { return false }
    due.add(outcome, at: Self.counted(outcome.happened).rawValue + Self.second_ms)
    return true
  }

  /// A second's outcomes in the order in which they happened; nil when the watermark has passed no more.
  func takeCounted(_ watermark: EventTime) -> [ExperimentOutcome]? {
    guard let next = due.next, next <= watermark.rawValue else { return nil }
    return due.take().sorted { $0.happened < $1.happened }
  }

  /// Lets go of what is to be forgotten.
  func forget(_ erasure: Erasure) {
    var kept: [(second: Int64, outcome: ExperimentOutcome)] = []
    while let second = due.next {
      kept += due.take().map { (second, $0) }
    }
    for (second, outcome) in kept where !outcome.isCovered(by: erasure) {
      due.add(outcome, at: second)
    }
  }
}
