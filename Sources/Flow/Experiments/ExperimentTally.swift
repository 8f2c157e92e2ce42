// The state of one experiment: its design, its life, its arms, and what units came to in each metric. Order
// of events leaves no trace in what it says: sums are exact, a unit counts once, and what comes before the
// start is known waits for it.
public import Basics
public import Events

/// One experiment.
public struct ExperimentTally: Hashable, Sendable {
  /// Metrics in the order in which they are met; measures of others have no room. Values that spread over
  /// four doublings take 6 KB a metric (12 bytes a bucket, 64 buckets a doubling, two arms), and all metrics
  /// stand in one value of the changelog, which takes 1 MB.
  public static let metricsMax = 64
  /// Outcomes that came before the design or the start was known; more have no room. They stand in the same
  /// value, half a kilobyte each when all that executions say was measured.
  public static let waitingMax = 256

  /// One metric, both arms.
  struct Metric: Hashable, Sendable {
    var name: String
    var kind: MetricKind
    /// Of units' means, for control and treatment; for rates unused.
    var values = [ValueTally(), ValueTally()]
    /// For rates, how many units have it.
    var hits: [UInt64] = [0, 0]
  }

  /// A verdict that stands.
  public struct Decision: Hashable, Sendable {
    public var verdict: ExperimentVerdict
    public var reason: String
    public var significance: Double?
    public var at: Timestamp
  }

  public let organization: String
  public let id: String
  public internal(set) var design: ExperimentDesign?
  public internal(set) var life = ExperimentLife()
  /// Of the last event that said something about it.
  public private(set) var position: EventPosition
  /// In the order in which metrics were met, which a unit's values follow.
  var metrics: [Metric] = []
  /// Units of control and treatment.
  var units: [UInt64] = [0, 0]
  var crossedUnits: UInt64 = 0
  var unassignedUnits: UInt64 = 0
  var waiting: [ExperimentOutcome] = []
  public internal(set) var decision: Decision?
  /// The last instant as of which it was analysed, or from which on it is.
  var analyzedUpTo: EventTime?

  public init(organization: String, id: String, position: EventPosition) {
    self.organization = organization
    self.id = id
    self.position = position
  }

  /// Units of both arms.
  public var participants: UInt64 { units.reduce(0, &+) }

  /// Its key on every topic and in every store.
  public var key: String { entityKey(organization: organization, id: id) }

  /// What became of an event.
  public enum Acceptance: Hashable, Sendable {
    case accepted
    /// It has come before.
    case duplicate
    /// The experiment's state does not allow it.
    case refused
    /// Nothing of it is counted: as many outcomes wait as may.
    case waitingFull
    /// Nothing of it is counted: none of these metrics has room.
    case metricsFull([String])
    /// It is counted but for these metrics, which have no room.
    case acceptedWithout([String])
  }

  /// The experiment is designed; while it is a draft, anew.
  public mutating func design(_ design: ExperimentDesign, at position: EventPosition) -> Acceptance {
    if let known = self.design {
      if known == design { return .duplicate }
      guard life.standing == .draft else { return .refused }
    }
    self.design = design
    self.position = position
    return .accepted
  }

  /// The experiment is started, stopped or concluded.
  public mutating func change(_ change: ExperimentLife.Change, at position: EventPosition) -> Acceptance {
    guard life.apply(change) else { return .refused }
    self.position = position
    return .accepted
  }

  /// Whether outcomes can be counted: what they count for must be known.
  public var isCounting: Bool { design != nil && life.startedAt != nil }

  /// The outcomes that waited, to be folded now.
  public mutating func takeWaiting() -> [ExperimentOutcome] {
    guard isCounting else { return [] }
    defer { waiting = [] }
    return waiting
  }

  /// Keeps an outcome until the experiment is designed and started. The first to come wait: what comes when
  /// there is no room can still be set aside whole, and be folded later from there.
  public mutating func wait(_ outcome: ExperimentOutcome) -> Acceptance {
    let isKnown =
      outcome.eventHash != 0
      && waiting.contains { $0.eventHash == outcome.eventHash && $0.unit == outcome.unit }
    guard !isKnown else { return .duplicate }
    guard waiting.count < Self.waitingMax else { return .waitingFull }
    position = outcome.position
    waiting.append(outcome)
    return .accepted
  }

  /// Counts an outcome of a unit, which is nil when it has not been seen.
  public mutating func fold(_ outcome: ExperimentOutcome, of unit: inout ExperimentUnit?) -> Acceptance {
    // What happened before the start or after the end is none of its outcomes, and no fault.
    guard life.covers(outcome.time) else { return .accepted }
    let homeless = metricsWithoutRoom(for: outcome.measures)
    if !homeless.isEmpty, homeless.count == outcome.measures.count { return .metricsFull(homeless) }
    let isFirst = unit == nil
    var changed = unit ?? ExperimentUnit()
    // One owner at a time: what two hold is copied when it changes. A new unit is nobody's duplicate.
    unit = nil
    guard changed.isNew(outcome.eventHash) else {
      unit = changed
      return .duplicate
    }
    position = outcome.position
    if isFirst { count(changed.side, isEntering: true) }
    if let arm = outcome.arm { meet(arm, &changed) }
    for measure in outcome.measures where ExperimentOutcome.isValue(measure.value) {
      guard let number = number(of: measure.metric) else { continue }
      take(number, changed)
      changed.add(number, measure.value, isTakenBack: measure.isTakenBack)
      put(number, changed)
    }
    unit = changed
    return homeless.isEmpty ? .accepted : .acceptedWithout(homeless)
  }
}

// MARK: - Forgetting (R14.8)

extension ExperimentTally {
  /// Whether it says something of what is to be forgotten.
  public func names(_ erasure: Erasure) -> Bool {
    let user = erasure.user
    return waiting.contains { $0.isCovered(by: erasure) }
      || (user != nil && (design?.createdBy == user || life.changedBy == user))
  }

  /// Forgets them. What they contributed stays in sums that name nobody.
  public mutating func forget(_ erasure: Erasure) {
    waiting.removeAll { $0.isCovered(by: erasure) }
    guard let user = erasure.user else { return }
    if design?.createdBy == user { design?.createdBy = nil }
    life.forget(user)
  }
}

extension ExperimentTally {
  /// Those of the measured metrics that have not been met, and for which no room is left.
  private func metricsWithoutRoom(for measures: [ExperimentOutcome.Measure]) -> [String] {
    // Whether all have room without a look at their names: nothing else is asked at almost every outcome.
    guard metrics.count + measures.count > Self.metricsMax else { return [] }
    var (room, met, homeless) = (Self.metricsMax - metrics.count, Set(metrics.map(\.name)), [String]())
    for measure in measures where !met.contains(measure.metric) {
      if room > 0 {
        room -= 1
        met.insert(measure.metric)
      } else {
        homeless.append(measure.metric)
      }
    }
    return homeless
  }

  /// A metric's number; nil when there are too many.
  private mutating func number(of metric: String) -> Int? {
    if let number = metrics.firstIndex(where: { $0.name == metric }) { return number }
    guard metrics.count < Self.metricsMax else { return nil }
    metrics.append(Metric(name: metric, kind: design?.kind(of: metric) ?? .mean))
    return metrics.count - 1
  }

  /// A unit was seen in an arm: when its side changes by that, so does where all of it counts.
  private mutating func meet(_ arm: Arm, _ unit: inout ExperimentUnit) {
    let before = unit.side
    guard before.meeting(arm) != before else { return }
    for number in unit.values.indices { take(number, unit) }
    unit.meet(arm)
    for number in unit.values.indices { put(number, unit) }
    count(before, isEntering: false)
    count(unit.side, isEntering: true)
  }

  private mutating func take(_ number: Int, _ unit: ExperimentUnit) {
    guard let arm = unit.side.arm, let value = unit.contribution(number, metrics[number].kind) else { return }
    switch metrics[number].kind {
    case .mean: metrics[number].values[arm.rawValue].remove(value)
    case .rate: metrics[number].hits[arm.rawValue] -= 1
    }
  }

  private mutating func put(_ number: Int, _ unit: ExperimentUnit) {
    guard let arm = unit.side.arm, let value = unit.contribution(number, metrics[number].kind) else { return }
    switch metrics[number].kind {
    case .mean: metrics[number].values[arm.rawValue].add(value)
    case .rate: metrics[number].hits[arm.rawValue] += 1
    }
  }

  private mutating func count(_ side: ExperimentUnit.Side, isEntering: Bool) {
    // What leaves has entered before, so nothing falls below zero.
    let step: UInt64 = isEntering ? 1 : .max
    switch side {
    case .control: units[0] &+= step
    case .treatment: units[1] &+= step
    case .crossed: crossedUnits &+= step
    case .unknown: unassignedUnits &+= step
    }
  }

  /// What an arm's units came to in a metric; nil when there are none, or the metric has not been met.
  func summary(of metric: String, _ arm: Arm) -> Summary? {
    guard let found = metrics.first(where: { $0.name == metric }) else {
      return design?.kind(of: metric) == .rate ? Summary.rate(0, of: units[arm.rawValue]) : nil
    }
    switch found.kind {
    case .mean: return found.values[arm.rawValue].summary
    case .rate: return Summary.rate(found.hits[arm.rawValue], of: units[arm.rawValue])
    }
  }

  /// A quantile of the units' values of a metric whose units have one each.
  func quantile(_ fraction: Double, of metric: String, _ arm: Arm) -> Double? {
    guard let found = metrics.first(where: { $0.name == metric }), found.kind == .mean else { return nil }
    return found.values[arm.rawValue].sketch.quantile(fraction)
  }
}
