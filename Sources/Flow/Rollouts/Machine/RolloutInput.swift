// All that can happen to a deployment: what its events say, what a look at it has found, and time.
public import Basics
public import Events

/// What a deployment is, as its creation says (R10.10).
public struct DeploymentPlan: Hashable, Sendable {
  public var kind: CandidateKind
  public var candidate: String
  public var baseline: String
  public var policy: String
  public var revision: Int64
  public var highImpact: Bool
  public var queryShare: Double?
  public var proposalID: String?
  public var experimentID: String?
  public var trainingRunID: String?
  public var createdBy: String?
  public var description: String?

  public init(
    kind: CandidateKind, candidate: String, baseline: String, policy: String, revision: Int64 = 1,
    highImpact: Bool = false, queryShare: Double? = nil, proposalID: String? = nil,
    experimentID: String? = nil, trainingRunID: String? = nil, createdBy: String? = nil,
    description: String? = nil
  ) {
    self.kind = kind
    self.candidate = candidate
    self.baseline = baseline
    self.policy = policy
    self.revision = revision
    self.highImpact = highImpact
    self.queryShare = queryShare
    self.proposalID = proposalID
    self.experimentID = experimentID
    self.trainingRunID = trainingRunID
    self.createdBy = createdBy
    self.description = description
  }

  /// Whether a human must approve it under `policy` (R6.4, R10.5).
  func needsHuman(_ policy: RolloutPolicy) -> Bool {
    switch policy.approval {
    case .always: true
    case .never: false
    case .highImpact:
      highImpact || trainingRunID != nil
        || (kind == .prompt && (queryShare ?? 0) > policy.highImpactQueryShare)
    }
  }
}

/// What an executor says of a decision.
public struct ExecutorReport: Hashable, Sendable {
  public var decisionID: String
  public var status: StepStatus
  public var baselineHealthy: Bool?
  public var executor: String?
  public var error: String?

  public init(
    decisionID: String, status: StepStatus, baselineHealthy: Bool? = nil, executor: String? = nil,
    error: String? = nil
  ) {
    self.decisionID = decisionID
    self.status = status
    self.baselineHealthy = baselineHealthy
    self.executor = executor
    self.error = error
  }
}

/// One thing that happens to a deployment.
public enum RolloutInput: Hashable, Sendable {
  case created(agent: String, DeploymentPlan)
  /// `revision` nil means the one that is current.
  case validated(ValidationKind, passed: Bool, revision: Int64?)
  case commanded(DeploymentCommand, by: String, reason: String, revision: Int64?)
  /// A dry run of a rollback (R10.8).
  case drilled(by: String, reason: String)
  case reported(ExecutorReport)
  case evaluated(Evaluation)
  /// The next step of a gradual rollback is due.
  case stepDue
  /// Learning has been switched off, for the agent or for all (R10.9).
  case learningSwitchedOff(by: String, reason: String)
}

/// What else a deployment's fate depends on, as of one input.
public struct RolloutSurroundings: Sendable {
  /// Recorded time.
  public var time: Timestamp
  /// The policy that the deployment names, if it is in force.
  public var policy: RolloutPolicy?
  public var isLearningOn: Bool

  public init(time: Timestamp, policy: RolloutPolicy?, isLearningOn: Bool = true) {
    self.time = time
    self.policy = policy
    self.isLearningOn = isLearningOn
  }
}
