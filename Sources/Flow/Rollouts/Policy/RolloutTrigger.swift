// What breaks a deployment off: one metric against a limit or against the baseline, over a window, sure
// enough and for long enough.

/// What is done when a trigger has fired, the most urgent first: that is their precedence (R10.1).
public enum RollbackAction: String, CaseIterable, Hashable, Comparable, Sendable {
  case immediateRollback = "immediate_rollback"
  case featureDisable = "feature_disable"
  case gradualRollback = "gradual_rollback"

  private var rank: Int {
    switch self {
    case .immediateRollback: 0
    case .featureDisable: 1
    case .gradualRollback: 2
    }
  }

  /// The more urgent first: what takes all traffic away at once before what takes a quarter of an hour.
  public static func < (a: RollbackAction, b: RollbackAction) -> Bool { a.rank < b.rank }
}

/// What is measured of an arm.
public enum RolloutMetric: String, CaseIterable, Hashable, Sendable {
  /// Fraction of executions that ended in an error.
  case errorRate = "error_rate"
  /// Fraction of tasks that were not completed, of the executions that say so.
  case incompletionRate = "incompletion_rate"
  /// Fraction of probes that found the arm down.
  case downtime
  /// Fraction of learning operations that failed.
  case learningFailureRate = "learning_failure_rate"
  /// Milliseconds.
  case latencyMean = "latency_mean"
  case latencyP50 = "latency_p50"
  case latencyP95 = "latency_p95"
  case latencyP99 = "latency_p99"
  /// Mean rating, 1 to 5.
  case satisfaction
  /// Mean score, 0 to 1.
  case accuracy
  /// Bytes by which the last pane's mean exceeds the window's least.
  case memoryGrowth = "memory_growth"

  /// Whether more of it is worse.
  public var worseIsMore: Bool { self != .satisfaction && self != .accuracy }

  /// What `improved` looks at.
  public static let compared: [RolloutMetric] = [
    .satisfaction, .accuracy, .errorRate, .incompletionRate, .latencyP95,
  ]
}

/// Which values of a metric break a trigger.
public struct TriggerLimit: Hashable, Sendable {
  public enum Direction: String, Sendable { case above, below }
  public enum Against: String, Sendable {
    /// The limit itself.
    case absolute
    /// The baseline plus the limit, which is negative for `below`.
    case baselinePlus
    /// The baseline times the limit.
    case baselineTimes
  }

  public var direction: Direction
  public var against: Against
  public var limit: Double

  public init(_ direction: Direction, _ against: Against, _ limit: Double) {
    self.direction = direction
    self.against = against
    self.limit = limit
  }

  public var needsBaseline: Bool { against != .absolute }
}

/// A trigger or a guardrail.
public struct RolloutTrigger: Hashable, Sendable {
  /// In which stages it is looked at.
  public enum Scope: String, CaseIterable, Sendable {
    case always
    /// While the candidate has less than all of the traffic.
    case canary
  }

  public var name: String
  public var metric: RolloutMetric
  public var limit: TriggerLimit
  /// What is looked at; with too few samples in it, the stage so far.
  public var window: Duration
  /// How long it must have been broken before it fires.
  public var hold: Duration
  /// How long it must not be broken for what it has been broken to be forgotten: flapping within this time
  /// adds up to its hold time.
  public var recovery: Duration
  public var minimumSamples: UInt64
  /// Of the one-sided bound that must be beyond the limit, each time it is looked at.
  public var confidence: Double
  public var action: RollbackAction
  public var scope: Scope
  /// Whether a stage may not end without enough samples for it.
  public var isRequired: Bool

  public init(
    name: String, metric: RolloutMetric, limit: TriggerLimit, window: Duration, hold: Duration = .zero,
    recovery: Duration = .seconds(60), minimumSamples: UInt64 = 20, confidence: Double = 0.999,
    action: RollbackAction, scope: Scope = .always, isRequired: Bool = false
  ) {
    self.name = name
    self.metric = metric
    self.limit = limit
    self.window = window
    self.hold = hold
    self.recovery = recovery
    self.minimumSamples = minimumSamples
    self.confidence = confidence
    self.action = action
    self.scope = scope
    self.isRequired = isRequired
  }
}
