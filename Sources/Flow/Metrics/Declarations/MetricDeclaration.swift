// What a metric is made of, as topology/metrics.yaml declares it (R8): events become series by these values
// and by nothing else. They are parsed in Engine/Topology, which knows files; here they only mean something.
public import Basics
public import Events

/// One declared metric.
public struct MetricDeclaration: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    /// Sums what is added, for ever.
    case counter
    /// The same, where what is added may be negative: how many there are now.
    case level
    /// The last value by event time.
    case gauge
    /// The sum of values over the sum of weights within a window.
    case mean(window: MetricWindow)
    /// How many values lie at or below each bound.
    case histogram(bounds: [Double])
    /// How many different values within a window.
    case distinct(window: MetricWindow)
    /// How many members are in each state, by each member's last one.
    case population
  }

  public var name: String
  public var help: String
  /// Told to people; `seconds`, `ms`, `bytes`, `fraction`, `percent` or what is counted.
  public var unit: String
  public var kind: Kind
  public var sources: [MetricSource]
  /// A series has one sample per pane.
  public var pane: Duration
  /// How long a series is remembered after its last event.
  public var retention: Duration
  /// How long a value stands without being renewed; nil: until it is forgotten.
  public var stale: Duration?
  /// Per organization.
  public var seriesMax: Int
  /// What a good value is, in words: `>= 0.8`.
  public var target: String?
  /// The name under which agents' scorecards show it.
  public var scorecard: String?
  public var place: Diagnostic.Place?

  public init(
    name: String, help: String, unit: String, kind: Kind, sources: [MetricSource], pane: Duration,
    retention: Duration, stale: Duration? = nil, seriesMax: Int = 2000, target: String? = nil,
    scorecard: String? = nil, place: Diagnostic.Place? = nil
  ) {
    self.name = name
    self.help = help
    self.unit = unit
    self.kind = kind
    self.sources = sources
    self.pane = pane
    self.retention = retention
    self.stale = stale
    self.seriesMax = seriesMax
    self.target = target
    self.scorecard = scorecard
    self.place = place
  }

  /// As Prometheus knows it.
  public var exposedType: String {
    switch kind {
    case .counter: "counter"
    case .histogram: "histogram"
    case .level, .gauge, .mean, .distinct, .population: "gauge"
    }
  }
}

/// What a mean or a count of different values looks back on.
public enum MetricWindow: Hashable, Sendable {
  case last(Duration)
  /// Since midnight in the declared zone.
  case today
}

/// One kind of event that adds to a metric.
public struct MetricSource: Hashable, Sendable {
  public enum Event: Hashable, Sendable {
    case outside(EventType)
    case inside(InternalEvent)
  }

  public var event: Event
  /// All of them must hold.
  public var conditions: [Condition]
  public var value: ValueExpression
  /// Of a mean: what the value counts for.
  public var weight: ValueExpression
  /// In the order of the labels' names.
  public var labels: [Label]
  /// Of a population: whose state it is, and the state.
  public var member: Text?
  public var state: Text?

  public init(
    event: Event, conditions: [Condition] = [], value: ValueExpression = .constant(1),
    weight: ValueExpression = .constant(1), labels: [Label] = [], member: Text? = nil, state: Text? = nil
  ) {
    self.event = event
    self.conditions = conditions
    self.value = value
    self.weight = weight
    self.labels = labels
    self.member = member
    self.state = state
  }

  public struct Label: Hashable, Sendable {
    public var name: String
    public var text: Text

    public init(_ name: String, _ text: Text) {
      self.name = name
      self.text = text
    }
  }

  /// Where a label's value comes from. Fields go by their numbers.
  public enum Text: Hashable, Sendable {
    case agent
    case constant(String)
    /// `names` are those of a field that is one of a few.
    case field(Int, names: [String])
    /// A member of an object.
    case member(Int, String)
    /// Each element of a list in turn: an event counts once for each.
    case element(Int)
    /// The name of the first bound that the field's number is above, else the last name.
    case band(Int, [Band], otherwise: String)
  }

  public struct Band: Hashable, Sendable {
    public var above: Double
    public var name: String

    public init(above: Double, name: String) {
      self.above = above
      self.name = name
    }
  }

  public struct Condition: Hashable, Sendable {
    public enum Test: Hashable, Sendable {
      case isPresent
      case less(Double), atMost(Double), greater(Double), atLeast(Double)
      case equals(Double), differs(Double)
      case isText(String), isNotText(String)
    }

    public var field: Int
    public var test: Test

    public init(_ field: Int, _ test: Test) {
      self.field = field
      self.test = test
    }
  }

  /// A number made of an event: a constant, or a field times a factor. An event without the field adds
  /// nothing.
  public enum ValueExpression: Hashable, Sendable {
    case constant(Double)
    case field(Int, factor: Double)
  }
}
