// One deployment as a state machine: a value, one input and at most one decision. It reads no clock and no
// topic; DeploymentPhase has its diagram.
public import Basics
public import Events

/// A deployment, from its announcement to its end, over all its revisions.
public struct Deployment: Hashable, Sendable {
  /// How many entries of its history it keeps; all decisions stand on their topics for good.
  public static let historyMax = 32

  public let organization: String
  public let id: String
  public internal(set) var agent = ""
  public internal(set) var plan: DeploymentPlan?
  public internal(set) var phase = DeploymentPhase.announced
  /// The stage it is in, or was in when it ended; -1 before the first.
  public internal(set) var stage = -1
  /// The candidate's share of its traffic class as decided, in percent.
  public internal(set) var percent = 0
  /// When this revision was first given traffic, or a person called off its rollback: no window reaches
  /// behind it.
  public internal(set) var candidateSince: Timestamp?
  /// When the stage began to count; nil until an executor has reported it.
  public internal(set) var stageSince: Timestamp?
  public internal(set) var validations: [Validation] = []
  /// Who approved the next gate.
  public internal(set) var approval: String?
  public internal(set) var sequence: Int64 = 0
  /// The decision whose report is awaited, and what the last report said.
  public internal(set) var awaited: String?
  public internal(set) var awaitedSince: Timestamp?
  public internal(set) var lastReport: ExecutorReport?
  public internal(set) var conditions: [TriggerCondition] = []
  public internal(set) var rollback: GradualProgress?
  /// Why it is held, as last told.
  public internal(set) var heldFor: String?
  /// What has been told in this phase of this stage already.
  var told: [String] = []
  /// How often each cause has been decided in this revision, in order of first time.
  var occurrences: [Occurrence] = []
  /// The newest last.
  public internal(set) var history: [HistoryEntry] = []

  public init(organization: String, id: String) {
    self.organization = organization
    self.id = id
  }

  public struct Validation: Hashable, Sendable {
    public var kind: ValidationKind
    public var passed: Bool
    public var revision: Int64?
  }

  struct Occurrence: Hashable, Sendable {
    var cause: String
    var count: UInt64
  }

  public struct HistoryEntry: Hashable, Sendable {
    public var at: Timestamp
    /// What happened: a decision's action, a command, a report, or `refused`.
    public var what: String
    public var by: String
    public var text: String
  }

  /// Since when a trigger has been broken, while it has not recovered.
  public struct TriggerCondition: Hashable, Sendable {
    public var trigger: String
    public var since: Timestamp
    public var lastBroken: Timestamp
  }

  /// A gradual rollback under way.
  public struct GradualProgress: Hashable, Sendable {
    public var cause: String
    public var reason: String
    public var percents: [Int]
    public var interval: Duration
    /// The step that comes next, of `percents`.
    public var next: Int
    public var due: Timestamp
  }

  public var key: String { Self.key(organization: organization, deployment: id) }
  public var revision: Int64 { plan?.revision ?? 0 }
}

// MARK: - One input, at most one decision

extension Deployment {
  public mutating func apply(
    _ input: RolloutInput, _ surroundings: RolloutSurroundings
  ) -> RolloutDecision? {
    switch input {
    case .created(let agent, let plan): created(agent, plan, surroundings)
    case .validated(let kind, let passed, let revision): validated(kind, passed, revision, surroundings)
    case .commanded(let command, let person, let reason, let revision):
      commanded(command, by: person, reason, revision, surroundings)
    case .drilled(let person, let reason): drilled(by: person, reason, surroundings)
    case .reported(let report): reported(report, surroundings)
    case .evaluated(let evaluation): evaluated(evaluation, surroundings)
    case .stepDue: stepDue(surroundings)
    case .learningSwitchedOff(let person, let reason): learningSwitchedOff(by: person, reason, surroundings)
    }
  }

  mutating func move(to next: DeploymentPhase) {
    guard next != phase || next == .running || next == .validating else { return }
    precondition(phase.successors.contains(next), "a deployment that is \(phase) may not become \(next)")
    phase = next
    told = []
    heldFor = nil
  }

  mutating func note(_ what: String, by: String, _ text: String, _ surroundings: RolloutSurroundings) {
    history.append(HistoryEntry(at: surroundings.time, what: what, by: by, text: text))
    if history.count > Self.historyMax { history.removeFirst(history.count - Self.historyMax) }
  }

  /// A person wanted what cannot be; it is kept in the history and changes nothing.
  mutating func refuse(
    _ what: String, by person: String, _ why: String, _ surroundings: RolloutSurroundings
  ) -> RolloutDecision? {
    note("refused", by: person, "\(what): \(why)", surroundings)
    return nil
  }
}

// MARK: - Decisions

extension Deployment {
  /// What a decision says beyond what the deployment itself knows.
  struct Draft {
    var action: RolloutDecision.Action
    var cause: String
    var reason: String
    var actor = RolloutDecision.Actor.policy
    var step = 0
    var percent: Int
    var flags: [RolloutDecision.Flag] = []
    var finding: Finding?
    var alsoBroken: [String] = []
    var isDrill = false
  }

  /// Makes the decision and takes its share as the deployment's.
  mutating func decide(_ draft: Draft, _ surroundings: RolloutSurroundings) -> RolloutDecision? {
    guard let plan else { return nil }
    let cause = "\(draft.action.name)/\(draft.cause)/\(draft.step)"
    let place = occurrences.firstIndex { $0.cause == cause } ?? occurrences.count
    if place == occurrences.count { occurrences.append(Occurrence(cause: cause, count: 0)) }
    let occurrence = occurrences[place].count
    occurrences[place].count += 1
    let changesShare = draft.action != .hold && !draft.isDrill
    if changesShare { sequence += 1 }
    let decision = RolloutDecision(
      id: RolloutDecision.identity(
        organization: organization, deployment: id, revision: plan.revision, action: draft.action,
        cause: draft.cause, step: draft.step, occurrence: occurrence),
      sequence: sequence, organization: organization, agent: agent, deployment: id, plan: plan,
      policyVersion: surroundings.policy?.version ?? "", actor: draft.actor, action: draft.action,
      cause: draft.cause, step: draft.step, previousPercent: percent, targetPercent: draft.percent,
      trafficClass: surroundings.policy?.trafficClass, flags: draft.flags, reason: draft.reason,
      decidedAt: surroundings.time, finding: draft.finding, alsoBroken: draft.alsoBroken,
      evidence: draft.finding?.evidence ?? [], isDrill: draft.isDrill)
    if changesShare {
      percent = draft.percent
      awaited = decision.id
      awaitedSince = surroundings.time
    }
    let by: String
    switch draft.actor {
    case .policy: by = plan.policy
    case .person(let person): by = person
    }
    note(draft.isDrill ? "drill" : draft.action.name, by: by, draft.reason, surroundings)
    return decision
  }

  /// Says why it does not go on, once for each reason in each phase of a stage.
  mutating func hold(
    _ cause: String, _ reason: String, _ surroundings: RolloutSurroundings, finding: Finding? = nil,
    actor: RolloutDecision.Actor = .policy
  ) -> RolloutDecision? {
    heldFor = reason
    guard !told.contains(cause) else { return nil }
    told.append(cause)
    return decide(
      Draft(
        action: .hold, cause: cause, reason: reason, actor: actor, step: max(stage, 0), percent: percent,
        finding: finding), surroundings)
  }
}
