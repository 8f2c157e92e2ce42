// An alert's expression without its conditions: `up == 0` without `== 0`. Whatever it still finds shows
// that the series of an alert that ended are there.
internal import Metrics

extension Expression {
  /// Nil when the expression looks for absence: then its end always means that the series are back.
  var unconditional: Expression? {
    if case .call(let function, _) = root.bare.kind, function == .absent || function == .absentOverTime {
      return nil
    }
    return Expression(text: text, root: root.unconditional, selectorCount: selectorCount)
  }

  private init(text: String, root: ExpressionNode, selectorCount: Int) {
    self.text = text
    self.root = root
    self.selectorCount = selectorCount
  }
}

extension ExpressionNode {
  /// Comparisons that filter become what they filter; `and` and `unless` become their left side.
  fileprivate var unconditional: ExpressionNode {
    var node = self
    switch kind {
    case .number, .string, .selector, .range: break
    case .subquery(let inner, let subquery): node.kind = .subquery(inner.unconditional, subquery)
    case .negated(let inner): node.kind = .negated(inner.unconditional)
    case .parenthesized(let inner): node.kind = .parenthesized(inner.unconditional)
    case .binary(let operation, let left, let right):
      if operation.operation == .and || operation.operation == .unless { return left.unconditional }
      if operation.operation.isComparison, !operation.returnsBool {
        return left.type == .vector ? left.unconditional : right.unconditional
      }
      node.kind = .binary(operation, left.unconditional, right.unconditional)
    case .aggregation(let aggregation, let inner, let parameter):
      node.kind = .aggregation(aggregation, inner.unconditional, parameter: parameter)
    case .call(let function, let arguments): node.kind = .call(function, arguments.map(\.unconditional))
    }
    return node
  }

  /// All selectors below, in the order of the text, with the nodes that hold them.
  var selectorNodes: [(node: ExpressionNode, selector: Selector)] {
    switch kind {
    case .number, .string: []
    case .selector(let selector), .range(let selector, _): [(self, selector)]
    case .subquery(let inner, _), .negated(let inner), .parenthesized(let inner): inner.selectorNodes
    case .binary(_, let left, let right): left.selectorNodes + right.selectorNodes
    case .aggregation(_, let inner, let parameter): (parameter?.selectorNodes ?? []) + inner.selectorNodes
    case .call(_, let arguments): arguments.flatMap(\.selectorNodes)
    }
  }

  var selectors: [Selector] { selectorNodes.map(\.selector) }
}
