// One condition of a PromQL selector, `job="api"` or `queue!~"test.*"`.
public import Basics

/// Accepts or refuses the value of one label. An absent label has the empty value.
public struct LabelMatcher: Sendable {
  public enum Condition: Sendable {
    case equal(String)
    case notEqual(String)
    /// The pattern must match the whole value.
    case matches(Pattern)
    case notMatches(Pattern)
  }

  public var name: String
  public var condition: Condition

  public init(_ name: String, _ condition: Condition) {
    self.name = name
    self.condition = condition
  }

  public func accepts(value: String) -> Bool {
    switch condition {
    case .equal(let wanted): value.utf8.elementsEqual(wanted.utf8)
    case .notEqual(let unwanted): !value.utf8.elementsEqual(unwanted.utf8)
    case .matches(let pattern): pattern.matchesWhole(value)
    case .notMatches(let pattern): !pattern.matchesWhole(value)
    }
  }

  public func accepts(_ labels: Labels) -> Bool { accepts(value: labels[name]) }

  /// The one metric name that these accept, when an equality says it: what a store looks up first.
  public static func metricName(of matchers: [LabelMatcher]) -> String? {
    for matcher in matchers where matcher.name == Label.metricName {
      if case .equal(let name) = matcher.condition { return name }
    }
    return nil
  }
}
