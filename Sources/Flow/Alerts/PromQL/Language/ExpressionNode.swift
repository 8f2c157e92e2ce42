// A PromQL expression as a tree, checked: whoever has a node may evaluate it.
internal import Metrics

/// What an expression's value is.
enum ValueType: String, Sendable {
  case scalar
  case string
  case vector = "instant vector"
  case matrix = "range vector"
}

struct ExpressionNode: Sendable {
  indirect enum Kind: Sendable {
    case number(Double)
    case string(String)
    case selector(Selector)
    case range(Selector, window_ms: Int64)
    case subquery(ExpressionNode, Subquery)
    case negated(ExpressionNode)
    case parenthesized(ExpressionNode)
    case binary(BinaryOperation, ExpressionNode, ExpressionNode)
    case aggregation(Aggregation, ExpressionNode, parameter: ExpressionNode?)
    case call(Function, [ExpressionNode])
  }

  var kind: Kind
  var type: ValueType
  /// In UTF-8 bytes of the expression's text.
  var range: Range<Int>
  /// Of the tree below, for recursion has its limit.
  var height: Int

  /// Without the parentheses around it.
  var bare: ExpressionNode {
    if case .parenthesized(let inner) = kind { inner.bare } else { self }
  }
}

/// `name{label="value"} offset 5m @ end()`.
struct Selector: Sendable {
  /// Counted through the expression, so that an evaluation keeps what it selected.
  var number: Int
  var matchers: [LabelMatcher]
  var shift = TimeShift()
}

/// When to look instead of now.
struct TimeShift: Sendable, Equatable {
  enum Anchor: Sendable, Equatable { case moment_ms(Int64), start, end }
  var offset_ms: Int64 = 0
  var anchor: Anchor?
}

/// `[1h:5m]`.
struct Subquery: Sendable {
  var window_ms: Int64
  /// Nil: the evaluation's default.
  var step_ms: Int64?
  var shift = TimeShift()
}

enum BinaryOperator: String, CaseIterable, Sendable {
  case or, and, unless
  case equal = "==", notEqual = "!=", less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">="
  case plus = "+", minus = "-"
  case times = "*", over = "/", modulo = "%", atan2
  case power = "^"

  /// Higher binds tighter.
  var precedence: Int {
    switch self {
    case .or: 1
    case .and, .unless: 2
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: 3
    case .plus, .minus: 4
    case .times, .over, .modulo, .atan2: 5
    case .power: 6
    }
  }

  var isComparison: Bool { precedence == 3 }
  var isSet: Bool { precedence <= 2 }
}

struct BinaryOperation: Sendable {
  var operation: BinaryOperator
  var returnsBool = false
  var matching = VectorMatching()
}

/// Which element of one side belongs to which of the other.
struct VectorMatching: Sendable {
  enum Cardinality: Sendable { case oneToOne, manyToOne, oneToMany, manyToMany }
  var cardinality = Cardinality.oneToOne
  /// `on` when true, otherwise `ignoring`.
  var isOn = false
  var labels: [String] = []
  /// Labels of the "one" side that `group_left` and `group_right` take over.
  var included: [String] = []
  /// Whether on or ignoring was written, for the expression's text.
  var isWritten = false
}

enum AggregationOperator: String, CaseIterable, Sendable {
  case sum, avg, min, max, count, stddev, stdvar, topk, bottomk, quantile, group
  case countValues = "count_values"

  var hasParameter: Bool {
    switch self {
    case .topk, .bottomk, .quantile, .countValues: true
    default: false
    }
  }
}

struct Aggregation: Sendable {
  var operation: AggregationOperator
  var isWithout = false
  var labels: [String] = []
}
