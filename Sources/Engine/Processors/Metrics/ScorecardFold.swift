// The processor behind `collect`: partial counts become each agent's scorecard, published once per epoch for
// the agents it touched.
internal import Basics
internal import Events
internal import Metrics
internal import Runtime

/// Folds partials into scorecards.
struct ScorecardFold: Processor {
  /// Of the fold's code; a replay by another is told apart by it.
  static let version: UInt64 = 2

  /// In a `let`, because exclusivity of a property that changes is checked at every use.
  private final class Desk {
    let decoder = Cell(EventDecoder())
  }

  private let desk = Desk()
  private var control = ControlState()
  private let scorecards = KeyValueStore<String, AgentScorecard>("scorecards")
  /// The keys of the open epoch in the order of first touch.
  private var touched: [String] = []
  private var isTouched: Set<String> = []
  private var bytes: [UInt8] = []

  var stores: [any TaskStore] { [control.store, scorecards] }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    if record.input == 0 { return control.fold(record, with: &desk.decoder.value).verdict }
    guard let value = record.value, let partial = AgentPartial(stored: value) else {
      return .setAside(.undecodable)
    }
    let key = partial.key
    scorecards.update(key) { scorecard in
      if scorecard == nil {
        scorecard = AgentScorecard(organization: partial.organization, agent: partial.agent)
      }
      scorecard?.add(partial)
    }
    if isTouched.insert(key).inserted { touched.append(key) }
    return .folded
  }

  mutating func closeEpoch(in context: inout FoldContext) {
    for name in touched {
      guard let scorecard = scorecards[name] else { continue }
      let key = Array(name.utf8)
      bytes.removeAll(keepingCapacity: true)
      scorecard.appendJSON(to: &bytes)
      context.emit(0, key: unsafe key.span.bytes, value: unsafe bytes.span.bytes)
    }
    touched.removeAll(keepingCapacity: true)
    isTouched.removeAll(keepingCapacity: true)
  }
}
