// Decisions and deployments as JSON, as their declarations have them.
internal import Basics
public import Events
internal import Metrics

/// Writes decisions and the projection of deployments.
public struct RolloutWriter {
  private var decisions = ProjectionWriter(RolloutDecisionField.self)
  private var deployments = ProjectionWriter(DeploymentField.self)

  public init() {}

  /// `position`: the record that made it, or the last before the timer that did.
  public mutating func decision(_ decision: RolloutDecision, position: EventPosition) -> [UInt8] {
    decisions.write(organization: decision.organization, position: position) { $0.write(decision) }
  }

  /// Where a deployment stands, what both arms measure, and what the last look has found.
  public mutating func deployment(
    _ deployment: Deployment, totals: StageTotals, findings: [Finding], position: EventPosition
  ) -> [UInt8] {
    deployments.write(organization: deployment.organization, position: position) { fields in
      fields.write(deployment)
      fields.group(.candidateArm, ArmMeasuresField.self) { $0.write(totals.candidate) }
      fields.group(.baselineArm, ArmMeasuresField.self) { $0.write(totals.baseline) }
      fields.records(.measurements, MeasurementField.self, findings) { finding, fields in
        fields.write(
          finding, brokenSince: deployment.conditions.first { $0.trigger == finding.trigger }?.since)
      }
      fields.records(.history, HistoryField.self, deployment.history) { entry, fields in
        fields.time(.at, entry.at)
        fields.text(.what, entry.what)
        fields.text(.by, entry.by)
        fields.text(.text, entry.text)
      }
    }
  }
}

extension FieldWriter<RolloutDecisionField> {
  fileprivate mutating func write(_ decision: RolloutDecision) {
    text(.id, decision.id)
    text(.agent, decision.agent)
    text(.deploymentID, decision.deployment)
    whole(.revision, decision.plan.revision)
    whole(.sequence, decision.sequence)
    choice(.action, decision.action)
    text(.cause, decision.cause)
    whole(.step, decision.step)
    group(.actor, ActorField.self) { actor in
      switch decision.actor {
      case .policy:
        actor.choice(.kind, ActorKind.policy)
        actor.text(.id, decision.plan.policy)
      case .person(let person):
        actor.choice(.kind, ActorKind.person)
        actor.text(.id, person)
      }
    }
    text(.policy, decision.plan.policy)
    text(.policyVersion, decision.policyVersion)
    number(.previousPercent, Double(decision.previousPercent))
    number(.targetPercent, Double(decision.targetPercent))
    number(.baselinePercent, Double(100 - decision.targetPercent))
    text(.candidate, decision.plan.candidate)
    text(.baseline, decision.plan.baseline)
    choice(.candidateKind, decision.plan.kind)
    if let traffic = decision.trafficClass {
      group(.trafficClass, TrafficClassField.self) {
        $0.text(.header, traffic.header)
        $0.text(.value, traffic.value)
      }
    }
    records(.flags, FlagField.self, decision.flags) { flag, fields in
      fields.text(.name, flag.name)
      fields.boolean(.on, flag.isOn)
    }
    text(.reason, decision.reason)
    time(.decidedAt, decision.decidedAt)
    if let finding = decision.finding {
      group(.measurement, MeasurementField.self) { $0.write(finding, brokenSince: nil) }
    }
    texts(.alsoBroken, decision.alsoBroken)
    records(.evidence, EvidenceField.self, decision.evidence.prefix(1024)) { range, fields in
      fields.text(.topic, range.place.topic)
      fields.whole(.partition, range.place.partition.rawValue)
      fields.whole(.firstOffset, range.first.rawValue)
      fields.whole(.lastOffset, range.last.rawValue)
    }
    boolean(.drill, decision.isDrill)
    text(.proposalID, decision.plan.proposalID)
    text(.experimentID, decision.plan.experimentID)
    text(.trainingRunID, decision.plan.trainingRunID)
  }
}

extension FieldWriter<DeploymentField> {
  fileprivate mutating func write(_ deployment: Deployment) {
    text(.deploymentID, deployment.id)
    text(.agent, deployment.agent)
    whole(.revision, deployment.revision)
    whole(.sequence, deployment.sequence)
    choice(.phase, deployment.phase)
    whole(.stage, deployment.stage)
    number(.percent, Double(deployment.percent))
    text(.heldFor, deployment.heldFor)
    time(.candidateSince, deployment.candidateSince)
    time(.stageSince, deployment.stageSince)
    text(.awaitedDecision, deployment.awaited)
    if let plan = deployment.plan {
      text(.policy, plan.policy)
      text(.candidate, plan.candidate)
      text(.baseline, plan.baseline)
      choice(.candidateKind, plan.kind)
      boolean(.highImpact, plan.highImpact)
      text(.createdBy, plan.createdBy)
      text(.description, plan.description)
      text(.proposalID, plan.proposalID)
      text(.experimentID, plan.experimentID)
      text(.trainingRunID, plan.trainingRunID)
    }
    boolean(.baselineHealthy, deployment.lastReport?.baselineHealthy)
    records(.validations, ValidationField.self, deployment.validations) { validation, fields in
      fields.choice(.validation, validation.kind)
      fields.boolean(.passed, validation.passed)
    }
  }
}

extension FieldWriter<MeasurementField> {
  fileprivate mutating func write(_ finding: Finding, brokenSince: Timestamp?) {
    text(.trigger, finding.trigger)
    text(.metric, finding.metric.rawValue)
    choice(.outcome, finding.outcome)
    choice(.span, finding.span)
    number(.value, finding.value)
    number(.baseline, finding.baseline)
    text(.comparison, "\(finding.limit.direction.rawValue)_\(finding.limit.against.name)")
    number(.threshold, finding.limit.limit)
    number(.statistic, finding.statistic)
    number(.bound, finding.bound)
    number(.confidence, finding.confidence)
    number(.window_seconds, Double(finding.window.milliseconds) / 1000)
    number(.hold_seconds, Double(finding.hold.milliseconds) / 1000)
    whole(.candidateSamples, finding.candidateSamples)
    whole(.baselineSamples, finding.baselineSamples)
    time(.brokenSince, brokenSince)
  }
}

extension FieldWriter<ArmMeasuresField> {
  fileprivate mutating func write(_ tally: ArmTally) {
    func rate(_ share: ArmTally.Share) -> Double? {
      share.total > 0 ? Double(share.hits) / Double(share.total) : nil
    }
    whole(.executions, tally.errors.total)
    number(.errorRate, rate(tally.errors))
    number(.incompletionRate, rate(tally.incompletions))
    number(.downtime, rate(tally.downtime))
    number(.learningFailureRate, rate(tally.learningFailures))
    number(.latencyP50_ms, tally.latency_ms.quantile(0.5))
    number(.latencyP95_ms, tally.latency_ms.quantile(0.95))
    number(.satisfaction, tally.satisfaction.mean)
    if tally.satisfaction.count > 0 { whole(.ratings, tally.satisfaction.count) }
    number(.accuracy, tally.accuracy.mean)
    number(.memory_bytes, tally.memory_bytes.mean)
  }
}

extension TriggerLimit.Against {
  fileprivate var name: String {
    switch self {
    case .absolute: "limit"
    case .baselinePlus: "baseline_plus"
    case .baselineTimes: "baseline_times"
    }
  }
}
