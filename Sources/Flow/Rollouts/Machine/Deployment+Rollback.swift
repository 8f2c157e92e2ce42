// Breaking a deployment off: at once, in steps, or by turning features off.
internal import Basics

extension Deployment {
  mutating func rollBack(
    _ action: RollbackAction, cause: String, _ finding: Finding, alsoBroken: [String],
    _ surroundings: RolloutSurroundings
  ) -> RolloutDecision? {
    switch action {
    case .immediateRollback:
      return rollBackAtOnce(
        cause, finding.sentence, .policy, surroundings, finding: finding, alsoBroken: alsoBroken)
    case .featureDisable:
      rollback = nil
      move(to: .featuresDisabled)
      let flags = surroundings.policy?.features.sorted().map { RolloutDecision.Flag($0, false) } ?? []
      return decide(
        Draft(
          action: .featureDisable, cause: cause, reason: finding.sentence, step: 0, percent: 0, flags: flags,
          finding: finding, alsoBroken: alsoBroken), surroundings)
    case .gradualRollback:
      guard let gradual = surroundings.policy?.gradual else { return nil }
      rollback = GradualProgress(
        cause: cause, reason: finding.sentence, percents: gradual.percents, interval: gradual.interval,
        next: 0, due: surroundings.time)
      move(to: .rollingBack)
      return step(surroundings, finding: finding, alsoBroken: alsoBroken)
    }
  }

  /// All traffic to the baseline, learning off.
  mutating func rollBackAtOnce(
    _ cause: String, _ reason: String, _ actor: RolloutDecision.Actor, _ surroundings: RolloutSurroundings,
    finding: Finding? = nil, alsoBroken: [String] = []
  ) -> RolloutDecision? {
    rollback = nil
    move(to: .rolledBack)
    return decide(
      Draft(
        action: .immediateRollback, cause: cause, reason: reason, actor: actor, percent: 0,
        flags: surroundings.policy.map { [.init($0.learningFlag, false)] } ?? [], finding: finding,
        alsoBroken: alsoBroken), surroundings)
  }

  mutating func stepDue(_ surroundings: RolloutSurroundings) -> RolloutDecision? {
    guard phase == .rollingBack, let rollback, rollback.due <= surroundings.time else { return nil }
    return step(surroundings)
  }

  /// The next step that lowers the share; behind the last it is rolled back.
  private mutating func step(
    _ surroundings: RolloutSurroundings, finding: Finding? = nil, alsoBroken: [String] = []
  ) -> RolloutDecision? {
    guard var progress = rollback else { return nil }
    let left = progress.percents[progress.next...]
    let number = left.firstIndex { $0 < percent } ?? progress.percents.count
    let target = number < progress.percents.count ? progress.percents[number] : 0
    progress.next = number + 1
    progress.due = surroundings.time + progress.interval
    rollback = target > 0 ? progress : nil
    if target == 0 { move(to: .rolledBack) }
    return decide(
      Draft(
        action: .gradualRollback, cause: progress.cause, reason: progress.reason, step: number,
        percent: target, finding: finding, alsoBroken: alsoBroken), surroundings)
  }
}
