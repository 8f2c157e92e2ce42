// Tokens into a tree, by precedence climbing: unary minus binds looser than ^ and tighter than *, only ^ is
// right-associative. Types are checked where nodes are made (ExpressionParser+Checks).
internal import Basics
internal import Metrics

struct ExpressionParser {
  /// Deeper than any rule a person writes, and far from the end of a thread's stack.
  private static let heightMax = 128

  private let tokens: [Token]
  private var position = 0
  private var depth = 0
  private(set) var selectorCount = 0

  init(_ tokens: [Token]) { self.tokens = tokens }

  var next: Token { tokens[position] }
  private var endOfPrevious: Int { position > 0 ? tokens[position - 1].range.upperBound : 0 }

  mutating func take() -> Token {
    let token = tokens[position]
    if token.kind != .end { position += 1 }
    return token
  }

  mutating func take(_ symbol: String) -> Bool {
    guard next.kind == .symbol(symbol) else { return false }
    position += 1
    return true
  }

  /// The next word in lower case, when it is one: keywords are written in any case.
  private var keyword: String? {
    if case .word(let word) = next.kind { word.lowercased() } else { nil }
  }

  mutating func take(keyword wanted: String) -> Bool {
    guard keyword == wanted else { return false }
    position += 1
    return true
  }

  mutating func expect(_ symbol: String, _ purpose: String) throws(ExpressionFault) {
    guard take(symbol) else { throw unexpected("expected \"\(symbol)\" \(purpose)") }
  }

  func unexpected(_ wanted: String, next hint: String? = nil) -> ExpressionFault {
    ExpressionFault("\(wanted), found \(next.description)", at: next.range.lowerBound, next: hint)
  }

  mutating func wholeExpression() throws(ExpressionFault) -> ExpressionNode {
    guard next.kind != .end else { throw ExpressionFault("an empty expression", at: 0) }
    let node = try expression(atLeast: 1)
    guard next.kind == .end else {
      let words = BinaryOperator.allCases.map(\.rawValue).filter { $0.first?.isLetter == true }
      let hint = keyword.flatMap { didYouMean($0, among: words + ["offset"]) }
      throw unexpected("expected an operator or the end of the expression", next: hint)
    }
    return node
  }

  func made(
    _ kind: ExpressionNode.Kind, _ type: ValueType, from start: Int, over parts: [ExpressionNode] = []
  )
    throws(ExpressionFault) -> ExpressionNode
  {
    let height = 1 + (parts.map(\.height).max() ?? 0)
    guard height <= Self.heightMax else {
      throw ExpressionFault(
        "an expression nested more than \(Self.heightMax) deep", at: start,
        next: "let recording rules hold its parts")
    }
    return ExpressionNode(kind: kind, type: type, range: start..<max(start, endOfPrevious), height: height)
  }

  // MARK: Operators

  mutating func expression(atLeast precedence: Int) throws(ExpressionFault) -> ExpressionNode {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.heightMax else {
      throw ExpressionFault(
        "an expression nested more than \(Self.heightMax) deep", at: next.range.lowerBound,
        next: "let recording rules hold its parts")
    }
    var left = try unary()
    while let operation = binaryOperator(), operation.precedence >= precedence {
      let place = take().range.lowerBound
      let modified = try modifiers(of: operation)
      let right = try expression(
        atLeast: operation == .power ? operation.precedence : operation.precedence + 1)
      let binary = try checked(modified, left, right, at: place)
      let type: ValueType = left.type == .scalar && right.type == .scalar ? .scalar : .vector
      left = try made(.binary(binary, left, right), type, from: left.range.lowerBound, over: [left, right])
    }
    return left
  }

  private func binaryOperator() -> BinaryOperator? {
    switch next.kind {
    case .symbol(let symbol): BinaryOperator(rawValue: symbol)
    case .word: keyword.flatMap { BinaryOperator(rawValue: $0) }
    default: nil
    }
  }

  private mutating func unary() throws(ExpressionFault) -> ExpressionNode {
    let start = next.range.lowerBound
    guard next.kind == .symbol("-") || next.kind == .symbol("+") else { return try postfixed() }
    let isNegative = take().kind == .symbol("-")
    let operand = try expression(atLeast: BinaryOperator.power.precedence)
    guard operand.type == .scalar || operand.type == .vector else {
      throw ExpressionFault(
        "a sign before a \(operand.type.rawValue)", at: start,
        why: "only scalars and instant vectors have one")
    }
    guard isNegative else { return operand }
    if case .number(let value) = operand.kind { return try made(.number(-value), .scalar, from: start) }
    return try made(.negated(operand), operand.type, from: start, over: [operand])
  }

  private mutating func modifiers(of operation: BinaryOperator) throws(ExpressionFault) -> BinaryOperation {
    var binary = BinaryOperation(operation: operation)
    let place = next.range.lowerBound
    if take(keyword: "bool") {
      guard operation.isComparison else {
        throw ExpressionFault(
          "\"bool\" after \(operation.rawValue)", at: place, why: "only comparisons have it")
      }
      binary.returnsBool = true
    }
    guard keyword == "on" || keyword == "ignoring" else { return binary }
    binary.matching.isWritten = true
    binary.matching.isOn = take().kind.isWord("on")
    binary.matching.labels = try labelNames("after on and ignoring")
    let isLeft = keyword == "group_left"
    guard isLeft || keyword == "group_right" else { return binary }
    let grouping = take().range.lowerBound
    guard !operation.isSet else {
      throw ExpressionFault("no grouping is allowed for \"\(operation.rawValue)\"", at: grouping)
    }
    binary.matching.cardinality = isLeft ? .manyToOne : .oneToMany
    if next.kind == .symbol("(") {
      binary.matching.included = try labelNames("after group_left and group_right")
    }
    return binary
  }

  mutating func labelNames(_ purpose: String) throws(ExpressionFault) -> [String] {
    try expect("(", purpose)
    var names: [String] = []
    while !take(")") {
      let token = take()
      switch token.kind {
      case .word(let name) where Label.isName(name): names.append(name)
      case .string(let name) where !name.isEmpty: names.append(name)
      default:
        throw ExpressionFault(
          "expected a label's name, found \(token.description)", at: token.range.lowerBound)
      }
      guard take(",") || next.kind == .symbol(")") else {
        throw unexpected("expected \",\" or \")\" between labels")
      }
    }
    return names
  }

  // MARK: What follows an operand

  private mutating func postfixed() throws(ExpressionFault) -> ExpressionNode {
    var node = try primary()
    while true {
      let place = next.range.lowerBound
      if take("[") {
        node = try ranged(node, at: place)
      } else if take(keyword: "offset") {
        node = try shifted(node, at: place, by: "offset") { (self, shift) throws(ExpressionFault) in
          guard shift.offset_ms == 0 else { throw ExpressionFault("a second offset", at: place) }
          shift.offset_ms = try self.signedDuration()
        }
      } else if take("@") {
        node = try shifted(node, at: place, by: "@") { (self, shift) throws(ExpressionFault) in
          guard shift.anchor == nil else { throw ExpressionFault("a second @", at: place) }
          shift.anchor = try self.anchor()
        }
      } else {
        return node
      }
    }
  }

  private mutating func ranged(_ node: ExpressionNode, at place: Int) throws(ExpressionFault)
    -> ExpressionNode
  {
    let window = try duration(purpose: "of a range")
    guard take(":") else {
      try expect("]", "after a range")
      guard case .selector(let selector) = node.kind else {
        throw ExpressionFault(
          "a range after what is no selector", at: place,
          why: "only a selector has one; an expression has a subquery",
          next: "a subquery is written [\(DurationLiteral.text(milliseconds: window)):]")
      }
      guard selector.shift == TimeShift() else {
        throw ExpressionFault("a range after offset or @", at: place, next: "the range comes first")
      }
      return try made(.range(selector, window_ms: window), .matrix, from: node.range.lowerBound)
    }
    var subquery = Subquery(window_ms: window)
    if next.kind != .symbol("]") { subquery.step_ms = try duration(purpose: "of a subquery's step") }
    try expect("]", "after a subquery")
    guard node.type == .vector else {
      throw ExpressionFault(
        "a subquery of a \(node.type.rawValue)", at: place, why: "it needs an instant vector")
    }
    return try made(.subquery(node, subquery), .matrix, from: node.range.lowerBound, over: [node])
  }

  private mutating func shifted(
    _ node: ExpressionNode, at place: Int, by word: String,
    change: (inout ExpressionParser, inout TimeShift) throws(ExpressionFault) -> Void
  ) throws(ExpressionFault) -> ExpressionNode {
    var node = node
    switch node.kind {
    case .selector(var selector):
      try change(&self, &selector.shift)
      node.kind = .selector(selector)
    case .range(var selector, let window):
      try change(&self, &selector.shift)
      node.kind = .range(selector, window_ms: window)
    case .subquery(let inner, var subquery):
      try change(&self, &subquery.shift)
      node.kind = .subquery(inner, subquery)
    default:
      throw ExpressionFault("\(word) after what is no selector, range or subquery", at: place)
    }
    node.range = node.range.lowerBound..<endOfPrevious
    return node
  }

  private mutating func signedDuration() throws(ExpressionFault) -> Int64 {
    let isNegative = take("-")
    if !isNegative { _ = take("+") }
    let duration = try milliseconds(purpose: "of an offset")
    return isNegative ? -duration : duration
  }

  private mutating func duration(purpose: String) throws(ExpressionFault) -> Int64 {
    let place = next.range.lowerBound
    let duration = try milliseconds(purpose: purpose)
    guard duration > 0 else { throw ExpressionFault("a duration \(purpose) that is not above 0", at: place) }
    return duration
  }

  private mutating func milliseconds(purpose: String) throws(ExpressionFault) -> Int64 {
    guard case .number(let seconds) = next.kind else { throw unexpected("expected a duration \(purpose)") }
    let place = take().range.lowerBound
    guard let milliseconds = Int64(exactly: (seconds * 1000).rounded()),
      milliseconds <= DurationLiteral.max_ms
    else {
      throw ExpressionFault("a duration \(purpose) that is too long", at: place)
    }
    return milliseconds
  }

  private mutating func anchor() throws(ExpressionFault) -> TimeShift.Anchor {
    for (word, anchor) in [("start", TimeShift.Anchor.start), ("end", .end)] where take(keyword: word) {
      try expect("(", "after \(word)")
      try expect(")", "after \(word)(")
      return anchor
    }
    let sign: Double = take("-") ? -1 : 1
    if sign > 0 { _ = take("+") }
    guard case .number(let seconds) = next.kind else {
      throw unexpected("expected a time in seconds, start() or end() after @")
    }
    let place = take().range.lowerBound
    guard let moment = Int64(exactly: (sign * seconds * 1000).rounded()), abs(moment) < Int64.max / 4 else {
      throw ExpressionFault("a time after @ that is out of range", at: place)
    }
    return .moment_ms(moment)
  }

  mutating func countedSelector(_ matchers: [LabelMatcher]) -> Selector {
    defer { selectorCount += 1 }
    return Selector(number: selectorCount, matchers: matchers)
  }
}

extension Token.Kind {
  func isWord(_ wanted: String) -> Bool {
    if case .word(let word) = self { word.lowercased() == wanted } else { false }
  }
}
