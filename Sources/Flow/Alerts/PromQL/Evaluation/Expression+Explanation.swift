// How an expression comes to its value: what each of its parts was worth, the innermost first.
public import Basics
public import Metrics

/// One part of an expression and its value at the instant.
public struct ExplanationStep: Sendable {
  /// The part as it is written.
  public var text: String
  public var value: QueryValue
}

extension Expression {
  /// The parts in the order in which they were computed, the whole last; numbers, texts and parentheses are
  /// left out. What a subquery computes at other instants is in its series.
  public func explained(
    at instant: EventTime, of source: any SeriesSource, options: QueryOptions = QueryOptions()
  ) throws(EvaluationFault) -> [ExplanationStep] {
    var evaluator = Evaluator(self, at: instant, source: source, options: options)
    evaluator.steps = []
    let whole = try evaluator.wholeValue()
    var steps = (evaluator.steps ?? []).compactMap { node, value -> ExplanationStep? in
      switch node.kind {
      case .number, .string, .parenthesized: return nil
      default: return ExplanationStep(text: text(of: node), value: QueryValue(value))
      }
    }
    if steps.isEmpty { steps = [ExplanationStep(text: text, value: whole)] }
    steps[steps.count - 1].value = whole
    return steps
  }
}

extension Expression {
  /// The parts that are vectors or scalars, as they are written, the innermost first, the whole last; numbers
  /// and parentheses are left out.
  public var parts: [String] {
    root.nodes.compactMap { node in
      switch node.kind {
      case .number, .string, .parenthesized: return nil
      default: return node.type == .vector || node.type == .scalar ? text(of: node) : nil
      }
    }
  }
}

extension ExpressionNode {
  /// All nodes, each behind those below it.
  fileprivate var nodes: [ExpressionNode] {
    let below: [ExpressionNode] =
      switch kind {
      case .number, .string, .selector, .range: []
      case .subquery(let inner, _), .negated(let inner), .parenthesized(let inner): inner.nodes
      case .binary(_, let left, let right): left.nodes + right.nodes
      case .aggregation(_, let inner, let parameter): (parameter?.nodes ?? []) + inner.nodes
      case .call(_, let arguments): arguments.flatMap(\.nodes)
      }
    return below + [self]
  }
}

extension QueryValue {
  init(_ value: Evaluator.Value) {
    switch value {
    case .scalar(let value): self = .scalar(value)
    case .string(let text): self = .string(text)
    case .vector(let elements): self = .vector(elements.sorted { $0.labels < $1.labels })
    case .matrix(let windows):
      self = .matrix(windows.map { Series(labels: $0.labels, samples: Array($0.samples)) })
    }
  }

  /// A line an element, at most `limit` of them.
  public func lines(limit: Int) -> [String] {
    let all: [String]
    switch self {
    case .scalar(let value): return [NumberText.short(value)]
    case .string(let text): return ["\"\(text)\""]
    case .vector(let elements):
      all = elements.prefix(limit).map { "\($0.labels) \(NumberText.short($0.value))" }
    case .matrix(let series):
      all = series.prefix(limit).map { one in
        let ends = [one.samples.first, one.samples.last].compactMap { $0 }.map {
          "\(NumberText.short($0.value)) at \($0.time)"
        }
        return "\(one.labels) \(one.samples.count) samples, \(ends.joined(separator: " to "))"
      }
    }
    let count =
      switch self {
      case .vector(let elements): elements.count;
      case .matrix(let series): series.count;
      default: 1
      }
    if count == 0 { return ["nothing"] }
    return count > limit ? all + ["and \(count - limit) more"] : all
  }
}
