// What an expression begins with: numbers, texts, parentheses, selectors, calls and aggregations.
internal import Basics
internal import Metrics

extension ExpressionParser {
  mutating func primary() throws(ExpressionFault) -> ExpressionNode {
    let token = next
    let start = token.range.lowerBound
    switch token.kind {
    case .number(let value):
      _ = take()
      return try made(.number(value), .scalar, from: start)
    case .string(let text):
      _ = take()
      return try made(.string(text), .string, from: start)
    case .symbol("("):
      _ = take()
      let inner = try expression(atLeast: 1)
      try expect(")", "to close the parenthesis")
      return try made(.parenthesized(inner), inner.type, from: start, over: [inner])
    case .symbol("{"): return try selector(named: nil, from: start)
    case .word(let word):
      _ = take()
      return try operand(named: word, from: start)
    default: throw unexpected("expected an expression")
    }
  }

  private mutating func operand(named word: String, from start: Int) throws(ExpressionFault) -> ExpressionNode
  {
    let lower = word.lowercased()
    if let aggregation = AggregationOperator(rawValue: lower),
      next.kind == .symbol("(") || next.kind.isWord("by") || next.kind.isWord("without")
    {
      return try self.aggregation(aggregation, from: start)
    }
    if next.kind == .symbol("(") { return try call(word, from: start) }
    if lower == "inf" { return try made(.number(.infinity), .scalar, from: start) }
    if lower == "nan" { return try made(.number(.nan), .scalar, from: start) }
    return try selector(named: word, from: start)
  }

  // MARK: Calls

  private mutating func call(_ name: String, from start: Int) throws(ExpressionFault) -> ExpressionNode {
    guard let function = Function(name: name) else {
      if let why = unsupportedFunctions[name] {
        throw ExpressionFault("function \"\(name)\" is not supported", at: start, why: why)
      }
      let known = Function.allCases.map(\.rawValue) + AggregationOperator.allCases.map(\.rawValue)
      throw ExpressionFault("unknown function \"\(name)\"", at: start, next: didYouMean(name, among: known))
    }
    let arguments = try arguments(of: name)
    let signature = function.signature
    try check(arguments, against: signature, of: name, at: start)
    return try made(.call(function, arguments), signature.gives, from: start, over: arguments)
  }

  private mutating func arguments(of name: String) throws(ExpressionFault) -> [ExpressionNode] {
    try expect("(", "after \(name)")
    var arguments: [ExpressionNode] = []
    guard !take(")") else { return arguments }
    repeat { arguments.append(try expression(atLeast: 1)) } while take(",")
    try expect(")", "to close the call of \(name)")
    return arguments
  }

  // MARK: Aggregations

  private mutating func aggregation(_ operation: AggregationOperator, from start: Int) throws(ExpressionFault)
    -> ExpressionNode
  {
    var aggregation = Aggregation(operation: operation)
    let isBefore = try grouping(&aggregation)
    var arguments = try arguments(of: operation.rawValue)
    if !isBefore { _ = try grouping(&aggregation) }
    let wanted = operation.hasParameter ? 2 : 1
    guard arguments.count == wanted, let vector = arguments.popLast() else {
      throw ExpressionFault(
        "\(operation.rawValue) with \(arguments.count) arguments", at: start,
        why: operation.hasParameter
          ? "it takes a parameter and an instant vector" : "it takes an instant vector")
    }
    let parameter = arguments.first
    let parameterType: ValueType = operation == .countValues ? .string : .scalar
    if let parameter, parameter.type != parameterType {
      throw ExpressionFault(
        "a \(parameter.type.rawValue) as parameter of \(operation.rawValue)", at: parameter.range.lowerBound,
        why: "it takes a \(parameterType.rawValue)")
    }
    if operation == .countValues, let parameter, case .string(let label) = parameter.bare.kind,
      !Label.isName(label)
    {
      throw ExpressionFault("\"\(label)\" is no label's name", at: parameter.range.lowerBound)
    }
    guard vector.type == .vector else {
      throw ExpressionFault(
        "\(operation.rawValue) of a \(vector.type.rawValue)", at: vector.range.lowerBound,
        why: "it takes an instant vector", next: vector.type == .matrix ? "leave the range out" : nil)
    }
    return try made(
      .aggregation(aggregation, vector, parameter: parameter), .vector, from: start,
      over: [vector] + (parameter.map { [$0] } ?? []))
  }

  /// True when there was one.
  private mutating func grouping(_ aggregation: inout Aggregation) throws(ExpressionFault) -> Bool {
    let isWithout = next.kind.isWord("without")
    guard isWithout || next.kind.isWord("by") else { return false }
    _ = take()
    aggregation.isWithout = isWithout
    aggregation.labels = try labelNames("after by and without")
    return true
  }

  // MARK: Selectors

  private mutating func selector(named name: String?, from start: Int) throws(ExpressionFault)
    -> ExpressionNode
  {
    var matchers = name.map { [LabelMatcher(Label.metricName, .equal($0))] } ?? []
    if take("{") {
      while !take("}") {
        let place = next.range.lowerBound
        let matcher = try matcher()
        if matcher.name == Label.metricName, let name {
          throw ExpressionFault("a second name beside \"\(name)\"", at: place)
        }
        matchers.append(matcher)
        guard take(",") || next.kind == .symbol("}") else {
          throw unexpected("expected \",\" or \"}\" after a matcher")
        }
      }
    }
    guard matchers.contains(where: { !$0.accepts(value: "") }) else {
      throw ExpressionFault(
        "a selector that selects everything", at: start,
        why: "at least one matcher must not accept an absent label")
    }
    return try made(.selector(countedSelector(matchers)), .vector, from: start)
  }

  private mutating func matcher() throws(ExpressionFault) -> LabelMatcher {
    let nameToken = take()
    let name: String
    switch nameToken.kind {
    case .word(let word) where Label.isName(word): name = word
    case .string(let text) where !text.isEmpty:
      // Prometheus 3: a quoted name alone is the metric's.
      if next.kind == .symbol(",") || next.kind == .symbol("}") {
        return LabelMatcher(Label.metricName, .equal(text))
      }
      name = text
    default:
      throw ExpressionFault(
        "expected a label's name, found \(nameToken.description)", at: nameToken.range.lowerBound)
    }
    let comparison = take()
    let valueToken = take()
    guard case .symbol(let symbol) = comparison.kind, ["=", "!=", "=~", "!~"].contains(symbol) else {
      throw ExpressionFault(
        "expected =, !=, =~ or !~ after label \"\(name)\", found \(comparison.description)",
        at: comparison.range.lowerBound)
    }
    guard case .string(let value) = valueToken.kind else {
      throw ExpressionFault(
        "expected a text in quotes after \(symbol), found \(valueToken.description)",
        at: valueToken.range.lowerBound)
    }
    switch symbol {
    case "=": return LabelMatcher(name, .equal(value))
    case "!=": return LabelMatcher(name, .notEqual(value))
    default:
      let pattern = try pattern(value, at: valueToken.range.lowerBound)
      return LabelMatcher(name, symbol == "=~" ? .matches(pattern) : .notMatches(pattern))
    }
  }
}

/// The pattern of a matcher or a replacement.
func pattern(_ text: String, at place: Int) throws(ExpressionFault) -> Pattern {
  do throws(Pattern.Fault) {
    return try Pattern(text, dotMatchesNewline: true)
  } catch {
    throw ExpressionFault("invalid pattern \"\(text)\": \(error.what)", at: place)
  }
}
