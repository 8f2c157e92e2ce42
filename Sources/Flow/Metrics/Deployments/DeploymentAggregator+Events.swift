// What each type of event says about an arm. An event without a deployment says nothing here.
public import Basics
public import Events

extension DeploymentReference {
  /// The arm that an event names by its deployment and stage; without a stage it is the candidate's.
  public init?(
    _ envelope: borrowing Envelope, deployment: consuming JSONText?, stage: consuming JSONText?
  ) {
    guard let deployment = deployment?.string else { return nil }
    let isBaseline = stage?.string == DeploymentArm.baselineStage
    self.init(
      organization: envelope.organization.string, agent: envelope.agent?.string ?? "", deployment: deployment,
      arm: isBaseline ? .baseline : .candidate)
  }
}

extension DeploymentAggregator {
  /// An execution: its outcome, its duration, and whether its task was completed. Returns the arm, for what
  /// is said about the execution later.
  @discardableResult
  public mutating func add(
    _ fields: borrowing Fields<ExecutionCompleted>, _ envelope: borrowing Envelope,
    from origin: EvidenceOrigin
  ) -> DeploymentReference? {
    guard
      let reference = DeploymentReference(
        envelope, deployment: fields.text(.deploymentID), stage: fields.text(.stage))
    else { return nil }
    let status = fields.choice(.status, ExecutionStatus.self)
    let (duration, completed) = (fields.number(.duration_ms), fields.boolean(.taskCompleted))
    add(reference, at: envelope.time, from: origin) { tally in
      tally.errors.add(status == .error)
      if let completed { tally.incompletions.add(!completed) }
      if let duration {
        tally.latency_ms.add(duration)
        tally.latencyMoments_ms.add(duration)
      }
    }
    return reference
  }

  /// A rating of an execution of that arm: stars, or a thumb as the greatest or the least of them.

  public mutating func add(
    rating stars: Double, of reference: DeploymentReference, at time: EventTime, from origin: EvidenceOrigin
  ) {
    add(reference, at: time, from: origin) { $0.satisfaction.add(stars) }
  }

  /// A score, 0 to 1, of an execution of that arm by the evaluation `accuracy`.
  public mutating func add(
    accuracy score: Double, of reference: DeploymentReference, at time: EventTime, from origin: EvidenceOrigin
  ) {
    add(reference, at: time, from: origin) { $0.accuracy.add(score) }
  }

  /// The name of the evaluation whose scores are accuracy.
  public static let accuracyEvaluation = "accuracy"

  /// A learning operation of that arm.
  public mutating func add(
    _ fields: borrowing Fields<OperationCompleted>, _ envelope: borrowing Envelope,
    from origin: EvidenceOrigin
  ) {
    guard
      let reference = DeploymentReference(
        envelope, deployment: fields.text(.deploymentID), stage: fields.text(.stage)),
      let success = fields.boolean(.success)
    else { return }
    add(reference, at: envelope.time, from: origin) { $0.learningFailures.add(!success) }
  }

  /// Memory of that arm, or a probe of it.
  public mutating func add(
    _ fields: borrowing Fields<MeasurementTaken>, _ envelope: borrowing Envelope, from origin: EvidenceOrigin
  ) {
    guard
      let reference = DeploymentReference(
        envelope, deployment: fields.text(.deploymentID), stage: fields.text(.stage)),
      let value = fields.number(.value)
    else { return }
    switch fields.text(.name)?.string {
    case "learning_memory_usage":
      add(reference, at: envelope.time, from: origin) { $0.memory_bytes.add(value) }
    case "up": add(reference, at: envelope.time, from: origin) { $0.downtime.add(value == 0) }
    default: break
    }
  }
}
