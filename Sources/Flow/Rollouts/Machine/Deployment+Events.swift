// What people, validations and executors say of a deployment.
internal import Basics
internal import Events
internal import Metrics

extension Deployment {
  static func key(organization: String, deployment: String) -> String {
    entityKey(organization: organization, id: deployment)
  }

  // MARK: Creation

  mutating func created(
    _ agent: String, _ plan: DeploymentPlan, _ surroundings: RolloutSurroundings
  ) -> RolloutDecision? {
    if let current = self.plan {
      guard plan.revision > current.revision else {
        if plan == current { return nil }
        return refuse(
          "created", by: plan.createdBy ?? "", "revision \(plan.revision) is not above \(current.revision)",
          surroundings)
      }
      // What has traffic of the old revision loses it before the new one is looked at.
      let taken =
        percent > 0
        ? rollBackAtOnce(
          "superseded_revision", "revision \(plan.revision) takes the place of \(current.revision)",
          .policy, surroundings) : nil
      begin(agent, plan)
      if let taken {
        awaited = taken.id
        return taken
      }
    } else {
      begin(agent, plan)
    }
    return start(surroundings)
  }

  private mutating func begin(_ agent: String, _ plan: DeploymentPlan) {
    self.agent = agent
    self.plan = plan
    phase = .validating
    (stage, candidateSince, stageSince, approval, rollback) = (-1, nil, nil, nil, nil)
    (conditions, told, occurrences, heldFor) = ([], [], [], nil)
    validations.removeAll { $0.revision != nil && $0.revision != plan.revision }
    if plan.revision > 1 { validations.removeAll { $0.revision == nil } }
  }

  mutating func validated(
    _ kind: ValidationKind, _ passed: Bool, _ revision: Int64?, _ surroundings: RolloutSurroundings
  ) -> RolloutDecision? {
    if let revision, let plan, revision != plan.revision {
      return refuse(
        "validated", by: "validation", "it is of revision \(revision), not \(plan.revision)", surroundings)
    }
    validations.removeAll { $0.kind == kind && ($0.revision == revision || plan != nil) }
    validations.append(Validation(kind: kind, passed: passed, revision: revision))
    note("validated", by: kind.name, passed ? "passed" : "not passed", surroundings)
    guard phase == .validating || (phase == .gate && stage < 0) else { return nil }
    return start(surroundings)
  }

  /// Begins the first stage if nothing is missing, or says what is (R6.7).
  mutating func start(_ surroundings: RolloutSurroundings) -> RolloutDecision? {
    guard let plan else { return nil }
    guard let policy = surroundings.policy else {
      return hold("policy_missing", "no policy \"\(plan.policy)\" is in force", surroundings)
    }
    if let lack = lackOfValidation(policy) { return hold(lack.cause, lack.reason, surroundings) }
    guard surroundings.isLearningOn else {
      return hold("learning_off", "learning is switched off", surroundings)
    }
    if plan.needsHuman(policy), approval == nil {
      if phase == .validating { move(to: .gate) }
      return hold("approval_missing", "a human must approve it before its first stage", surroundings)
    }
    let names = validations.map(\.kind.name).joined(separator: ", ")
    return advance(
      surroundings, reason: names.isEmpty ? "its policy asks for no validation" : "validated by \(names)")
  }

  /// Which validation it lacks, or has failed, even if it had passed it before.
  func lackOfValidation(_ policy: RolloutPolicy) -> (cause: String, reason: String)? {
    if let failed = validations.first(where: { !$0.passed && policy.validations.contains($0.kind) }) {
      return ("validation_failed", "the validation \(failed.kind.name) has not been passed")
    }
    let missing = policy.validations.filter { kind in !validations.contains { $0.kind == kind && $0.passed } }
    guard !missing.isEmpty else { return nil }
    return ("validation_missing", "not yet validated by \(missing.map(\.name).joined(separator: ", "))")
  }

  // MARK: People

  mutating func commanded(
    _ command: DeploymentCommand, by person: String, _ reason: String, _ revision: Int64?,
    _ surroundings: RolloutSurroundings
  ) -> RolloutDecision? {
    if let revision, revision != self.revision {
      return refuse(
        command.name, by: person, "it is meant for revision \(revision), not \(self.revision)", surroundings)
    }
    switch command {
    case .rollback:
      guard percent > 0 else { return refuse("rollback", by: person, "it has no traffic", surroundings) }
      return rollBackAtOnce("person", reason, .person(person), surroundings)
    case .hold:
      guard phase == .running || phase == .gate, percent > 0 else {
        return refuse("hold", by: person, "it is \(phase.name)", surroundings)
      }
      move(to: .paused)
      return hold("person", reason, surroundings, actor: .person(person))
    case .resume: return resume(by: person, reason, surroundings)
    case .approve: return approve(by: person, reason, surroundings)
    case .cancel: return cancel(by: person, reason, surroundings)
    }
  }

  private mutating func resume(
    by person: String, _ reason: String, _ surroundings: RolloutSurroundings
  ) -> RolloutDecision? {
    guard phase == .paused || phase == .featuresDisabled else {
      return refuse("resume", by: person, "it is \(phase.name)", surroundings)
    }
    guard surroundings.isLearningOn, let policy = surroundings.policy, policy.stages.indices.contains(stage)
    else {
      return refuse("resume", by: person, "learning is off, or its policy is not in force", surroundings)
    }
    if let lack = lackOfValidation(policy) { return refuse("resume", by: person, lack.reason, surroundings) }
    let isBack = phase == .featuresDisabled
    let share = isBack ? policy.stages[stage].percent : percent
    conditions = []
    if isBack { (stageSince, candidateSince) = (nil, surroundings.time) }
    move(to: .running)
    let flags = isBack ? (policy.features + [policy.learningFlag]).map { RolloutDecision.Flag($0, true) } : []
    let decision = decide(
      Draft(
        action: .resume, cause: "person", reason: reason, actor: .person(person), step: stage,
        percent: share, flags: flags.sorted { $0.name < $1.name }), surroundings)
    if isBack, !policy.waitsForExecutor { stageSince = surroundings.time }
    return decision
  }

  private mutating func approve(
    by person: String, _ reason: String, _ surroundings: RolloutSurroundings
  ) -> RolloutDecision? {
    switch phase {
    case .gate where stage < 0, .validating:
      approval = person
      note("approved", by: person, reason, surroundings)
      return start(surroundings)
    case .gate:
      // Nothing is broken, or it would not be here: what is missing is data, improvement or a person.
      guard surroundings.isLearningOn else {
        return refuse("approve", by: person, "learning is switched off", surroundings)
      }
      if let lack = surroundings.policy.flatMap(lackOfValidation) {
        return refuse("approve", by: person, lack.reason, surroundings)
      }
      note("approved", by: person, reason, surroundings)
      return advance(surroundings, reason: reason, actor: .person(person))
    case .running, .paused:
      approval = person
      note("approved", by: person, reason, surroundings)
      return nil
    case .announced, .rollingBack, .rolledBack, .featuresDisabled, .completed, .cancelled:
      return refuse("approve", by: person, "it is \(phase.name)", surroundings)
    }
  }

  private mutating func cancel(
    by person: String, _ reason: String, _ surroundings: RolloutSurroundings
  ) -> RolloutDecision? {
    switch phase {
    case .rollingBack:
      rollback = nil
      conditions = []
      // What was measured before is what the person has judged; only what comes now may break it off again.
      candidateSince = surroundings.time
      stageSince = surroundings.time
      move(to: .paused)
      return hold("rollback_cancelled", reason, surroundings, actor: .person(person))
    case .validating, .gate:
      guard percent == 0 else {
        return refuse("cancel", by: person, "it has traffic; roll it back instead", surroundings)
      }
      move(to: .cancelled)
      return hold("cancelled", reason, surroundings, actor: .person(person))
    case .announced, .running, .paused, .rolledBack, .featuresDisabled, .completed, .cancelled:
      return refuse("cancel", by: person, "it is \(phase.name)", surroundings)
    }
  }

  /// As an immediate rollback would be, but for the change itself.
  mutating func drilled(
    by person: String, _ reason: String, _ surroundings: RolloutSurroundings
  ) -> RolloutDecision? {
    decide(
      Draft(
        action: .immediateRollback, cause: "drill", reason: reason, actor: .person(person), percent: 0,
        flags: surroundings.policy.map { [.init($0.learningFlag, false)] } ?? [], isDrill: true),
      surroundings)
  }

  mutating func learningSwitchedOff(
    by person: String, _ reason: String, _ surroundings: RolloutSurroundings
  ) -> RolloutDecision? {
    guard percent > 0 else { return nil }
    return rollBackAtOnce("learning_switched_off", reason, .person(person), surroundings)
  }

  // MARK: Executors

  mutating func reported(
    _ report: ExecutorReport, _ surroundings: RolloutSurroundings
  ) -> RolloutDecision? {
    let health = report.baselineHealthy.map { $0 ? ", baseline healthy" : ", baseline NOT healthy" } ?? ""
    let text = "\(report.decisionID) \(report.status.name)\(report.error.map { ": \($0)" } ?? "")\(health)"
    note("reported", by: report.executor ?? "", text, surroundings)
    guard report.decisionID == awaited else { return nil }
    lastReport = report
    guard report.status == .applied else {
      guard report.status == .failed else { return nil }
      return hold(
        "executor_failed", "its executor could not carry out \(report.decisionID): \(report.error ?? "")",
        surroundings)
    }
    awaited = nil
    if percent > 0, phase == .running || phase == .paused, stageSince == nil {
      stageSince = surroundings.time
    }
    return nil
  }
}
