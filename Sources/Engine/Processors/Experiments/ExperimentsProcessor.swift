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
  static let version: UInt64 = 6

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
  var forgotten = ForgottenPeople()
  let tallies = KeyValueStore<String, ExperimentTally>("tallies")
  /// By experiment's key and unit.
  let units = KeyValueStore<String, ExperimentUnit>("units")
  let held = HeldOutcomes()
  /// Where its inputs are, by their numbers.
  private let inputs: [TopicPartition]
  var touched = TouchedKeys()
  private var writer = ExperimentTallyWriter()
  private var panes: PaneSeat

  init(prefix: String, partition: PartitionID) {
    panes = PaneSeat("experiments", task: partition, output: 1)
    inputs = ["control", "experiment-events", "outcomes", "experiments.rekey"].map {
      TopicPartition(topic: "\(prefix).\($0)", partition: partition)
    }
  }

  var stores: [any TaskStore] { [control.store, tallies, units] + forgotten.stores + [held.store] }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    forgotten.advance(to: context.time)
    switch record.input {
    case Input.control:
      let desk = desk
      let outcome = control.fold(record, with: &desk.decoder.value)
      panes.controlChanged()
      if let erasure = outcome.erasure { forget(erasure, in: &context) }
      return outcome.verdict
    case Input.outcomes:
      guard let value = record.value, let outcome = ExperimentOutcome(stored: value) else {
        return .setAside(.undecodable)
      }
      if isForgotten(outcome) { return .folded }
      // A task of collect may be hours ahead in a backlog: by its time nothing is yet to happen.
      let stamp = EventTime(milliseconds: record.timestamp.rawValue)
      guard let refusal = take(outcome, by: stamp, in: &context) else { return .folded }
      noteAside(EventPosition(inputs[record.input], record.offset), of: outcome)
      return context.setAside(refusal.reason, rule: refusal.rule)
    default:
      let desk = desk
      do throws(Violation) {
        let envelope = try Envelope(record)
        do throws(Violation) {
          return try foldEvent(record, envelope, with: &desk.decoder.value, in: &context)
        } catch {
          let subjects = AsideSubjects(organization: envelope.organization.string, keys: nil)
          forgotten.note(inputs[record.input], record.offset, subjects)
          throw error
        }
      } catch {
        return context.setAside(error)
      }
    }
  }

  private mutating func foldEvent(
    _ record: borrowing InputRecord, _ envelope: borrowing Envelope, with decoder: inout EventDecoder,
    in context: inout FoldContext
  ) throws(Violation) -> Verdict {
    let event = try decoder.decode(envelope, from: record.input == Input.events ? .experimentEvents : nil)
    if context.forward(record, toOwnerOf: event) { return .forwarded }
    let position = EventPosition(inputs[record.input], record.offset)
    guard let refusal = take(event, envelope, at: position, in: &context) else { return .folded }
    forgotten.note(
      position.partition, position.offset,
      AsideSubjects(organization: envelope.organization.string, keys: event.subjects(in: envelope)))
    return context.setAside(refusal.reason, rule: refusal.rule)
  }

  mutating func onTimer(_ timer: Timer, in context: inout FoldContext) {
    countHeld(in: &context)
    guard let key = String(bytes: timer.id.bytes) else { return }
    let counted = HeldOutcomes.counted(context.watermark)
    let (wasDue, next) = tallies.update(key) { tally -> (Bool, EventTime?) in
      tally?.beginAnalyses(at: counted)
      return (tally?.analyze(upTo: counted) ?? false, tally?.nextAnalysis)
    }
    setTimer(key, next, in: &context)
    // One that is due and must wait for the watermark has nothing new to say.
    let waits = next.map { $0.rawValue <= context.time.rawValue } ?? false
    guard wasDue || !waits else { return }
    touched.insert(key)
    countAnalysis(key, at: context.time)
  }

  /// For an experiment's next analysis, once what happened before it is likely to be counted.
  private func setTimer(_ key: String, _ next: EventTime?, in context: inout FoldContext) {
    guard let next else { return }
    let due = max(Timestamp(milliseconds: next.rawValue), context.time)
    context.setTimer(TimerID(key), at: due + HeldOutcomes.wait)
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
    countHeld(in: &context)
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
  /// Why a record is set aside.
  private struct Refusal {
    var reason: SetAsideReason
    var rule: String
  }

  /// What an event says of its experiment; of whom is forgotten, nothing but what others did is taken.
  private mutating func take(
    _ event: borrowing DecodedEvent, _ envelope: borrowing Envelope, at position: EventPosition,
    in context: inout FoldContext
  ) -> Refusal? {
    let organization = envelope.organization.string
    let experiment = event.key.string
    let isForgotten = forgotten.covers(event.subjects(in: envelope), at: envelope.time)
    switch event.type {
    case .experimentCreated:
      var design = ExperimentDesign(
        event.fields(ExperimentCreated.self), agent: envelope.agent?.string ?? "", at: envelope.time)
      if isForgotten { design.createdBy = nil }
      return change(organization, experiment, position, &context) { $0.design(design, at: position) }
    case .experimentChanged:
      var change = ExperimentLife.Change(event.fields(ExperimentChanged.self), at: envelope.time)
      if isForgotten { change.changedBy = nil }
      return self.change(organization, experiment, position, &context) { $0.change(change, at: position) }
    case .experimentExposed:
      let fields = event.fields(ExperimentExposed.self)
      let user = fields.text(.userID)?.string ?? ""
      let outcome = ExperimentOutcome(
        organization: organization, experiment: experiment, arm: fields.choice(.arm),
        unit: ExperimentOutcome.unit(user: user, execution: ""), time: envelope.time, position: position)
      return isForgotten ? nil : take(outcome, by: context.now, in: &context)
    default:
      let fields = event.fields(ExperimentObserved.self)
      let user = fields.text(.userID)?.string ?? ""
      let metric = fields.text(.metric)?.string ?? ""
      var outcome = ExperimentOutcome(
        organization: organization, experiment: experiment, arm: fields.choice(.arm),
        unit: ExperimentOutcome.unit(user: user, execution: ""), time: envelope.time,
        measures: [.init(metric, fields.number(.value) ?? 0)], position: position)
      outcome.eventHash = envelope.identity
      return isForgotten ? nil : take(outcome, by: context.now, in: &context)
    }
  }

  /// Changes an experiment's design or life; what waited for that is folded, and its timer follows.
  private mutating func change(
    _ organization: String, _ experiment: String, _ position: EventPosition, _ context: inout FoldContext,
    _ body: (inout ExperimentTally) -> ExperimentTally.Acceptance
  ) -> Refusal? {
    let key = entityKey(organization: organization, id: experiment)
    let counted = HeldOutcomes.counted(context.watermark)
    let wasRunning = tallies.read(key) { $0?.life.isRunning ?? false }
    var waiting: [ExperimentOutcome] = []
    let (acceptance, next) = tallies.update(key) { known in
      var tally = known ?? ExperimentTally(organization: organization, id: experiment, position: position)
      let acceptance = body(&tally)
      guard acceptance == .accepted else { return (acceptance, nil as EventTime?) }
      waiting = tally.takeWaiting()
      tally.beginAnalyses(at: counted)
      known = tally
      return (acceptance, tally.nextAnalysis)
    }
    if let refusal = Self.refusal(acceptance) { return refusal }
    for var outcome in waiting {
      outcome.happened = min(outcome.happened, context.now)
      if !held.hold(outcome, behind: context.watermark) {
        setAsideLater(outcome, fold(outcome, isLate: true), in: &context)
      }
    }
    setTimer(key, next, in: &context)
    touched.insert(key)
    countTransition(key, wasRunning: wasRunning, at: context.time)
    return nil
  }

  /// Holds an outcome, or folds it when it comes late, or its experiment has not begun by then. What says
  /// that it happened behind `stamp` is taken to happen then.
  private mutating func take(
    _ outcome: ExperimentOutcome, by stamp: EventTime, in context: inout FoldContext
  ) -> Refusal? {
    var outcome = outcome
    outcome.happened = min(outcome.happened, stamp)
    let key = entityKey(organization: outcome.organization, id: outcome.experiment)
    let isCounting = tallies.read(key) { $0?.isCounting ?? false }
    if isCounting || outcome.happened > context.now, held.hold(outcome, behind: context.watermark) {
      return nil
    }
    let acceptance = fold(outcome, isLate: true)
    if let refusal = Self.refusal(acceptance) { return refusal }
    setAsideLater(outcome, acceptance, in: &context)
    return nil
  }

  /// Counts what the watermark has passed, in the order in which it happened.
  private mutating func countHeld(in context: inout FoldContext) {
    while let outcomes = held.takeCounted(context.watermark) {
      for outcome in outcomes { setAsideLater(outcome, fold(outcome, isLate: false), in: &context) }
    }
  }

  private mutating func fold(_ outcome: ExperimentOutcome, isLate: Bool) -> ExperimentTally.Acceptance {
    let key = entityKey(organization: outcome.organization, id: outcome.experiment)
    let units = units
    let acceptance = tallies.update(key) { known in
      var tally = ExperimentTally(
        organization: outcome.organization, id: outcome.experiment, position: outcome.position)
      // Taken out and put back, so that the state is changed in place and not copied.
      if let known { tally = known }
      known = nil
      defer { known = tally }
      guard tally.isCounting else { return tally.wait(outcome) }
      // What was to be analysed as of an earlier instant is, before this is counted.
      if !isLate { tally.analyze(upTo: outcome.happened) }
      return units.update(Self.unitKey(key, outcome.unit)) { tally.fold(outcome, of: &$0) }
    }
    if Self.refusal(acceptance) == nil { touched.insert(key) }
    return acceptance
  }

  /// Names in quarantine, by its event's place, what of an outcome that was folded is not counted.
  private mutating func setAsideLater(
    _ outcome: ExperimentOutcome, _ acceptance: ExperimentTally.Acceptance, in context: inout FoldContext
  ) {
    let rest: Refusal? =
      if case .acceptedWithout(let metrics) = acceptance {
        Self.refusal(ofMetrics: metrics)
      } else {
        Self.refusal(acceptance)
      }
    guard let rest else { return }
    context.setAsideLater(
      outcome.position.partition, outcome.position.offset, because: rest.reason,
      rule: "experiment \(outcome.experiment): \(rest.rule)")
    noteAside(outcome.position, of: outcome)
  }

  /// nil where the record is folded, be it in part.
  private static func refusal(_ acceptance: ExperimentTally.Acceptance) -> Refusal? {
    switch acceptance {
    case .accepted, .acceptedWithout: nil
    case .duplicate: Refusal(reason: .duplicate, rule: "it came before")
    case .refused: Refusal(reason: .invalid, rule: "the experiment's state does not allow it")
    case .waitingFull:
      Refusal(
        reason: .tooMany,
        rule: "\(ExperimentTally.waitingMax) outcomes wait for the experiment's design and start already")
    case .metricsFull(let metrics): refusal(ofMetrics: metrics)
    }
  }

  private static func refusal(ofMetrics names: [String]) -> Refusal {
    Refusal(
      reason: .tooMany,
      rule: "the experiment has \(ExperimentTally.metricsMax) metrics already, without "
        + names.joined(separator: ", "))
  }

  static func unitKey(_ key: String, _ unit: String) -> String {
    entityKey(organization: key, id: unit)
  }
}

extension String {
  fileprivate init?(bytes: [UInt8]) { self.init(validating: bytes, as: UTF8.self) }
}

extension FoldContext {
  /// Recorded time, as events have it.
  fileprivate var now: EventTime { EventTime(milliseconds: time.rawValue) }
}
