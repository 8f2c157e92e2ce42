// The processor of experiments: their life and exposures from outside, outcomes from `collect`, each hour an
// analysis; out come tallies with a verdict. It owns experiments by their id, whole.
internal import Basics
internal import Events
internal import Experiments
internal import Learning
internal import Metrics
internal import Runtime

/// Folds events into experiments, and publishes those that an epoch has touched.
struct ExperimentsProcessor: Processor {
  /// Of the fold's code; a replay by another is told apart by it.
  static let version: UInt64 = 3

  private enum Input {
    static let control = 0
    static let events = 1
    static let outcomes = 2
  }

  /// In a `let`, because exclusivity of a property that changes is checked at every event.
  private final class Desk {
    let decoder = Cell(EventDecoder())
  }

  private let desk = Desk()
  private var control = ControlState()
  private let tallies = KeyValueStore<String, ExperimentTally>("tallies")
  /// By experiment's key and unit.
  private let units = KeyValueStore<String, ExperimentUnit>("units")
  /// Where its inputs are, by their numbers.
  private let inputs: [TopicPartition]
  private var touched = TouchedKeys()
  private var writer = ExperimentTallyWriter()
  private var panes: PaneSeat

  init(prefix: String, partition: PartitionID) {
    panes = PaneSeat("experiments", task: partition, output: 1)
    inputs = ["control", "experiment-events", "outcomes", "experiments.rekey"].map {
      TopicPartition(topic: "\(prefix).\($0)", partition: partition)
    }
  }

  var stores: [any TaskStore] { [control.store, tallies, units] }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    switch record.input {
    case Input.control:
      let desk = desk
      let outcome = control.fold(record, with: &desk.decoder.value)
      panes.controlChanged()
      if let erasure = outcome.erasure { erase(erasure) }
      return outcome.verdict
    case Input.outcomes:
      guard let value = record.value, let outcome = ExperimentOutcome(stored: value) else {
        return .setAside(.undecodable)
      }
      return fold(outcome)
    default: return foldEvent(record, in: &context)
    }
  }

  private mutating func foldEvent(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    let desk = desk
    do throws(Violation) {
      return try foldEvent(record, with: &desk.decoder.value, in: &context)
    } catch {
      return .setAside(SetAsideReason(rawValue: error.reason.rawValue))
    }
  }

  private mutating func foldEvent(
    _ record: borrowing InputRecord, with decoder: inout EventDecoder, in context: inout FoldContext
  ) throws(Violation) -> Verdict {
    let envelope = try Envelope(record)
    let topic: InputTopic? = record.input == Input.events ? .experimentEvents : nil
    let event = try decoder.decode(envelope, from: topic)
    if context.forward(record, toOwnerOf: event) { return .forwarded }
    let position = EventPosition(inputs[record.input], record.offset)
    return take(event, envelope, at: position, in: &context)
  }

  mutating func onTimer(_ timer: Timer, in context: inout FoldContext) {
    guard let key = String(bytes: timer.id.bytes) else { return }
    let next = tallies.update(key) { tally -> Timestamp? in
      tally?.analyze(at: context.time)
      return tally?.nextAnalysis(after: context.time)
    }
    if let next { context.setTimer(timer.id, at: next) }
    touched.insert(key)
    countAnalysis(key, at: context.time)
  }

  private mutating func countAnalysis(_ key: String, at time: Timestamp) {
    guard let tally = tallies[key], let significance = tally.decision?.significance else { return }
    panes.add(
      internal: .experimentAnalyzed, organization: tally.organization, agent: tally.design?.agent,
      [
        "experiment_id": .text(tally.id), "significance": .number(significance),
        "participants": .number(Double(tally.participants)),
      ], at: EventTime(milliseconds: time.rawValue), &control)
  }

  private mutating func countTransition(_ key: String, wasRunning: Bool, at time: Timestamp) {
    guard let tally = tallies[key], tally.life.isRunning != wasRunning else { return }
    let (running, other) = (
      InternalValue.text("running"), InternalValue.text(wasRunning ? "ended" : "created")
    )
    panes.add(
      internal: .experimentTransitioned, organization: tally.organization, agent: tally.design?.agent,
      [
        "experiment_id": .text(tally.id), "from": wasRunning ? running : other,
        "to": wasRunning ? other : running,
      ], at: EventTime(milliseconds: time.rawValue), &control)
  }

  mutating func closeEpoch(in context: inout FoldContext) {
    panes.closeEpoch(in: &context)
    guard context.isEpochOver else { return }
    for name in touched.take() {
      guard let tally = tallies[name], let bytes = writer.write(tally, at: context.time) else { continue }
      let key = Array(name.utf8)
      context.emit(0, key: unsafe key.span.bytes, value: unsafe bytes.span.bytes)
    }
  }
}

// MARK: - Events

extension ExperimentsProcessor {
  private mutating func take(
    _ event: borrowing DecodedEvent, _ envelope: borrowing Envelope, at position: EventPosition,
    in context: inout FoldContext
  ) -> Verdict {
    let organization = envelope.organization.string
    let experiment = event.key.string
    switch event.type {
    case .experimentCreated:
      let design = ExperimentDesign(
        event.fields(ExperimentCreated.self), agent: envelope.agent?.string ?? "", at: envelope.time)
      return change(organization, experiment, position, &context) { $0.design(design, at: position) }
    case .experimentChanged:
      let change = ExperimentLife.Change(event.fields(ExperimentChanged.self), at: envelope.time)
      return self.change(organization, experiment, position, &context) { $0.change(change, at: position) }
    case .experimentExposed:
      let fields = event.fields(ExperimentExposed.self)
      let user = fields.text(.userID)?.string ?? ""
      return fold(
        ExperimentOutcome(
          organization: organization, experiment: experiment, arm: fields.choice(.arm),
          unit: ExperimentOutcome.unit(user: user, execution: ""), time: envelope.time, position: position))
    default:
      let fields = event.fields(ExperimentObserved.self)
      let user = fields.text(.userID)?.string ?? ""
      let metric = fields.text(.metric)?.string ?? ""
      var outcome = ExperimentOutcome(
        organization: organization, experiment: experiment, arm: fields.choice(.arm),
        unit: ExperimentOutcome.unit(user: user, execution: ""), time: envelope.time,
        measures: [.init(metric, fields.number(.value) ?? 0)], position: position)
      outcome.eventHash = envelope.identity
      return fold(outcome)
    }
  }

  /// Changes an experiment's design or life; what waited for that is folded, and its timer follows.
  private mutating func change(
    _ organization: String, _ experiment: String, _ position: EventPosition, _ context: inout FoldContext,
    _ body: (inout ExperimentTally) -> ExperimentTally.Acceptance
  ) -> Verdict {
    let key = entityKey(organization: organization, id: experiment)
    let units = units
    let time = context.time
    let wasRunning = tallies.read(key) { $0?.life.isRunning ?? false }
    let (acceptance, next) = tallies.update(key) { known in
      var tally = known ?? ExperimentTally(organization: organization, id: experiment, position: position)
      let acceptance = body(&tally)
      guard acceptance == .accepted else { return (acceptance, nil as Timestamp?) }
      for outcome in tally.takeWaiting() {
        units.update(Self.unitKey(key, outcome.unit)) { _ = tally.fold(outcome, of: &$0) }
      }
      known = tally
      return (acceptance, tally.nextAnalysis(after: time))
    }
    guard acceptance == .accepted else { return Self.verdict(acceptance) }
    if let next { context.setTimer(TimerID(key), at: next) }
    touched.insert(key)
    countTransition(key, wasRunning: wasRunning, at: time)
    return .folded
  }

  private mutating func fold(_ outcome: ExperimentOutcome) -> Verdict {
    let key = entityKey(organization: outcome.organization, id: outcome.experiment)
    let units = units
    let acceptance = tallies.update(key) { known in
      var tally = ExperimentTally(
        organization: outcome.organization, id: outcome.experiment, position: outcome.position)
      // Taken out and put back, so that the state is changed in place and not copied.
      if let known { tally = known }
      known = nil
      defer { known = tally }
      guard tally.isCounting else {
        tally.wait(outcome)
        return ExperimentTally.Acceptance.accepted
      }
      return units.update(Self.unitKey(key, outcome.unit)) { tally.fold(outcome, of: &$0) }
    }
    if acceptance == .accepted { touched.insert(key) }
    return Self.verdict(acceptance)
  }

  private static func verdict(_ acceptance: ExperimentTally.Acceptance) -> Verdict {
    switch acceptance {
    case .accepted: .folded
    case .duplicate: .setAside(.duplicate)
    case .refused: .setAside(.invalid)
    }
  }

  private static func unitKey(_ key: String, _ unit: String) -> String {
    entityKey(organization: key, id: unit)
  }

  /// What is kept of a person is removed (R14.8); what they contributed is part of sums that name nobody.
  private mutating func erase(_ erasure: Erasure) {
    let prefix = entityKey(organization: erasure.organization, id: "")
    var unitKeys: [String] = []
    let erased = [
      erasure.user.map { ExperimentOutcome.unit(user: $0, execution: "") },
      erasure.execution.map { ExperimentOutcome.unit(user: nil, execution: $0) },
    ].compactMap(\.self)
    units.forEachInOrder { key, _ in
      if erased.contains(where: { key.hasSuffix("/\($0)") }) { unitKeys.append(key) }
    }
    var experiments: [String] = []
    tallies.forEachInOrder { key, _ in
      if key.hasPrefix(prefix) { experiments.append(key) }
    }
    for key in experiments {
      for unit in erased where unitKeys.contains(Self.unitKey(key, unit)) {
        units[Self.unitKey(key, unit)] = nil
      }
      let isNamed = tallies.read(key) { $0?.names(erased, erasure.user) ?? false }
      guard isNamed else { continue }
      tallies.update(key) { $0?.forget(erased, erasure.user) }
      touched.insert(key)
    }
  }
}

extension String {
  fileprivate init?(bytes: [UInt8]) { self.init(validating: bytes, as: UTF8.self) }
}
