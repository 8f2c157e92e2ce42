// What decides about a deployment, as a value: its stages, what breaks it off, and who must agree. Read from
// topology/policies/*.yaml by Engine/Topology; here nothing is parsed.
public import Events

/// A rollout policy (R10.1 to R10.3).
public struct RolloutPolicy: Hashable, Sendable {
  /// Whose traffic is shared out: requests that carry the header with this value. Others see the baseline.
  public struct TrafficClass: Hashable, Sendable {
    public var header: String
    public var value: String

    public init(header: String, value: String) {
      self.header = header
      self.value = value
    }
  }

  /// When a human must approve before each stage (R6.4, R10.5).
  public enum Approval: String, CaseIterable, Sendable {
    /// When the deployment says so, affects most queries by a prompt, or comes from a training run.
    case highImpact = "high_impact"
    case always, never
  }

  public var name: String
  /// Of the file's content, as decisions name it.
  public var version: String
  public var stages: [RolloutStage]
  /// In the order of the file; guardrails behind triggers.
  public var triggers: [RolloutTrigger]
  public var trafficClass: TrafficClass?
  /// All must have passed before the first stage (R6.7).
  public var validations: [ValidationKind]
  public var approval: Approval
  /// A prompt that affects a greater share of queries than this needs a human (R6.4).
  public var highImpactQueryShare: Double
  /// Whether a stage begins only when an executor has reported that it is applied.
  public var waitsForExecutor: Bool
  /// How often triggers are looked at, in recorded time.
  public var interval: Duration
  public var gradual: GradualRollback
  /// What feature_disable turns off.
  public var features: [String]
  /// What immediate_rollback turns off.
  public var learningFlag: String

  public init(
    name: String, version: String = "", stages: [RolloutStage], triggers: [RolloutTrigger],
    trafficClass: TrafficClass? = nil, validations: [ValidationKind] = Array(ValidationKind.allCases),
    approval: Approval = .highImpact, highImpactQueryShare: Double = 0.5, waitsForExecutor: Bool = true,
    interval: Duration = .seconds(5), gradual: GradualRollback = GradualRollback(),
    features: [String] = ["ENABLE_REAL_TIME_LEARNING", "ENABLE_VOICE_FEEDBACK"],
    learningFlag: String = "ENABLE_LEARNING"
  ) {
    self.name = name
    self.version = version
    self.stages = stages
    self.triggers = triggers
    self.trafficClass = trafficClass
    self.validations = validations
    self.approval = approval
    self.highImpactQueryShare = highImpactQueryShare
    self.waitsForExecutor = waitsForExecutor
    self.interval = interval
    self.gradual = gradual
    self.features = features
    self.learningFlag = learningFlag
  }

  /// How far back any trigger looks.
  public var longestWindow: Duration { triggers.map(\.window).max() ?? .zero }
}

/// One stage: a share of the traffic class for a time.
public struct RolloutStage: Hashable, Sendable {
  /// What must hold at the stage's end for the next one to begin.
  public enum Condition: String, CaseIterable, Sendable {
    /// Every trigger and guardrail is kept over the whole stage.
    case holds
    /// That, and some compared metric is better than the baseline's while none is surely worse.
    case improved
  }

  public var name: String
  /// Of the traffic class, 1 to 100.
  public var percent: Int
  public var duration: Duration
  public var condition: Condition
  /// Fewer executions of either arm than this say nothing.
  public var minimumRequests: UInt64

  public init(
    name: String, percent: Int, duration: Duration, condition: Condition = .holds,
    minimumRequests: UInt64 = 500
  ) {
    self.name = name
    self.percent = percent
    self.duration = duration
    self.condition = condition
    self.minimumRequests = minimumRequests
  }
}

/// How gradual_rollback takes the candidate's share down. A step that would not lower it is left out.
public struct GradualRollback: Hashable, Sendable {
  public var percents: [Int]
  public var interval: Duration

  public init(percents: [Int] = [75, 50, 25, 0], interval: Duration = .seconds(300)) {
    self.percents = percents
    self.interval = interval
  }
}
