// Rules as values, parsed and checked: what Engine/Topology makes of Prometheus rule files, and what is
// evaluated. A rule knows the hash of what it says, so that an alert can name the version that fired.
public import Basics

/// Rules that are evaluated one after the other at the same instants.
public struct RuleGroup: Sendable {
  public var name: String
  /// The file, as diagnostics name it.
  public var file: String
  /// Nil: the rule set's.
  public var interval: Duration?
  /// How far before the instant expressions are evaluated.
  public var queryOffset: Duration
  /// More results than this fail a rule; 0 is no limit.
  public var limit: Int
  public var rules: [Rule]

  public init(
    name: String, file: String, interval: Duration? = nil, queryOffset: Duration = .zero, limit: Int = 0,
    rules: [Rule]
  ) {
    self.name = name
    self.file = file
    self.interval = interval
    self.queryOffset = queryOffset
    self.limit = limit
    self.rules = rules
  }
}

/// One rule of a group: an expression, and what becomes of its elements.
public struct Rule: Sendable {
  public enum Action: Sendable {
    /// Each element becomes a sample of the series with the rule's name.
    case record
    /// Each element is an alert.
    case alert(AlertTerms)
  }

  public struct TemplatedLabel: Sendable, Equatable {
    public var name: String
    public var value: Template

    public init(name: String, value: Template) {
      self.name = name
      self.value = value
    }
  }

  public struct AlertTerms: Sendable {
    /// How long the condition must hold before the alert fires.
    public var holdTime: Duration
    /// How long it goes on firing once the condition holds no more.
    public var keepFiringFor: Duration
    public var annotations: [TemplatedLabel]

    public init(holdTime: Duration, keepFiringFor: Duration, annotations: [TemplatedLabel]) {
      self.holdTime = holdTime
      self.keepFiringFor = keepFiringFor
      self.annotations = annotations
    }
  }

  /// The alert's name, or the recorded series'.
  public var name: String
  public var expression: Expression
  /// Of a recording rule they are plain texts.
  public var labels: [TemplatedLabel]
  public var action: Action
  public var place: Diagnostic.Place?
  /// 16 hexadecimal digits of SHA-256 over all that the rule says; another text is another version.
  public let version: String

  public init(
    name: String, expression: Expression, labels: [TemplatedLabel], action: Action,
    place: Diagnostic.Place? = nil
  ) {
    self.name = name
    self.expression = expression
    self.labels = labels
    self.action = action
    self.place = place
    var bytes: [UInt8] = []
    bytes.append(countedText: name)
    bytes.append(countedText: expression.text)
    for label in labels {
      bytes.append(countedText: label.name)
      bytes.append(countedText: label.value.text)
    }
    if case .alert(let terms) = action {
      bytes.append(littleEndian: terms.holdTime.milliseconds)
      bytes.append(littleEndian: terms.keepFiringFor.milliseconds)
      for annotation in terms.annotations {
        bytes.append(countedText: annotation.name)
        bytes.append(countedText: annotation.value.text)
      }
    }
    version = hexadecimal(SHA256.hash(bytes).prefix(8))
  }
}

func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
