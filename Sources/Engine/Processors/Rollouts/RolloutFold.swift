// The processor `rollouts`: what deployments' events say and what their arms measure, looked at at fixed
// instants of recorded time, becomes decisions. It finds rows, policies and timers; what is decided is
// Flow/Rollouts' affair.
internal import Basics
internal import Events
internal import Metrics
internal import Rollouts
internal import Runtime
internal import Topology

/// Folds one partition: all deployments.
struct RolloutFold: Processor {
  /// Of the fold's code; a replay by another is told apart by it.
  static let version: UInt64 = 2

  private enum Input { static let (control, events, series) = (0, 1, 2) }
  private enum Output { static let (deployments, rollbacks, rollouts) = (0, 1, 2) }
  private static let policiesFolder = "policies/"

  /// In a `let`, because exclusivity of a property that changes is checked at every use.
  private final class Desk {
    let decoder = Cell(EventDecoder())
  }

  private let desk = Desk()
  private let inputs: [TopicPartition]
  private var control = ControlState()
  private let rows = DeploymentRows()
  private var writer = RolloutWriter()
  private var policies: [String: RolloutPolicy] = [:]
  private var policiesVersion: UInt64?
  /// Deployments whose projection is due at the epoch's end, in the order of first touch.
  private var touched: [String] = []

  init(events: String, series: String, partition: PartitionID) {
    inputs = ["", events, series].map { TopicPartition(topic: $0, partition: partition) }
  }

  var stores: [any TaskStore] { [control.store] + rows.stores }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    switch record.input {
    case Input.control: return foldControl(record, in: &context)
    case Input.series: return foldSeries(record, in: &context)
    default:
      let desk = desk
      do throws(Violation) {
        return try foldEvent(record, with: &desk.decoder.value, in: &context)
      } catch {
        return .setAside(SetAsideReason(rawValue: error.reason.rawValue))
      }
    }
  }

  // MARK: Events

  private mutating func foldEvent(
    _ record: borrowing InputRecord, with decoder: inout EventDecoder, in context: inout FoldContext
  ) throws(Violation) -> Verdict {
    let envelope = try Envelope(record)
    let event = try decoder.decode(envelope, from: .deploymentEvents)
    guard let (id, input) = RolloutInput.read(event, of: envelope) else { return .setAside(.invalid) }
    let organization = envelope.organization.string
    let key = entityKey(organization: organization, id: id)
    if rows.deployments[key] == nil {
      // Validations may come before what they validate; anything else about the unknown is a mistake.
      switch input {
      case .created, .validated: rows.deployments[key] = Deployment(organization: organization, id: id)
      default: return .setAside(.unknownDeployment)
      }
    }
    let position = EventPosition(inputs[Input.events], record.offset)
    rows.changeArms(of: key) { $0.lastEvent = position }
    var policy: String?
    if case .created(_, let plan) = input { policy = plan.policy }
    apply(input, to: key, policy: policy, in: &context)
    return .folded
  }

  private mutating func foldSeries(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict
  {
    guard let value = record.value, let pane = DeploymentPane(stored: value) else {
      return .setAside(.undecodable)
    }
    let start = Timestamp(milliseconds: pane.start.rawValue)
    let time = min(max(record.timestamp, start), start + DeploymentPane.length)
    if time > context.time {
      // Behind what else happens at that time, where it would have been read.
      let due = time + .milliseconds(1)
      guard start <= record.timestamp + Self.aheadMax else { return .setAside(.invalid) }
      rows.hold(pane, record.offset, until: due)
      context.setTimer(Self.heldTimer(due), at: due)
      return .folded
    }
    guard let deployment = rows.deployments[pane.key] else { return .setAside(.unknownDeployment) }
    if deployment.phase.isWatched { count(pane, at: record.offset, now: context.time) }
    return .folded
  }

  /// A producer's clock may be ahead by so much; what is stamped later is no measurement.
  private static let aheadMax: Duration = .seconds(300)

  private static func heldTimer(_ due: Timestamp) -> TimerID { TimerID("h\(due.rawValue)") }

  /// Panes whose time has come. A task in front of this one may be hours ahead of another while history is
  /// read; what it measured is counted when it would have been, and not before its deployment is known.
  private mutating func countHeld(_ due: Timestamp, in context: inout FoldContext) {
    for held in rows.takeHeld(due) {
      guard let deployment = rows.deployments[held.pane.key] else {
        context.setAsideLater(
          inputs[Input.series], held.offset, because: .unknownDeployment,
          rule: "no deployment \(held.pane.reference.deployment) when its pane was due")
        continue
      }
      if deployment.phase.isWatched { count(held.pane, at: held.offset, now: due) }
    }
  }

  private func count(_ pane: DeploymentPane, at offset: Offset, now: Timestamp) {
    rows.add(pane, to: pane.key, at: EventPosition(inputs[Input.series], offset), now: now)
  }

  // MARK: Control

  private mutating func foldControl(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict
  {
    let desk = desk
    let verdict = control.fold(record, with: &desk.decoder.value).verdict
    guard verdict == .folded else { return verdict }
    let (person, reason) = whoSwitched(record, with: &desk.decoder.value)
    guard let reason else { return verdict }
    for (key, deployment) in live() where deployment.percent > 0 {
      if !isLearningOn(deployment) {
        apply(.learningSwitchedOff(by: person, reason: reason), to: key, in: &context)
      }
    }
    return verdict
  }

  /// Who says that learning is off, and why, if that is what the record may say.
  private func whoSwitched(
    _ record: borrowing InputRecord, with decoder: inout EventDecoder
  ) -> (String, String?) {
    do throws(Violation) {
      let envelope = try Envelope(record)
      let event = try decoder.decode(envelope, from: .control)
      guard event.type == .learningSwitched else {
        return ("settings", event.type == .agentConfigured ? "learning is off for the agent" : nil)
      }
      let fields = event.fields(LearningSwitched.self)
      return (
        fields.text(.switchedBy)?.string ?? "", fields.text(.reason)?.string ?? "learning is switched off"
      )
    } catch { return ("", nil) }
  }

  private func live() -> [(String, Deployment)] {
    var found: [(String, Deployment)] = []
    rows.deployments.forEachInOrder { key, deployment in found.append((key, deployment)) }
    return found
  }

  private mutating func isLearningOn(_ deployment: Deployment) -> Bool {
    control.settings(organization: deployment.organization, agent: deployment.agent).learningEnabled
  }

  /// The policies in force; of files that are wrong, none is.
  private mutating func policy(_ name: String) -> RolloutPolicy? {
    let version = control.version
    if version != policiesVersion {
      policiesVersion = version
      policies = [:]
      for path in control.paths(below: Self.policiesFolder) {
        if let content = control.file(path), let policy = try? parsePolicy(content, file: path) {
          policies[policy.name] = policy
        }
      }
    }
    return policies[name]
  }

  // MARK: Time

  mutating func onTimer(_ timer: Timer, in context: inout FoldContext) {
    let name = String(decoding: timer.id.bytes, as: UTF8.self)
    if name.hasPrefix("h") { return countHeld(timer.due, in: &context) }
    let key = String(name.dropFirst(1))
    if name.hasPrefix("s") { return apply(.stepDue, to: key, in: &context) }
    guard var deployment = rows.deployments[key] else { return }
    var history = rows.history(of: key)
    let around = surroundings(deployment, nil, context.time)
    let before = (deployment, history.totals)
    let decision = deployment.look(at: &history, around)
    // A look that changes nothing is no change of the rows.
    if deployment != before.0 { rows.deployments[key] = deployment }
    if history.totals != before.1 { rows.changeArms(of: key) { $0.totals = history.totals } }
    emit(decision, measured: true, key, in: &context)
    setTimers(deployment, around.policy, in: &context)
    if decision != nil || context.time.rawValue % 60_000 < around.interval { touch(key) }
  }

  // MARK: Deployments

  private mutating func apply(
    _ input: RolloutInput, to key: String, policy named: String? = nil, in context: inout FoldContext
  ) {
    guard var deployment = rows.deployments[key] else { return }
    let around = surroundings(deployment, named, context.time)
    var totals = rows.arms[key]?.totals ?? StageTotals()
    let before = totals
    let decision = deployment.apply(input, around, totals: &totals)
    rows.deployments[key] = deployment
    if totals != before { rows.changeArms(of: key) { $0.totals = totals } }
    emit(decision, measured: false, key, in: &context)
    setTimers(deployment, around.policy, in: &context)
    touch(key)
  }

  private mutating func surroundings(
    _ deployment: Deployment, _ named: String?, _ time: Timestamp
  ) -> RolloutSurroundings {
    let name = named ?? deployment.plan?.policy
    let policy = name.flatMap { self.policy($0) }
    return RolloutSurroundings(time: time, policy: policy, isLearningOn: isLearningOn(deployment))
  }

  private func setTimers(_ deployment: Deployment, _ policy: RolloutPolicy?, in context: inout FoldContext) {
    let (look, step) = (TimerID("l" + deployment.key), TimerID("s" + deployment.key))
    if let due = deployment.nextLook(after: context.time, policy) {
      context.setTimer(look, at: due)
    } else {
      context.cancelTimer(look)
    }
    if let due = deployment.nextStep { context.setTimer(step, at: due) } else { context.cancelTimer(step) }
  }

  // MARK: Publishing

  private mutating func touch(_ key: String) { if !touched.contains(key) { touched.append(key) } }

  private func position(of key: String, measured: Bool) -> EventPosition {
    let row = rows.arms[key]
    let event = row?.lastEvent ?? EventPosition(inputs[Input.events], .zero)
    return measured ? row?.lastMeasurement ?? event : event
  }

  private mutating func emit(
    _ decision: RolloutDecision?, measured: Bool, _ key: String, in context: inout FoldContext
  ) {
    guard let decision else { return }
    let bytes = writer.decision(decision, position: position(of: key, measured: measured))
    let name = Array(key.utf8)
    context.emit(
      decision.isRollback ? Output.rollbacks : Output.rollouts, key: unsafe name.span.bytes,
      value: unsafe bytes.span.bytes)
  }

  mutating func closeEpoch(in context: inout FoldContext) {
    guard context.isEpochOver else { return }
    for key in touched {
      guard let deployment = rows.deployments[key] else { continue }
      let history = rows.history(of: key)
      let around = surroundings(deployment, nil, context.time)
      let bytes = writer.deployment(
        deployment, totals: history.totals, findings: deployment.evaluation(of: history, around).findings,
        position: position(of: key, measured: false))
      let name = Array(key.utf8)
      context.emit(Output.deployments, key: unsafe name.span.bytes, value: unsafe bytes.span.bytes)
    }
    touched = []
  }
}

extension SetAsideReason {
  /// What it says is about a deployment that nobody has created.
  static let unknownDeployment = SetAsideReason(rawValue: "unknown-deployment")
}

extension RolloutSurroundings {
  /// Milliseconds between looks.
  fileprivate var interval: Int64 { policy?.interval.milliseconds ?? 60_000 }
}
