// One metric of both arms against a limit: the value, the bound that decides, and how many samples stand
// behind them.
internal import Basics
internal import Metrics

/// What a metric's samples say of a limit.
struct Comparison: Hashable {
  var value: Double?
  var baseline: Double?
  var statistic: Estimate?
  var candidateSamples: UInt64
  var baselineSamples: UInt64

  /// `z` standard errors make the bounds.
  init(
    _ metric: RolloutMetric, _ limit: TriggerLimit, candidate: ArmTally, baseline: ArmTally, z: Double,
    confidence: Double
  ) {
    // Two bounds that each fail half as often fail together at most as often as one.
    let z2 = limit.needsBaseline ? normalQuantile(1 - (1 - confidence) / 2) : z
    switch metric.kind {
    case .share(let part): self.init(candidate[keyPath: part], baseline[keyPath: part], limit, z, z2)
    case .mean(let part): self.init(candidate[keyPath: part], baseline[keyPath: part], limit, z)
    case .quantile(let fraction): self.init(fraction, candidate.latency_ms, baseline.latency_ms, limit, z2)
    case .growth:
      self.init(value: nil, baseline: nil, statistic: nil, candidateSamples: 0, baselineSamples: 0)
    }
  }

  private init(
    value: Double?, baseline: Double?, statistic: Estimate?, candidateSamples: UInt64, baselineSamples: UInt64
  ) {
    self.value = value
    self.baseline = baseline
    self.statistic = statistic
    self.candidateSamples = candidateSamples
    self.baselineSamples = baselineSamples
  }

  private init(_ a: ArmTally.Share, _ b: ArmTally.Share, _ limit: TriggerLimit, _ z: Double, _ z2: Double) {
    let rate = { (share: ArmTally.Share) in share.total > 0 ? Double(share.hits) / Double(share.total) : nil }
    self.init(
      value: rate(a), baseline: rate(b), statistic: nil, candidateSamples: a.total, baselineSamples: b.total)
    guard a.total > 0, !limit.needsBaseline || b.total > 0 else { return }
    switch limit.against {
    case .absolute: statistic = wilson(a, z)
    case .baselinePlus: statistic = newcombe(a, minus: b, z)
    case .baselineTimes: statistic = ratio(wilson(a, z2), wilson(b, z2))
    }
  }

  private init(_ a: Moments, _ b: Moments, _ limit: TriggerLimit, _ z: Double) {
    self.init(
      value: a.mean, baseline: b.mean, statistic: nil, candidateSamples: a.count, baselineSamples: b.count)
    switch limit.against {
    case .absolute: statistic = mean(a, z)
    case .baselinePlus: statistic = b.mean == nil ? nil : contrast(a, minus: 1, times: b, z)
    case .baselineTimes:
      guard let base = b.mean, base > 0, let difference = contrast(a, minus: limit.limit, times: b, z) else {
        return
      }
      statistic = Estimate(
        value: limit.limit + difference.value / base, lower: limit.limit + difference.lower / base,
        upper: limit.limit + difference.upper / base)
    }
  }

  private init(
    _ fraction: Double, _ a: QuantileSketch, _ b: QuantileSketch, _ limit: TriggerLimit, _ z: Double
  ) {
    self.init(
      value: a.quantile(fraction), baseline: b.quantile(fraction), statistic: nil, candidateSamples: a.count,
      baselineSamples: b.count)
    guard let a = quantile(fraction, of: a, z) else { return }
    guard limit.needsBaseline else {
      statistic = a
      return
    }
    guard let b = quantile(fraction, of: b, z) else { return }
    statistic =
      limit.against == .baselineTimes
      ? ratio(a, b)
      : Estimate(value: a.value - b.value, lower: a.lower - b.upper, upper: a.upper - b.lower)
  }
}

/// Of two positive estimates, from their outer bounds.
private func ratio(_ a: Estimate, _ b: Estimate) -> Estimate? {
  guard b.value > 0 else { return nil }
  return Estimate(
    value: a.value / b.value, lower: a.lower / b.upper, upper: b.lower > 0 ? a.upper / b.lower : .infinity)
}

extension RolloutMetric {
  enum Kind {
    case share(KeyPath<ArmTally, ArmTally.Share>)
    case mean(KeyPath<ArmTally, Moments>)
    case quantile(Double)
    case growth
  }

  var kind: Kind {
    switch self {
    case .errorRate: .share(\.errors)
    case .incompletionRate: .share(\.incompletions)
    case .downtime: .share(\.downtime)
    case .learningFailureRate: .share(\.learningFailures)
    case .latencyMean: .mean(\.latencyMoments_ms)
    case .latencyP50: .quantile(0.5)
    case .latencyP95: .quantile(0.95)
    case .latencyP99: .quantile(0.99)
    case .satisfaction: .mean(\.satisfaction)
    case .accuracy: .mean(\.accuracy)
    case .memoryGrowth: .growth
    }
  }
}
