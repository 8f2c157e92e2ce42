// Functions by what they take: a window of each series, each value of a vector, or a vector as a whole.
internal import Basics
internal import Metrics

extension Evaluator {
  mutating func call(
    _ function: Function, _ arguments: [ExpressionNode], at time_ms: Int64, _ node: ExpressionNode
  )
    throws(EvaluationFault) -> Value
  {
    switch function {
    case .time: return .scalar(Double(time_ms) / 1000)
    case .pi: return .scalar(.pi)
    case .scalar:
      let elements = try vector(arguments[0], at: time_ms)
      return .scalar(elements.count == 1 ? elements[0].value : .nan)
    case .vector:
      return .vector([VectorElement(labels: .none, value: try scalar(arguments[0], at: time_ms))])
    case .timestamp: return .vector(try timestamps(arguments[0], at: time_ms, node))
    case .absent:
      return .vector(try vector(arguments[0], at: time_ms).isEmpty ? absence(of: arguments[0]) : [])
    case .absentOverTime:
      return .vector(try matrix(arguments[0], at: time_ms).isEmpty ? absence(of: arguments[0]) : [])
    case .sort, .sortDescending:
      return .vector(ranked(try vector(arguments[0], at: time_ms), isDescending: function == .sortDescending))
    case .sortByLabel, .sortByLabelDescending:
      return .vector(
        try sortedByLabel(arguments, at: time_ms, isDescending: function == .sortByLabelDescending))
    case .labelReplace: return .vector(try labelReplaced(arguments, at: time_ms, node))
    case .labelJoin: return .vector(try labelJoined(arguments, at: time_ms, node))
    case .histogramQuantile:
      let fraction = try scalar(arguments[0], at: time_ms)
      return .vector(histogramQuantiles(fraction, try vector(arguments[1], at: time_ms)))
    case .minute, .hour, .month, .year, .dayOfMonth, .dayOfWeek, .dayOfYear, .daysInMonth:
      let elements =
        try arguments.first.map { (node) throws(EvaluationFault) in try vector(node, at: time_ms) }
        ?? [VectorElement(labels: .none, value: Double(time_ms) / 1000)]
      return .vector(try unique(elements.map { $0.unnamed(CivilTime.part(function, of: $0.value)) }, node))
    default:
      if function.signature.takes.contains(.matrix) {
        return .vector(try overWindows(function, arguments, at: time_ms, node))
      }
      return .vector(try ofValues(function, arguments, at: time_ms, node))
    }
  }

  // MARK: Windows

  private mutating func overWindows(
    _ function: Function, _ arguments: [ExpressionNode], at time_ms: Int64, _ node: ExpressionNode
  ) throws(EvaluationFault) -> [VectorElement] {
    let isFirst = function == .quantileOverTime
    let windows = try matrix(arguments[isFirst ? 1 : 0], at: time_ms)
    var numbers: [Double] = []
    for argument in arguments where argument.type == .scalar {
      numbers.append(try scalar(argument, at: time_ms))
    }
    if function == .doubleExponentialSmoothing, !numbers.allSatisfy({ $0 > 0 && $0 < 1 }) {
      throw EvaluationFault("factors of smoothing must lie between 0 and 1", at: node.range.lowerBound)
    }
    var elements: [VectorElement] = []
    elements.reserveCapacity(windows.count)
    for window in windows {
      let value: Double? =
        switch function {
        case .quantileOverTime: window.quantile(numbers[0])
        case .predictLinear: window.predicted(in: numbers[0], from: time_ms)
        case .doubleExponentialSmoothing: window.smoothed(factor: numbers[0], trendFactor: numbers[1])
        default: window.result(of: function)
        }
      guard let value else { continue }
      let labels = function == .lastOverTime ? window.labels : window.labels.unnamed
      elements.append(VectorElement(labels: labels, value: value))
    }
    return try unique(elements, node)
  }

  // MARK: Values

  private mutating func ofValues(
    _ function: Function, _ arguments: [ExpressionNode], at time_ms: Int64, _ node: ExpressionNode
  ) throws(EvaluationFault) -> [VectorElement] {
    let elements = try vector(arguments[0], at: time_ms)
    var numbers: [Double] = []
    for argument in arguments.dropFirst() { numbers.append(try scalar(argument, at: time_ms)) }
    if function == .clamp, numbers[0] > numbers[1] { return [] }
    return try unique(
      elements.map { $0.unnamed(ValueFunction.value(function, of: $0.value, numbers)) }, node)
  }

  /// When a selector's samples were taken; of anything else, the instant.
  private mutating func timestamps(_ argument: ExpressionNode, at time_ms: Int64, _ node: ExpressionNode)
    throws(EvaluationFault) -> [VectorElement]
  {
    if case .selector(let selector) = argument.bare.kind {
      let samples = try instantSamples(selector, at: time_ms, argument)
      return try unique(
        samples.map {
          VectorElement(labels: $0.labels.unnamed, value: Double($0.sample.time.rawValue) / 1000)
        }, node)
    }
    return try unique(try vector(argument, at: time_ms).map { $0.unnamed(Double(time_ms) / 1000) }, node)
  }

  // MARK: Absence

  /// One element with the labels that a selector's equalities give away.
  private func absence(of argument: ExpressionNode) -> [VectorElement] {
    let matchers: [LabelMatcher] =
      switch argument.bare.kind {
      case .selector(let selector), .range(let selector, _): selector.matchers
      default: []
      }
    var labels: [String: String] = [:]
    var seen: Set<String> = []
    for matcher in matchers where matcher.name != Label.metricName {
      let isFirst = seen.insert(matcher.name).inserted
      if case .equal(let value) = matcher.condition, isFirst {
        labels[matcher.name] = value
      } else {
        labels[matcher.name] = nil
      }
    }
    return [VectorElement(labels: Labels(labels.map { Label($0.key, $0.value) }), value: 1)]
  }

  // MARK: Labels

  private mutating func text(_ node: ExpressionNode, at time_ms: Int64) throws(EvaluationFault) -> String {
    if case .string(let text) = try value(of: node, at: time_ms) { text } else { "" }
  }

  private mutating func labelReplaced(
    _ arguments: [ExpressionNode], at time_ms: Int64, _ node: ExpressionNode
  )
    throws(EvaluationFault) -> [VectorElement]
  {
    let elements = try vector(arguments[0], at: time_ms)
    let target = try text(arguments[1], at: time_ms)
    let template = try text(arguments[2], at: time_ms)
    let source = try text(arguments[3], at: time_ms)
    let written = try text(arguments[4], at: time_ms)
    guard Label.isName(target), let matcher = try? pattern(written, at: 0) else {
      throw EvaluationFault("label_replace with an invalid label or pattern", at: node.range.lowerBound)
    }
    return try unique(
      elements.map { element in
        guard let groups = matcher.groupsOfWholeMatch(element.labels[source]) else { return element }
        let value = matcher.expanding(template, groups: groups)
        return VectorElement(labels: element.labels.setting(target, to: value), value: element.value)
      }, node)
  }

  private mutating func labelJoined(_ arguments: [ExpressionNode], at time_ms: Int64, _ node: ExpressionNode)
    throws(EvaluationFault) -> [VectorElement]
  {
    let elements = try vector(arguments[0], at: time_ms)
    let target = try text(arguments[1], at: time_ms)
    let separator = try text(arguments[2], at: time_ms)
    var sources: [String] = []
    for argument in arguments.dropFirst(3) { sources.append(try text(argument, at: time_ms)) }
    guard Label.isName(target) else {
      throw EvaluationFault("label_join with an invalid label", at: node.range.lowerBound)
    }
    return try unique(
      elements.map { element in
        let value = sources.map { element.labels[$0] }.joined(separator: separator)
        return VectorElement(labels: element.labels.setting(target, to: value), value: element.value)
      }, node)
  }

  private mutating func sortedByLabel(_ arguments: [ExpressionNode], at time_ms: Int64, isDescending: Bool)
    throws(EvaluationFault) -> [VectorElement]
  {
    let elements = try vector(arguments[0], at: time_ms)
    var names: [String] = []
    for argument in arguments.dropFirst() { names.append(try text(argument, at: time_ms)) }
    func isBefore(_ a: Labels, _ b: Labels) -> Bool {
      for name in names {
        let (x, y) = (Array(a[name].utf8), Array(b[name].utf8))
        if x != y { return x.lexicographicallyPrecedes(y) }
      }
      return a < b
    }
    return elements.sorted { isDescending ? isBefore($1.labels, $0.labels) : isBefore($0.labels, $1.labels) }
  }
}
