// A deployment beside what is known of its arms: which stretch of them counts follows from its stages.
public import Basics
internal import Metrics

extension Deployment {
  /// Applies an input and lets the totals begin anew where a stage or a revision does.
  public mutating func apply(
    _ input: RolloutInput, _ surroundings: RolloutSurroundings, totals: inout StageTotals
  ) -> RolloutDecision? {
    let (stageBefore, revisionBefore) = (stageSince, revision)
    let decision = apply(input, surroundings)
    if revision != revisionBefore { totals = StageTotals() }
    if let stageSince, stageSince != stageBefore {
      totals.beginStage(at: EventTime(milliseconds: stageSince.rawValue))
    }
    return decision
  }

  /// Looks at its arms as of now, without drawing conclusions. Empty while it has no traffic.
  public func evaluation(of history: DeploymentHistory, _ surroundings: RolloutSurroundings) -> Evaluation {
    guard percent > 0, let policy = surroundings.policy, let candidateSince,
      policy.stages.indices.contains(stage)
    else { return Evaluation() }
    return policy.evaluate(
      history, now: surroundings.time, since: candidateSince, isCanary: policy.stages[stage].percent < 100,
      gate: isGateDue(surroundings))
  }

  /// Looks at its arms and decides. What is watched and has no traffic is looked at too: it may begin.
  public mutating func look(
    at history: inout DeploymentHistory, _ surroundings: RolloutSurroundings
  ) -> RolloutDecision? {
    let found = evaluation(of: history, surroundings)
    return apply(.evaluated(found), surroundings, totals: &history.totals)
  }

  /// When it is to be looked at next: the next multiple of the policy's interval.
  public func nextLook(after time: Timestamp, _ policy: RolloutPolicy?) -> Timestamp? {
    guard phase.isWatched else { return nil }
    let interval = max(1, policy?.interval.milliseconds ?? 60_000)
    return Timestamp(milliseconds: (time.rawValue / interval &+ 1) &* interval)
  }

  /// When the next step of its gradual rollback is due.
  public var nextStep: Timestamp? { phase == .rollingBack ? rollback?.due : nil }
}
