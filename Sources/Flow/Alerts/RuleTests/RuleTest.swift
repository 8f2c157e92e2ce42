// Unit tests of rules as promtool's files declare them, as values.
public import Basics
public import Metrics

/// A file for `promtool test rules`.
public struct RuleTestFile: Sendable {
  /// Paths and patterns as written, relative to the file.
  public var ruleFiles: [String]
  public var interval: Duration
  /// Groups named here are evaluated first, in this order.
  public var groupOrder: [String]
  /// Values that are neighbours as doubles count as equal.
  public var isFuzzy: Bool
  public var tests: [RuleTest]

  public init(
    ruleFiles: [String], interval: Duration, groupOrder: [String], isFuzzy: Bool, tests: [RuleTest]
  ) {
    self.ruleFiles = ruleFiles
    self.interval = interval
    self.groupOrder = groupOrder
    self.isFuzzy = isFuzzy
    self.tests = tests
  }
}

public struct RuleTest: Sendable {
  public struct Input: Sendable {
    public var labels: Labels
    public var values: [Double?]

    public init(labels: Labels, values: [Double?]) {
      self.labels = labels
      self.values = values
    }
  }

  /// An expression and its value at a moment.
  public struct ExpressionCase: Sendable {
    public var expression: Expression
    public var at: Duration
    public var expected: [VectorElement]
    public var place: Diagnostic.Place?

    public init(expression: Expression, at: Duration, expected: [VectorElement], place: Diagnostic.Place?) {
      self.expression = expression
      self.at = at
      self.expected = expected
      self.place = place
    }
  }

  /// An alert's name and what fires under it at a moment.
  public struct AlertCase: Sendable {
    public struct Firing: Hashable, Sendable {
      public var labels: Labels
      public var annotations: Labels

      public init(labels: Labels, annotations: Labels) {
        self.labels = labels
        self.annotations = annotations
      }
    }
    public var name: String
    public var at: Duration
    public var expected: [Firing]
    public var place: Diagnostic.Place?

    public init(name: String, at: Duration, expected: [Firing], place: Diagnostic.Place?) {
      self.name = name
      self.at = at
      self.expected = expected
      self.place = place
    }
  }

  public var name: String
  /// Between two values of the input.
  public var interval: Duration
  public var input: [Input]
  public var expressions: [ExpressionCase]
  public var alerts: [AlertCase]
  public var externalLabels: Labels
  public var externalURL: String

  public init(
    name: String, interval: Duration, input: [Input], expressions: [ExpressionCase], alerts: [AlertCase],
    externalLabels: Labels, externalURL: String
  ) {
    self.name = name
    self.interval = interval
    self.input = input
    self.expressions = expressions
    self.alerts = alerts
    self.externalLabels = externalLabels
    self.externalURL = externalURL
  }
}

extension RuleTest {
  /// Its input as series: a value an interval, counted from 0.
  public var series: [Series] {
    input.map { input in
      let samples = input.values.enumerated().compactMap { index, value in
        value.map { Sample(time: EventTime(milliseconds: Int64(index) &* interval.milliseconds), value: $0) }
      }
      return Series(labels: input.labels, samples: samples)
    }
  }
}
