// What an experiment's tallies say at a moment: every metric compared, the split checked, guardrails held
// against many looks, and the verdict. A pure function of the tally and recorded time.
public import Basics
public import Events

/// An experiment, analysed.
public struct ExperimentAnalysis: Sendable {
  /// A metric, both arms and their comparison.
  public struct Metric: Sendable {
    public var name: String
    public var role: MetricRole
    public var kind: MetricKind
    public var better: MetricDirection
    public var control: Summary?
    public var treatment: Summary?
    public var comparison: Comparison?
    public var adjustedPValue: Double?

    /// Treatment's side is the worse one.
    var isTreatmentWorse: Bool {
      guard let comparison else { return false }
      return better == .higher ? comparison.difference < 0 : comparison.difference > 0
    }

    /// A guardrail that is broken.
    public var isBroken: Bool {
      role == .guardrail && isTreatmentWorse && (adjustedPValue ?? 1) <= Comparison.errorRate
    }
  }

  /// The primary metric first, then guardrails as designed, then others by name.
  public private(set) var metrics: [Metric] = []
  public let sampleRatioPValue: Double?
  public private(set) var verdict: ExperimentVerdict?
  public private(set) var reason = ""
  /// 1 - p of the primary metric, to four decimals.
  public private(set) var significance: Double?
  /// Nothing more is waited for: the verdict can be fixed.
  public private(set) var isFinal = false
  /// A human must look before anything follows from it (R6.4).
  public private(set) var needsReview = false
}

extension ExperimentAnalysis {
  /// Analyses an experiment that has a design, as of `time`, at which it has ended or not.
  public init(_ tally: ExperimentTally, _ design: ExperimentDesign, at time: Timestamp, hasEnded: Bool) {
    sampleRatioPValue = SampleRatio.pValue(
      control: tally.units[0], treatment: tally.units[1], treatmentShare: design.treatmentShare)
    let others = tally.metrics.map(\.name).filter { design.role(of: $0) == .other }.sorted {
      $0.utf8.lexicographicallyPrecedes($1.utf8)
    }
    metrics = ([design.primaryMetric] + design.guardrailMetrics + others).map { name in
      let (control, treatment) = (tally.summary(of: name, .control), tally.summary(of: name, .treatment))
      var comparison: Comparison?
      if let control, let treatment { comparison = Comparison(control: control, treatment: treatment) }
      return Metric(
        name: name, role: design.role(of: name), kind: design.kind(of: name), better: design.better(of: name),
        control: control, treatment: treatment, comparison: comparison)
    }
    adjust(.guardrail, by: ManyTests.holm) { $0.sequentialPValue }
    adjust(.other, by: ManyTests.benjaminiHochberg) { $0.pValue }
    judge(tally, design, at: time, hasEnded)
  }

  /// Adjusts the p values of a family of metrics, of those that have one.
  private mutating func adjust(
    _ role: MetricRole, by method: ([Double]) -> [Double], _ value: (Comparison) -> Double
  ) {
    let family = metrics.indices.filter { metrics[$0].role == role && metrics[$0].comparison != nil }
    let adjusted = method(family.compactMap { metrics[$0].comparison.map(value) })
    for (index, value) in zip(family, adjusted) { metrics[index].adjustedPValue = value }
  }

  private mutating func judge(
    _ tally: ExperimentTally, _ design: ExperimentDesign, at time: Timestamp, _ hasEnded: Bool
  ) {
    guard let startedAt = tally.life.startedAt else { return }
    let until = hasEnded ? tally.life.endedAt?.rawValue ?? time.rawValue : time.rawValue
    let ran = Timestamp(milliseconds: until) - Timestamp(milliseconds: startedAt.rawValue)
    let primary = metrics[0]
    let p = primary.comparison?.pValue
    significance = p.map { ((1 - $0) * 10_000).rounded() / 10_000 }
    let isLongEnough = ran >= design.minimumDuration
    let isLargeEnough = Self.isLargeEnough(primary, design)
    isFinal = hasEnded || (isLongEnough && isLargeEnough)
    (verdict, reason) = verdict(tally, design, ran, isLongEnough, isLargeEnough, hasEnded)
    let isSure = p.map { 1 - $0 >= 1 - Comparison.errorRate } ?? false
    needsReview =
      isFinal && (!isSure || verdict == .invalid || verdict == .insufficientData)
      || verdict == .invalid || metrics.contains(where: \.isBroken)
  }

  private static func isLargeEnough(_ metric: Metric, _ design: ExperimentDesign) -> Bool {
    let (control, treatment) = (metric.control?.units ?? 0, metric.treatment?.units ?? 0)
    let minimum = UInt64(max(0, design.minimumSamples))
    switch design.minSampleScope {
    case .perArm: return min(control, treatment) >= minimum
    case .total: return control + treatment >= minimum
    }
  }
}

// MARK: - The verdict and its reason

extension ExperimentAnalysis {
  private func verdict(
    _ tally: ExperimentTally, _ design: ExperimentDesign, _ ran: Duration, _ isLongEnough: Bool,
    _ isLargeEnough: Bool, _ hasEnded: Bool
  ) -> (ExperimentVerdict, String) {
    if let p = sampleRatioPValue, p < SampleRatio.alarm {
      let share = short(design.treatmentShare)
      return (
        .invalid,
        "sample-ratio mismatch: \(tally.units[0]) and \(tally.units[1]) units, where treatment's share is "
          + "\(share) (p = \(short(p)))"
      )
    }
    let primary = metrics[0]
    let units = "\(primary.control?.units ?? 0) and \(primary.treatment?.units ?? 0) units"
    let minimum = "\(design.minimumSamples) \(design.minSampleScope == .perArm ? "per arm" : "in all")"
    let (hours, wanted) = (short(hours(ran)), short(design.minimumDuration_hours))
    guard isLongEnough else {
      if hasEnded { return (.insufficientData, "ended after \(hours) of \(wanted) hours") }
      return (.running, "runs for \(hours) of \(wanted) hours, with \(units) in \(primary.name)")
    }
    guard isLargeEnough else {
      return (.insufficientData, "\(units) in \(primary.name), and \(minimum) are needed")
    }
    guard let comparison = primary.comparison else {
      let isTooSmall = min(primary.control?.units ?? 0, primary.treatment?.units ?? 0) < 2
      let lack =
        isTooSmall ? "two units in each arm are needed to compare" : "no variation in \(primary.name)"
      return (.insufficientData, "\(lack), with \(units)")
    }
    let difference = short(comparison.difference.magnitude)
    let which = comparison.difference < 0 ? "lower" : "higher"
    let text =
      "\(primary.name) is \(difference) \(which) in treatment (p = \(short(comparison.pValue)), \(units))"
    guard 1 - comparison.pValue >= 1 - Comparison.errorRate else { return (.noDifference, text) }
    return (primary.isTreatmentWorse ? .control : .treatment, text)
  }

  private func hours(_ duration: Duration) -> Double { Double(duration.milliseconds) / 3.6e6 }

  /// Four significant digits, for people.
  private func short(_ value: Double) -> String {
    guard value != 0, value.isFinite else { return value == 0 ? "0" : "\(value)" }
    let exponent = Mathematics.log10(value.magnitude).rounded(.down)
    guard exponent.magnitude < 300 else { return "\(value)" }
    let unit = Mathematics.pow(10, 3 - exponent)
    let rounded = (value * unit).rounded() / unit
    return Int64(exactly: rounded).map { "\($0)" } ?? "\(rounded)"
  }
}

// MARK: - When

extension ExperimentTally {
  /// How often a running experiment is analysed without any event (R7.4).
  public static let analysisInterval = Duration.seconds(3600)

  /// The next instant of event time as of which it is to be analysed: whole hours from its start, its minimum
  /// duration exactly, and an hour after its end; nil when no more is to come.
  public var nextAnalysis: EventTime? {
    guard let design, let start = life.startedAt?.rawValue, let after = analyzedUpTo?.rawValue else {
      return nil
    }
    let interval_ms = Self.analysisInterval.milliseconds
    let hours = max(0, after - start) / interval_ms
    var next = start + (hours + 1) * interval_ms
    let decisive = (Timestamp(milliseconds: start) + design.minimumDuration).rawValue
    if decisive > after { next = min(next, decisive) }
    if let end = life.endedAt?.rawValue, next > end {
      guard decision == nil else { return nil }
      next = max(end + interval_ms, after + 1)
    }
    return EventTime(milliseconds: next)
  }

  /// Its analyses begin with its start, or where that comes late, with the watermark.
  public mutating func beginAnalyses(at watermark: EventTime) {
    guard analyzedUpTo == nil, let start = life.startedAt else { return }
    analyzedUpTo = max(start, watermark)
  }

  /// Analyses it as of each instant that is due up to `time`, when all that happened before is counted and
  /// nothing that happened later: a verdict that waits for nothing more is fixed there, and stands. What
  /// arrives late changes the tallies, not what was decided. False when no instant was due.
  @discardableResult
  public mutating func analyze(upTo time: EventTime) -> Bool {
    var wasDue = false
    while let next = nextAnalysis, next <= time {
      analyze(at: next)
      analyzedUpTo = next
      wasDue = true
    }
    return wasDue
  }

  private mutating func analyze(at time: EventTime) {
    guard let design, decision == nil else { return }
    let moment = Timestamp(milliseconds: time.rawValue)
    // An end is folded ahead of what is analysed as of an instant before it.
    let hasEnded = life.endedAt.map { $0 < time } ?? false
    let analysis = ExperimentAnalysis(self, design, at: moment, hasEnded: hasEnded)
    guard analysis.isFinal, let verdict = analysis.verdict else { return }
    decision = Decision(
      verdict: verdict, reason: analysis.reason, significance: analysis.significance, at: moment)
  }
}
