// The value of an expression at an instant. Series come in the order of their labels, and everything is
// computed in that order, so that the same series give the same bits.
public import Basics
public import Metrics

extension Expression {
  /// Its value at `instant`; `source` is asked once for each selector.
  public func value(
    at instant: EventTime, of source: any SeriesSource, options: QueryOptions = QueryOptions()
  ) throws(EvaluationFault) -> QueryValue {
    var evaluator = Evaluator(self, at: instant, source: source, options: options)
    return try evaluator.wholeValue()
  }
}

struct Evaluator {
  enum Value {
    case scalar(Double)
    case string(String)
    case vector([VectorElement])
    case matrix([Window])
  }

  /// A series' samples with `start < time <= end`, staleness markers left out.
  struct Window {
    var labels: Labels
    var samples: ArraySlice<Sample>
    var start_ms: Int64
    var end_ms: Int64
  }

  /// As many samples as Prometheus lets one query look at.
  private static let samplesMax = 50_000_000
  /// Instants of subqueries in one evaluation: a month in steps of 5 s.
  private static let stepsMax: Int64 = 518_400
  /// Instants and anchors are kept this far from the ends of time, so that windows do not overflow.
  private static let instantMax_ms = Int64.max / 4

  let expression: Expression
  let instant_ms: Int64
  let source: any SeriesSource
  let options: QueryOptions
  /// By the selector's number.
  var selected: [[Series]?]
  var windows: [ClosedRange<Int64>?]
  private var samplesSeen = 0
  private var stepsSeen: Int64 = 0
  /// What the parts were worth at the instant itself, when somebody wants to know.
  var steps: [(node: ExpressionNode, value: Value)]?
  private var subqueries = 0

  init(_ expression: Expression, at instant: EventTime, source: any SeriesSource, options: QueryOptions) {
    self.expression = expression
    self.source = source
    self.options = options
    instant_ms = min(max(instant.rawValue, -Self.instantMax_ms), Self.instantMax_ms)
    selected = Array(repeating: nil, count: expression.selectorCount)
    windows = Array(repeating: nil, count: expression.selectorCount)
    planWindows(of: expression.root, from: instant_ms, to: instant_ms)
  }

  mutating func wholeValue() throws(EvaluationFault) -> QueryValue {
    switch try value(of: expression.root, at: instant_ms) {
    case .scalar(let value): return .scalar(value)
    case .string(let text): return .string(text)
    case .vector(let elements):
      return .vector(expression.root.sortsItself ? elements : elements.sorted { $0.labels < $1.labels })
    case .matrix(let windows):
      return .matrix(windows.map { Series(labels: $0.labels, samples: Array($0.samples)) })
    }
  }

  mutating func value(of node: ExpressionNode, at time_ms: Int64) throws(EvaluationFault) -> Value {
    let value = try computed(node, at: time_ms)
    if subqueries == 0 { steps?.append((node, value)) }
    return value
  }

  private mutating func computed(_ node: ExpressionNode, at time_ms: Int64) throws(EvaluationFault) -> Value {
    switch node.kind {
    case .number(let value): return .scalar(value)
    case .string(let text): return .string(text)
    case .parenthesized(let inner): return try value(of: inner, at: time_ms)
    case .selector(let selector): return .vector(try instantVector(selector, at: time_ms, node))
    case .range(let selector, let window): return .matrix(try range(selector, window, at: time_ms, node))
    case .subquery(let inner, let subquery):
      return .matrix(try subqueryWindows(inner, subquery, at: time_ms, node))
    case .negated(let inner):
      switch try value(of: inner, at: time_ms) {
      case .scalar(let value): return .scalar(-value)
      case .vector(let elements):
        return .vector(try unique(elements.map { $0.unnamed(-$0.value) }, node))
      default: return .vector([])
      }
    case .binary(let operation, let left, let right):
      return try binary(
        operation, try value(of: left, at: time_ms), try value(of: right, at: time_ms), node)
    case .aggregation(let aggregation, let inner, let parameter):
      let parameter = try parameter.map { (node) throws(EvaluationFault) in try value(of: node, at: time_ms) }
      return .vector(try aggregate(aggregation, try vector(inner, at: time_ms), parameter: parameter, node))
    case .call(let function, let arguments): return try call(function, arguments, at: time_ms, node)
    }
  }

  // MARK: Parts of a known type; the parser has seen to the types.

  mutating func vector(_ node: ExpressionNode, at time_ms: Int64) throws(EvaluationFault) -> [VectorElement] {
    if case .vector(let elements) = try value(of: node, at: time_ms) { elements } else { [] }
  }

  mutating func scalar(_ node: ExpressionNode, at time_ms: Int64) throws(EvaluationFault) -> Double {
    if case .scalar(let value) = try value(of: node, at: time_ms) { value } else { .nan }
  }

  mutating func matrix(_ node: ExpressionNode, at time_ms: Int64) throws(EvaluationFault) -> [Window] {
    if case .matrix(let windows) = try value(of: node, at: time_ms) { windows } else { [] }
  }

  /// Refuses a vector in which two elements have the same labels, as happens when names are dropped.
  func unique(_ elements: [VectorElement], _ node: ExpressionNode) throws(EvaluationFault) -> [VectorElement]
  {
    guard elements.count > 1 else { return elements }
    var seen: Set<Labels> = []
    seen.reserveCapacity(elements.count)
    for element in elements where !seen.insert(element.labels).inserted {
      throw EvaluationFault(
        "two elements with the same labels \(element.labels), once their names are dropped",
        at: node.range.lowerBound)
    }
    return elements
  }

  // MARK: Subqueries and limits

  private mutating func subqueryWindows(
    _ inner: ExpressionNode, _ subquery: Subquery, at time_ms: Int64, _ node: ExpressionNode
  ) throws(EvaluationFault) -> [Window] {
    let end_ms = moment(subquery.shift, at: time_ms)
    let start_ms = end_ms - subquery.window_ms
    let step_ms = subquery.step_ms ?? options.subqueryStep_ms
    // The first multiple of the step after the start: windows are open at the left.
    var instant_ms = (start_ms / step_ms) * step_ms
    while instant_ms <= start_ms { instant_ms += step_ms }
    stepsSeen += subquery.window_ms / step_ms
    guard stepsSeen <= Self.stepsMax else {
      throw EvaluationFault("more than \(Self.stepsMax) steps of subqueries", at: node.range.lowerBound)
    }
    var samples: [Labels: [Sample]] = [:]
    subqueries += 1
    defer { subqueries -= 1 }
    while instant_ms <= end_ms {
      let elements = try vector(inner, at: instant_ms)
      try count(elements.count, node)
      for element in elements {
        samples[element.labels, default: []]
          .append(Sample(time: EventTime(milliseconds: instant_ms), value: element.value))
      }
      instant_ms += step_ms
    }
    return samples.keys.sorted().map { labels in
      Window(labels: labels, samples: samples[labels, default: []][...], start_ms: start_ms, end_ms: end_ms)
    }
  }

  mutating func count(_ samples: Int, _ node: ExpressionNode) throws(EvaluationFault) {
    samplesSeen += samples
    guard samplesSeen <= Self.samplesMax else {
      throw EvaluationFault("more than \(Self.samplesMax) samples looked at", at: node.range.lowerBound)
    }
  }

  func moment(_ shift: TimeShift, at time_ms: Int64) -> Int64 {
    let anchor_ms =
      switch shift.anchor {
      case .moment_ms(let moment): moment
      case .start, .end: instant_ms
      case nil: time_ms
      }
    return anchor_ms - shift.offset_ms
  }
}

extension ExpressionNode {
  /// Whether the order of its elements is part of the answer.
  var sortsItself: Bool {
    switch bare.kind {
    case .call(let function, _):
      [.sort, .sortDescending, .sortByLabel, .sortByLabelDescending].contains(function)
    case .aggregation(let aggregation, _, _):
      aggregation.operation == .topk || aggregation.operation == .bottomk
    default: false
    }
  }
}

private let nameOnly = LabelNames([Label.metricName])

extension Labels {
  /// Without the metric's name.
  var unnamed: Labels { dropping(nameOnly) }
}

extension VectorElement {
  func unnamed(_ value: Double) -> VectorElement { VectorElement(labels: labels.unnamed, value: value) }
}
