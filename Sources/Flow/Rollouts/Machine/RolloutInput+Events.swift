// Events of the topic deployment-events as what happens to a deployment.
public import Events

extension RolloutInput {
  /// What an event says, and of which deployment; nil for a type that says nothing of one.
  public static func read(
    _ event: borrowing DecodedEvent, of envelope: borrowing Envelope
  ) -> (deployment: String, input: RolloutInput)? {
    switch event.type {
    case .deploymentCreated: created(event.fields(DeploymentCreated.self), envelope.agent?.string ?? "")
    case .deploymentValidated: validated(event.fields(DeploymentValidated.self))
    case .deploymentCommanded: commanded(event.fields(DeploymentCommanded.self))
    case .deploymentDrilled: drilled(event.fields(DeploymentDrilled.self))
    case .deploymentReported: reported(event.fields(DeploymentReported.self))
    default: nil
    }
  }

  private static func created(
    _ fields: borrowing Fields<DeploymentCreated>, _ agent: String
  ) -> (deployment: String, input: RolloutInput)? {
    guard let id = fields.text(.deploymentID)?.string,
      let kind = fields.choice(.candidateKind, CandidateKind.self),
      let candidate = fields.text(.candidate)?.string, let baseline = fields.text(.baseline)?.string,
      let policy = fields.text(.policy)?.string
    else { return nil }
    let plan = DeploymentPlan(
      kind: kind, candidate: candidate, baseline: baseline, policy: policy,
      revision: fields.whole(.revision) ?? 1, highImpact: fields.boolean(.highImpact) ?? false,
      queryShare: fields.number(.queryShare), proposalID: fields.text(.proposalID)?.string,
      experimentID: fields.text(.experimentID)?.string, trainingRunID: fields.text(.trainingRunID)?.string,
      createdBy: fields.text(.createdBy)?.string, description: fields.text(.description)?.string)
    return (id, .created(agent: agent, plan))
  }

  private static func validated(
    _ fields: borrowing Fields<DeploymentValidated>
  ) -> (deployment: String, input: RolloutInput)? {
    guard let id = fields.text(.deploymentID)?.string,
      let kind = fields.choice(.validation, ValidationKind.self),
      let passed = fields.boolean(.passed)
    else { return nil }
    return (id, .validated(kind, passed: passed, revision: fields.whole(.revision)))
  }

  private static func commanded(
    _ fields: borrowing Fields<DeploymentCommanded>
  ) -> (deployment: String, input: RolloutInput)? {
    guard let id = fields.text(.deploymentID)?.string,
      let command = fields.choice(.command, DeploymentCommand.self),
      let person = fields.text(.commandedBy)?.string, let reason = fields.text(.reason)?.string
    else { return nil }
    return (id, .commanded(command, by: person, reason: reason, revision: fields.whole(.revision)))
  }

  private static func drilled(
    _ fields: borrowing Fields<DeploymentDrilled>
  ) -> (deployment: String, input: RolloutInput)? {
    guard let id = fields.text(.deploymentID)?.string, let person = fields.text(.commandedBy)?.string,
      let reason = fields.text(.reason)?.string
    else { return nil }
    return (id, .drilled(by: person, reason: reason))
  }

  private static func reported(
    _ fields: borrowing Fields<DeploymentReported>
  ) -> (deployment: String, input: RolloutInput)? {
    guard let id = fields.text(.deploymentID)?.string, let decision = fields.text(.decisionID)?.string,
      let status = fields.choice(.status, StepStatus.self)
    else { return nil }
    let report = ExecutorReport(
      decisionID: decision, status: status, baselineHealthy: fields.boolean(.baselineHealthy),
      executor: fields.text(.executorID)?.string, error: fields.text(.errorType)?.string)
    return (id, .reported(report))
  }
}
