// What events say of the deployment that their execution names: the execution itself, feedback that has met
// it, whichever came first, and scores of its accuracy.
internal import Basics
internal import Events
internal import Learning
internal import Metrics
internal import Runtime

extension Collect {
  /// `matched`: places of feedback that has met its execution by this event.
  mutating func addToDeployments(
    _ event: borrowing DecodedEvent, _ envelope: borrowing Envelope, _ matched: [Int],
    from origin: EvidenceOrigin
  ) {
    var score: Double?
    switch event.type {
    case .executionCompleted:
      let fields = event.fields(ExecutionCompleted.self)
      guard deployments.aggregator.add(fields, envelope, from: origin) != nil else { return }
    case .feedbackGiven: guard !matched.isEmpty else { return }
    case .executionEvaluated:
      let fields = event.fields(ExecutionEvaluated.self)
      guard fields.text(.evaluationName)?.string == DeploymentAggregator.accuracyEvaluation else { return }
      score = fields.number(.evaluationScoreValue)
    default: return
    }
    let key = ScopedKey(.execution, organization: envelope.organization, id: event.key)
    guard let arm = join.cases.read(key, { file in file?.execution.map(Arm.init) ?? nil }) else { return }
    let reference = DeploymentReference(
      organization: envelope.organization.string, agent: arm.agent, deployment: arm.deployment,
      arm: arm.stage == DeploymentArm.baselineStage ? .baseline : .candidate)
    if let score {
      deployments.aggregator.add(accuracy: score, of: reference, at: envelope.time, from: origin)
    }
    let ratings = join.cases.read(key) { file in
      matched.compactMap { place in file?.feedback[place].stars.map { ($0, file?.feedback[place].time) } }
    }
    for (stars, time) in ratings {
      deployments.aggregator.add(rating: stars, of: reference, at: time ?? envelope.time, from: origin)
    }
  }

  /// What an execution says of its deployment.
  private struct Arm {
    var agent: String
    var deployment: String
    var stage: String?

    init?(_ execution: ExecutionRecord) {
      guard let deployment = execution.deploymentID else { return nil }
      self.deployment = deployment
      agent = execution.agent
      stage = execution.stage
    }
  }
}

extension FeedbackRecord {
  /// Stars, or a thumb as the most or the least of them.
  fileprivate var stars: Double? {
    switch type {
    case .thumbsUp: 5
    case .thumbsDown: 1
    default: rating.map(Double.init)
    }
  }
}
