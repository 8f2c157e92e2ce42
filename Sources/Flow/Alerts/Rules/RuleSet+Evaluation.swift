// One instant of a rule set: groups and rules in order, recorded series visible to the rules after them.
// Pure: state and series in, state, samples and transitions out.
public import Basics
public import Metrics

/// What an instant brought.
public struct RuleOutcome: Sendable {
  /// Something that went wrong in one rule; its alerts stay as they were.
  public struct Fault: Hashable, Sendable {
    public var group: String
    public var rule: String
    public var place: Diagnostic.Place?
    public var what: String
  }

  /// One sample a series, at the instant; staleness markers for series that ended.
  public var samples: [VectorElement] = []
  public var transitions: [AlertTransition] = []
  public var faults: [Fault] = []
}

extension RuleSet {
  /// Evaluates all groups that are due at `instant`. An instant not later than the last one brings
  /// nothing, so that nothing fires twice.
  public func evaluate(
    at instant: EventTime, organization: String, states: inout RuleStates, source: any SeriesSource
  ) -> RuleOutcome {
    if let last = states.lastInstant, instant <= last { return RuleOutcome() }
    states.lastInstant = instant
    var round = RuleRound(set: self, instant: instant, organization: organization, base: source)
    for (group, keys) in zip(groups, keys)
    where instant.rawValue % max(1, interval(of: group).milliseconds) == 0 {
      for (rule, key) in zip(group.rules, keys) { round.evaluate(rule, of: group, key, &states) }
    }
    let gone = states.rules.keys.filter { !allKeys.contains($0) }
    for key in gone.sorted() { round.remove(key, &states) }
    return round.outcome
  }
}

/// The work of one instant.
struct RuleRound {
  /// One rule with more alerts than this is a slip, and would fill a task's memory.
  private static let alertsMax = 10_000

  let set: RuleSet
  let instant: EventTime
  let organization: String
  var series: OverlaidSeries
  var outcome = RuleOutcome()

  init(set: RuleSet, instant: EventTime, organization: String, base: any SeriesSource) {
    self.set = set
    self.instant = instant
    self.organization = organization
    series = OverlaidSeries(base: base, instant: instant)
  }

  var options: QueryOptions {
    QueryOptions(
      lookback_ms: set.settings.lookback.milliseconds, subqueryStep_ms: set.settings.interval.milliseconds)
  }

  mutating func evaluate(_ rule: Rule, of group: RuleGroup, _ key: RuleStates.Key, _ states: inout RuleStates)
  {
    var state = states[key] ?? RuleStates.RuleState(version: rule.version, alerts: [], written: [])
    state.version = rule.version
    let queried = EventTime(milliseconds: instant.rawValue - group.queryOffset.milliseconds)
    do throws(EvaluationFault) {
      var evaluator = Evaluator(rule.expression, at: queried, source: series, options: options)
      let elements = try elements(of: &evaluator)
      let limit = group.limit > 0 ? min(group.limit, Self.alertsMax) : Self.alertsMax
      guard elements.count <= (rule.isAlert ? limit : group.limit > 0 ? limit : .max) else {
        throw EvaluationFault("\(elements.count) results, at most \(limit) are allowed", at: 0)
      }
      switch rule.action {
      case .record: try record(rule, elements, &state)
      case .alert(let terms):
        try alert(rule, terms, key, elements, evaluator, queried, &state)
      }
    } catch {
      let position = ExpressionFault(error.what, at: error.offset).position(in: rule.expression.text)
      outcome.faults.append(
        RuleOutcome.Fault(
          group: group.name, rule: rule.name, place: rule.place,
          what: "\(error.what) (line \(position.line), column \(position.column) of its expression)"))
    }
    states[key] = state
  }

  private func elements(of evaluator: inout Evaluator) throws(EvaluationFault) -> [VectorElement] {
    switch try evaluator.wholeValue() {
    case .vector(let elements): elements
    case .scalar(let value): [VectorElement(labels: .none, value: value)]
    case .string, .matrix: []
    }
  }

  private mutating func record(_ rule: Rule, _ elements: [VectorElement], _ state: inout RuleStates.RuleState)
    throws(EvaluationFault)
  {
    let added = [Label(Label.metricName, rule.name)] + rule.labels.map { Label($0.name, $0.value.text) }
    let samples = elements.map { VectorElement(labels: Labels($0.labels.all + added), value: $0.value) }
    guard Set(samples.map(\.labels)).count == samples.count else {
      throw EvaluationFault("two results with the same labels, once the rule's are set", at: 0)
    }
    write(samples, &state)
  }

  /// Adds the samples, and ends the series that the rule wrote before and does not any more.
  mutating func write(_ samples: [VectorElement], _ state: inout RuleStates.RuleState) {
    let labels = Set(samples.map(\.labels))
    let ended = state.written.filter { !labels.contains($0) }
    let all = samples + ended.map { VectorElement(labels: $0, value: Sample.staleValue) }
    series.add(all)
    outcome.samples += all
    state.written = labels.sorted()
  }

  mutating func remove(_ key: RuleStates.Key, _ states: inout RuleStates) {
    guard var state = states[key] else { return }
    for alert in state.alerts {
      let ended: AlertState = alert.state == .firing ? .resolved : .inactive
      outcome.transitions.append(
        transition(
          of: alert, key, state.version, from: alert.state, to: ended, reason: .ruleRemoved, evidence: []))
    }
    write([], &state)
    states[key] = nil
  }

  func transition(
    of alert: ActiveAlert, _ key: RuleStates.Key, _ version: String, from: AlertState, to: AlertState,
    reason: AlertTransition.Reason? = nil, evidence: [AlertTransition.Evidence]
  ) -> AlertTransition {
    AlertTransition(
      alertID: AlertTransition.alertID(
        organization: organization, key, labels: alert.labels,
        activeSince: alert.activeSince),
      organization: organization, group: key.group, rule: key.name, ruleVersion: version, from: from, to: to,
      reason: reason, labels: alert.labels, annotations: alert.annotations, value: alert.value,
      activeSince: alert.activeSince, at: instant, evidence: evidence)
  }
}

extension Rule {
  public var isAlert: Bool { if case .alert = action { true } else { false } }
}

/// The source, and over it what has been written at this instant.
struct OverlaidSeries: SeriesSource {
  let base: any SeriesSource
  let instant: EventTime
  private var added: [String: [VectorElement]] = [:]

  init(base: any SeriesSource, instant: EventTime) {
    self.base = base
    self.instant = instant
  }

  mutating func add(_ elements: [VectorElement]) {
    for element in elements { added[element.labels.metricName, default: []].append(element) }
  }

  func select(_ matchers: [LabelMatcher], after from: EventTime, through to: EventTime) -> [Series] {
    var found = base.select(matchers, after: from, through: to)
    guard from < instant, instant <= to else { return found }
    let candidates =
      LabelMatcher.metricName(of: matchers).map { added[$0] ?? [] }
      ?? added.keys.sorted().flatMap { added[$0] ?? [] }
    let fitting = candidates.filter { element in matchers.allSatisfy { $0.accepts(element.labels) } }
    guard !fitting.isEmpty else { return found }
    var places: [Labels: Int] = [:]
    for (index, series) in found.enumerated() { places[series.labels] = index }
    for element in fitting {
      let sample = Sample(time: instant, value: element.value)
      if let index = places[element.labels] {
        if let last = found[index].samples.last, last.time >= instant { continue }
        found[index].samples.append(sample)
      } else {
        places[element.labels] = found.count
        found.append(Series(labels: element.labels, samples: [sample]))
      }
    }
    return found
  }
}
