// A deployment looked at once: every trigger over its window, and at a stage's end over the whole stage.
public import Basics
public import Metrics

/// What one look at a deployment has found.
public struct Evaluation: Hashable, Sendable {
  /// In the policy's order.
  public var findings: [Finding] = []
  /// When the stage's time is over.
  public var gate: GateEvaluation?

  public init(findings: [Finding] = [], gate: GateEvaluation? = nil) {
    self.findings = findings
    self.gate = gate
  }
}

/// What a stage as a whole has shown.
public struct GateEvaluation: Hashable, Sendable {
  /// In the policy's order, over the stage.
  public var findings: [Finding]
  public var candidateRequests: UInt64
  public var baselineRequests: UInt64
  /// Metrics by which the candidate looks better than the baseline, and those by which it surely is worse.
  public var better: [RolloutMetric]
  public var worse: [RolloutMetric]
  public var evidence: [OffsetRange]
}

extension RolloutPolicy {
  /// Surely worse, at a stage's end: looked at until enough is known, so it must be rarer than one look's.
  static let worseConfidence = 0.99

  /// Looks at the arms as of `now`. `since`: when the candidate first had traffic; windows do not reach
  /// behind it. `isCanary`: whether the stage has less than all of the
  /// traffic; a gradual rollback from all of it is not one. `gate`: whether the stage's time is over.
  public func evaluate(
    _ history: DeploymentHistory, now: Timestamp, since: Timestamp, isCanary: Bool, gate: Bool
  ) -> Evaluation {
    let active = triggers.filter { $0.scope == .always || isCanary }
    let totals = history.totals
    let before = totals.baseline.errors.total == 0 ? totals.baselineBefore : totals.baseline
    var windows: [Duration: (candidate: ArmTally, baseline: ArmTally)] = [:]
    var evaluation = Evaluation()
    let end = EventTime(milliseconds: now.rawValue)
    for trigger in active {
      let start = EventTime(milliseconds: max(now - trigger.window, since).rawValue)
      guard trigger.metric != .memoryGrowth else {
        evaluation.findings.append(trigger.look(atGrowth: history.memoryGrowth(since: start, now: end)))
        continue
      }
      let arms =
        windows[trigger.window]
        ?? (
          history.tally(.candidate, since: start, now: end), history.tally(.baseline, since: start, now: end)
        )
      windows[trigger.window] = arms
      var finding = trigger.look(at: arms.candidate, arms.baseline, .window)
      if finding.outcome == .tooFew {
        let wider = trigger.look(at: totals.candidate, before, .stage)
        if wider.candidateSamples > finding.candidateSamples
          || wider.baselineSamples > finding.baselineSamples
        {
          finding = wider
        }
      }
      evaluation.findings.append(finding)
    }
    if gate { evaluation.gate = evaluateGate(active, totals, before, evaluation.findings) }
    return evaluation
  }

  private func evaluateGate(
    _ active: [RolloutTrigger], _ totals: StageTotals, _ baseline: ArmTally, _ windowed: [Finding]
  ) -> GateEvaluation {
    var gate = GateEvaluation(
      findings: [], candidateRequests: totals.candidate.errors.total,
      baselineRequests: baseline.errors.total, better: [], worse: [],
      evidence: mergedEvidence(totals.candidate, totals.baseline))
    for (trigger, windowed) in zip(active, windowed) {
      // Growth over a stage of days says nothing; its window has been looked at.
      gate.findings.append(
        trigger.metric == .memoryGrowth ? windowed : trigger.look(at: totals.candidate, baseline, .stage))
    }
    let z = normalQuantile(Self.worseConfidence)
    for metric in RolloutMetric.compared {
      let limit = TriggerLimit(metric.worseIsMore ? .above : .below, .baselineTimes, 1)
      let found = Comparison(
        metric, limit, candidate: totals.candidate, baseline: baseline, z: z,
        confidence: Self.worseConfidence)
      guard let value = found.value, let base = found.baseline else { continue }
      if metric.worseIsMore ? value < base : value > base { gate.better.append(metric) }
      guard let statistic = found.statistic else { continue }
      if metric.worseIsMore ? statistic.lower > 1 : statistic.upper < 1 { gate.worse.append(metric) }
    }
    return gate
  }
}

extension RolloutTrigger {
  func look(at candidate: ArmTally, _ baseline: ArmTally, _ span: Finding.Span) -> Finding {
    let found = Comparison(
      metric, limit, candidate: candidate, baseline: baseline, z: normalQuantile(confidence),
      confidence: confidence)
    var finding = finding(span)
    finding.value = found.value
    finding.baseline = limit.needsBaseline ? found.baseline : nil
    finding.candidateSamples = found.candidateSamples
    finding.baselineSamples = limit.needsBaseline ? found.baselineSamples : 0
    finding.evidence = mergedEvidence(candidate, limit.needsBaseline ? baseline : ArmTally())
    finding.statistic = found.statistic?.value
    finding.bound = limit.direction == .above ? found.statistic?.lower : found.statistic?.upper
    let enough =
      found.candidateSamples >= minimumSamples
      && (!limit.needsBaseline || found.baselineSamples >= minimumSamples)
    guard enough, let bound = finding.bound else { return finding }
    let isSure = limit.direction == .above ? bound > limit.limit : bound < limit.limit
    finding.outcome = isSure ? .broken : finding.looksBroken ? .unclear : .kept
    return finding
  }

  /// Memory is measured, not sampled: what it shows is so.
  func look(atGrowth growth: MemoryGrowth?) -> Finding {
    var finding = finding(.window)
    finding.value = growth?.bytes
    finding.statistic = growth?.bytes
    finding.bound = growth?.bytes
    finding.candidateSamples = growth?.panes ?? 0
    finding.evidence = growth?.evidence ?? []
    if finding.candidateSamples >= minimumSamples { finding.outcome = finding.looksBroken ? .broken : .kept }
    return finding
  }

  private func finding(_ span: Finding.Span) -> Finding {
    Finding(
      trigger: name, metric: metric, action: action, outcome: .tooFew, span: span, limit: limit,
      window: window, hold: hold, confidence: confidence, candidateSamples: 0, baselineSamples: 0)
  }
}

/// Both arms' evidence, one range a partition.
private func mergedEvidence(_ a: ArmTally, _ b: ArmTally) -> [OffsetRange] {
  var sum = ArmTally()
  for tally in [a, b] {
    var noted = ArmTally()
    for range in tally.evidence { noted.note(range) }
    sum.merge(noted)
  }
  return sum.evidence
}
