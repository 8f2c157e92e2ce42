// Declared metrics laid out for counting: by type of event, and within it by equal labels, so that an event
// makes one key for all metrics that share its labels.
internal import Basics
internal import Events

/// Which metrics an event adds to, found by the event's number.
struct PanePlan: Sendable {
  /// One metric that a group's events add to.
  struct Member: Sendable {
    enum Kind: UInt8 { case sum, last, mean, histogram, distinct, state }

    /// In the declarations.
    var metric: Int
    var kind: Kind
    var conditions: [MetricSource.Condition]
    var value: MetricSource.ValueExpression
    var weight: MetricSource.ValueExpression
    var bounds: [Double]
    /// Of a distinct count, what is counted; of a population, the state.
    var text: TextPlan?
  }

  /// Where text comes from, with names as bytes.
  enum TextPlan: Hashable, Sendable {
    case agent
    case constant([UInt8])
    case field(Int, names: [[UInt8]])
    case member(Int, String)
    case element(Int)
    case band(Int, [MetricSource.Band], names: [[UInt8]])
  }

  /// Metrics of one type of event with the same labels and panes of one length.
  struct Group: Sendable {
    var length_ms: Int64
    var names: [String]
    var texts: [TextPlan]
    /// The list that is gone through, when a label is each of its elements.
    var list: Int?
    /// The first is a population, whose member is the last of `texts`.
    var isPopulation: Bool
    var members: [Member]
  }

  let groups: [Group]
  /// Groups by the number of the event: those from outside, then the internal ones.
  let byEvent: [[Int]]
  let metrics: [String]

  init(_ declarations: MetricDeclarations) {
    var groups: [Group] = []
    let outside = EventType.allCases.count
    var byEvent = Array(repeating: [Int](), count: outside + InternalEvent.allCases.count)
    for (number, metric) in declarations.metrics.enumerated() {
      for source in metric.sources {
        let event: Int
        switch source.event {
        case .outside(let type): event = type.ordinal
        case .inside(let name): event = outside + (InternalEvent.allCases.firstIndex(of: name) ?? 0)
        }
        let group = Group(metric, source)
        let member = Member(number, metric, source)
        let existing = group.isPopulation ? nil : byEvent[event].first { groups[$0].hasKey(of: group) }
        if let existing {
          groups[existing].members.append(member)
        } else {
          byEvent[event].append(groups.count)
          groups.append(group)
          groups[groups.count - 1].members = [member]
        }
      }
    }
    self.groups = groups
    self.byEvent = byEvent
    metrics = declarations.metrics.map(\.name)
  }
}

extension PanePlan.Group {
  init(_ metric: MetricDeclaration, _ source: MetricSource) {
    length_ms = max(1, metric.pane.milliseconds)
    let labels = source.labels.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    names = labels.map(\.name)
    texts = labels.map { PanePlan.TextPlan($0.text) }
    isPopulation = metric.kind == .population
    if isPopulation, let member = source.member { texts.append(PanePlan.TextPlan(member)) }
    list = texts.lazy.compactMap { if case .element(let list) = $0 { list } else { nil } }.first
    members = []
  }

  func hasKey(of other: Self) -> Bool {
    !isPopulation && members.count < 64 && length_ms == other.length_ms && names == other.names
      && texts == other.texts
  }
}

extension PanePlan.Member {
  init(_ number: Int, _ metric: MetricDeclaration, _ source: MetricSource) {
    self.metric = number
    conditions = source.conditions
    value = source.value
    weight = source.weight
    bounds = []
    switch metric.kind {
    case .counter, .level: kind = .sum
    case .gauge: kind = .last
    case .mean: kind = .mean
    case .histogram(let declared):
      kind = .histogram
      bounds = declared
    case .distinct:
      kind = .distinct
      text = source.member.map { PanePlan.TextPlan($0) }
    case .population:
      kind = .state
      text = source.state.map { PanePlan.TextPlan($0) }
    }
  }
}

extension PanePlan.TextPlan {
  init(_ text: MetricSource.Text) {
    switch text {
    case .agent: self = .agent
    case .constant(let text): self = .constant(Array(text.utf8))
    case .field(let field, let names): self = .field(field, names: names.map { Array($0.utf8) })
    case .member(let field, let name): self = .member(field, name)
    case .element(let field): self = .element(field)
    case .band(let field, let bands, let otherwise):
      self = .band(field, bands, names: (bands.map(\.name) + [otherwise]).map { Array($0.utf8) })
    }
  }
}
