// What an expression is worth at an instant.
public import Metrics

/// One series' value at an instant.
public struct VectorElement: Hashable, Sendable {
  public var labels: Labels
  public var value: Double

  public init(labels: Labels, value: Double) {
    self.labels = labels
    self.value = value
  }
}

public enum QueryValue: Sendable {
  case scalar(Double)
  case string(String)
  /// In the order of the labels, unless the expression sorts.
  case vector([VectorElement])
  case matrix([Series])
}

/// Why an expression that is well made has no value all the same.
public struct EvaluationFault: Error, Hashable, Sendable {
  public var what: String
  /// In UTF-8 bytes of the expression.
  public var offset: Int

  init(_ what: String, at offset: Int) {
    self.what = what
    self.offset = offset
  }
}

/// What an evaluation takes for granted.
public struct QueryOptions: Sendable {
  /// How long a sample stands for its series' value.
  public var lookback_ms: Int64 = 300_000
  /// The step of a subquery that names none.
  public var subqueryStep_ms: Int64 = 60_000

  public init(lookback_ms: Int64 = 300_000, subqueryStep_ms: Int64 = 60_000) {
    self.lookback_ms = lookback_ms
    self.subqueryStep_ms = max(1, subqueryStep_ms)
  }
}
