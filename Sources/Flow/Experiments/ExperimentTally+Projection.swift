// An experiment as the projection experiment-tallies shows it.
public import Basics
internal import Events

/// Writes records of experiment-tallies.
public struct ExperimentTallyWriter {
  private var writer = ProjectionWriter(ExperimentTallyField.self)

  public init() {}

  /// The record of an experiment at recorded time `time`; nil while it is not designed.
  public mutating func write(_ tally: ExperimentTally, at time: Timestamp) -> [UInt8]? {
    guard let design = tally.design else { return nil }
    let analysis = ExperimentAnalysis(tally, design, at: time, hasEnded: tally.life.hasEnded)
    return writer.write(organization: tally.organization, position: tally.position) { fields in
      Self.write(design, tally, &fields)
      Self.write(tally.life, &fields)
      fields.records(.arms, ArmField.self, Arm.allCases) { arm, fields in
        fields.choice(.arm, arm)
        fields.whole(.units, tally.units[arm.rawValue])
      }
      fields.whole(.unassignedUnits, tally.unassignedUnits)
      fields.whole(.crossedUnits, tally.crossedUnits)
      fields.number(.sampleRatioPValue, analysis.sampleRatioPValue)
      fields.records(.metrics, MetricField.self, analysis.metrics) { Self.write($0, tally, &$1) }
      Self.write(analysis, tally, &fields)
      fields.time(.analyzedAt, time)
    }
  }

  private static func write(
    _ design: ExperimentDesign, _ tally: ExperimentTally, _ fields: inout FieldWriter<ExperimentTallyField>
  ) {
    fields.text(.experimentID, tally.id)
    fields.text(.agent, design.agent)
    fields.text(.name, design.name)
    fields.text(.description, design.description)
    fields.text(.hypothesis, design.hypothesis)
    fields.object(.controlConfig, design.controlConfig)
    fields.object(.treatmentConfig, design.treatmentConfig)
    fields.number(.treatmentShare, design.treatmentShare)
    fields.number(.minimumDuration_hours, design.minimumDuration_hours)
    fields.whole(.minimumSamples, design.minimumSamples)
    fields.choice(.minSampleScope, design.minSampleScope)
    fields.text(.primaryMetric, design.primaryMetric)
    fields.texts(.guardrailMetrics, design.guardrailMetrics)
    fields.text(.proposalID, design.proposalID)
    fields.text(.createdBy, design.createdBy)
    fields.time(.createdAt, design.createdAt)
  }

  private static func write(_ life: ExperimentLife, _ fields: inout FieldWriter<ExperimentTallyField>) {
    fields.choice(.status, life.standing)
    fields.time(.startedAt, life.startedAt)
    fields.time(.endedAt, life.endedAt)
    fields.text(.changedBy, life.changedBy)
    fields.choice(.winner, life.winner)
    fields.text(.decision, life.decision)
    fields.text(.notes, life.notes)
  }

  private static func write(
    _ analysis: ExperimentAnalysis, _ tally: ExperimentTally,
    _ fields: inout FieldWriter<ExperimentTallyField>
  ) {
    let decision = tally.decision
    fields.choice(.verdict, decision?.verdict ?? analysis.verdict)
    fields.text(.verdictReason, decision?.reason ?? analysis.reason)
    fields.number(.significance, decision.map(\.significance) ?? analysis.significance)
    fields.boolean(.needsReview, tally.needsReview(analysis))
    fields.time(.decidedAt, decision?.at)
  }

  private static func write(
    _ metric: ExperimentAnalysis.Metric, _ tally: ExperimentTally, _ fields: inout FieldWriter<MetricField>
  ) {
    fields.text(.metric, metric.name)
    fields.choice(.role, metric.role)
    fields.choice(.kind, metric.kind)
    fields.choice(.better, metric.better)
    write(.control, metric.control, metric, tally, &fields)
    write(.treatment, metric.treatment, metric, tally, &fields)
    guard let comparison = metric.comparison else { return }
    fields.number(.difference, comparison.difference)
    fields.number(.lift, metric.control.map { comparison.difference / $0.mean.magnitude })
    fields.number(.standardError, comparison.standardError)
    fields.number(.degreesOfFreedom, comparison.degreesOfFreedom)
    fields.number(.statistic, comparison.statistic)
    fields.number(.pValue, comparison.pValue)
    fields.number(.intervalLow, comparison.difference - comparison.halfWidth)
    fields.number(.intervalHigh, comparison.difference + comparison.halfWidth)
    fields.number(.adjustedPValue, metric.adjustedPValue)
    fields.number(.sequentialPValue, comparison.sequentialPValue)
    fields.number(.sequentialLow, comparison.difference - comparison.sequentialHalfWidth)
    fields.number(.sequentialHigh, comparison.difference + comparison.sequentialHalfWidth)
    if metric.role == .guardrail { fields.boolean(.isWorse, metric.isBroken) }
  }

  private static func write(
    _ field: MetricField, _ summary: Summary?, _ metric: ExperimentAnalysis.Metric, _ tally: ExperimentTally,
    _ fields: inout FieldWriter<MetricField>
  ) {
    guard let summary else { return }
    let arm: Arm = field == .control ? .control : .treatment
    fields.group(field, SummaryField.self) { fields in
      fields.whole(.units, summary.units)
      fields.number(.mean, summary.mean)
      fields.number(.variance, summary.variance)
      let quantiles: [(SummaryField, Double)] = [(.p50, 0.5), (.p90, 0.9), (.p95, 0.95), (.p99, 0.99)]
      for (field, fraction) in quantiles {
        fields.number(field, tally.quantile(fraction, of: metric.name, arm))
      }
    }
  }
}

extension ExperimentTally {
  /// Whether a human must look: the verdict that stands was not sure, or something is wrong now.
  func needsReview(_ analysis: ExperimentAnalysis) -> Bool {
    guard let decision else { return analysis.needsReview }
    let isSure = decision.verdict == .treatment || decision.verdict == .control
    let isWrongNow = analysis.metrics.contains(where: \.isBroken) || analysis.verdict == .invalid
    return !isSure || isWrongNow
  }
}
