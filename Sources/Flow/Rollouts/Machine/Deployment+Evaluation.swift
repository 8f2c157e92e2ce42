// What a look at a deployment leads to: a rollback if something is broken, whatever else it waits for; the
// next stage, or the reason why not, when a stage's time is over.
internal import Basics

extension Deployment {
  /// An executor that says nothing for so long is told of.
  static let executorSilence: Duration = .seconds(600)

  /// Whether the stage's time is over, so that a look must tell of the whole stage.
  public func isGateDue(_ surroundings: RolloutSurroundings) -> Bool {
    guard phase == .running || (phase == .gate && stage >= 0), let policy = surroundings.policy,
      let stageSince,
      policy.stages.indices.contains(stage)
    else { return false }
    return surroundings.time >= stageSince + policy.stages[stage].duration
  }

  mutating func evaluated(
    _ evaluation: Evaluation, _ surroundings: RolloutSurroundings
  ) -> RolloutDecision? {
    switch phase {
    case .announced, .rolledBack, .featuresDisabled, .completed, .cancelled: return nil
    case .validating: return start(surroundings)
    case .gate where stage < 0: return start(surroundings)
    case .running, .gate, .paused, .rollingBack: break
    }
    guard let policy = surroundings.policy else {
      return hold(
        "policy_missing", "no policy \"\(plan?.policy ?? "")\" is in force: nothing guards it", surroundings)
    }
    if let decision = actOnBroken(evaluation, policy, surroundings) { return decision }
    if phase == .running, stageSince == nil, let since = awaitedSince,
      surroundings.time - since >= Self.executorSilence
    {
      return hold("executor_silent", "no executor has reported decision \(awaited ?? "")", surroundings)
    }
    guard phase == .running || phase == .gate, let gate = evaluation.gate else { return nil }
    if phase == .running { move(to: .gate) }
    if let decision = holdAtGate(gate, policy, surroundings) { return decision.value }
    return advance(surroundings, reason: gate.sentence)
  }

  // MARK: What is broken

  private mutating func actOnBroken(
    _ evaluation: Evaluation, _ policy: RolloutPolicy, _ surroundings: RolloutSurroundings
  ) -> RolloutDecision? {
    let now = surroundings.time
    remember(evaluation.findings, policy, now)
    var fired = evaluation.findings.filter { finding in
      guard finding.outcome == .broken,
        let condition = conditions.first(where: { $0.trigger == finding.trigger })
      else { return false }
      return now - condition.since >= finding.hold
    }
    if phase == .running || phase == .gate, let gate = evaluation.gate {
      // A whole stage beyond a limit has been so for long enough.
      let known = fired.map(\.trigger)
      fired += gate.findings.filter { $0.outcome == .broken && !known.contains($0.trigger) }
    }
    // A gradual rollback gives way to what is more urgent, and to nothing else.
    if phase == .rollingBack { fired.removeAll { $0.action >= .gradualRollback } }
    guard let first = fired.min(by: { $0.action < $1.action }) else { return nil }
    let others = fired.map(\.trigger).filter { $0 != first.trigger }
    return rollBack(first.action, cause: first.trigger, first, alsoBroken: others, surroundings)
  }

  /// Since when each trigger has been broken. What is not broken for its recovery time is forgotten.
  private mutating func remember(_ findings: [Finding], _ policy: RolloutPolicy, _ now: Timestamp) {
    for finding in findings where finding.outcome == .broken {
      if let place = conditions.firstIndex(where: { $0.trigger == finding.trigger }) {
        conditions[place].lastBroken = now
      } else {
        conditions.append(TriggerCondition(trigger: finding.trigger, since: now, lastBroken: now))
      }
    }
    conditions.removeAll { condition in
      guard let trigger = policy.triggers.first(where: { $0.name == condition.trigger }) else { return true }
      return condition.lastBroken < now && now - condition.lastBroken >= trigger.recovery
    }
  }

  // MARK: The gate

  /// A hold, told now or before: then nothing further is looked at.
  private struct Held { var value: RolloutDecision? }

  private mutating func holdAtGate(
    _ gate: GateEvaluation, _ policy: RolloutPolicy, _ surroundings: RolloutSurroundings
  ) -> Held? {
    guard let plan, policy.stages.indices.contains(stage) else {
      return Held(value: hold("policy_changed", "its policy has no such stage", surroundings))
    }
    if let lack = lackOfValidation(policy) {
      return Held(value: hold(lack.cause, lack.reason, surroundings))
    }
    let stageNow = policy.stages[stage]
    let wanted = stageNow.minimumRequests
    if gate.candidateRequests < wanted || gate.baselineRequests < wanted {
      return Held(
        value: hold(
          "insufficient_data",
          "\(gate.candidateRequests) executions of the candidate and \(gate.baselineRequests) of the "
            + "baseline, of \(wanted) each", surroundings))
    }
    let required = policy.triggers.filter(\.isRequired).map(\.name)
    if let few = gate.findings.first(where: {
      $0.outcome == .tooFew && (required.contains($0.trigger) || $0.looksBroken)
    }) {
      return Held(value: hold("insufficient_data:\(few.trigger)", few.sentence, surroundings, finding: few))
    }
    if let unclear = gate.findings.first(where: { $0.outcome == .unclear }) {
      return Held(value: hold("unclear:\(unclear.trigger)", unclear.sentence, surroundings, finding: unclear))
    }
    let isLast = stage + 1 == policy.stages.count
    if !isLast, stageNow.condition == .improved {
      if let worse = gate.worse.first {
        return Held(
          value: hold("not_improved", "\(worse.rawValue) is worse than the baseline's", surroundings))
      }
      if gate.better.isEmpty {
        return Held(value: hold("not_improved", "no metric is better than the baseline's", surroundings))
      }
    }
    if !isLast, plan.needsHuman(policy), approval == nil {
      return Held(
        value: hold("approval_missing", "a human must approve it before its next stage", surroundings))
    }
    guard surroundings.isLearningOn else {
      return Held(value: hold("learning_off", "learning is switched off", surroundings))
    }
    return nil
  }

  /// Begins the next stage, or ends the last.
  mutating func advance(
    _ surroundings: RolloutSurroundings, reason: String, actor: RolloutDecision.Actor = .policy
  ) -> RolloutDecision? {
    guard let policy = surroundings.policy else { return nil }
    let actor = actor == .policy ? approval.map { .person($0) } ?? .policy : actor
    approval = nil
    let next = stage + 1
    guard policy.stages.indices.contains(next) else {
      move(to: .completed)
      return decide(
        Draft(
          action: .complete, cause: "completed", reason: reason, actor: actor, step: stage, percent: percent),
        surroundings)
    }
    move(to: .running)
    stage = next
    stageSince = policy.waitsForExecutor ? nil : surroundings.time
    if candidateSince == nil { candidateSince = surroundings.time }
    let flags =
      next == 0
      ? (policy.features + [policy.learningFlag]).sorted().map { RolloutDecision.Flag($0, true) } : []
    return decide(
      Draft(
        action: .advance, cause: policy.stages[next].name, reason: reason, actor: actor, step: next,
        percent: policy.stages[next].percent, flags: flags), surroundings)
  }
}

extension GateEvaluation {
  fileprivate var sentence: String {
    let names = better.map(\.rawValue).joined(separator: ", ")
    let improved = names.isEmpty ? "" : "; better than the baseline: \(names)"
    return "every limit was kept over the stage, \(candidateRequests) executions against \(baselineRequests)"
      + improved
  }
}
