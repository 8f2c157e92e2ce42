// What the rules of one organization remember: active alerts, and which series each rule wrote at the last
// instant, so that a series that ends gets its staleness marker.
public import Basics
public import Metrics

public struct RuleStates: Hashable, Sendable {
  /// A rule across versions of its file: file, group, name, and which of several with one name.
  public struct Key: Hashable, Comparable, Sendable {
    public var file: String
    public var group: String
    public var name: String
    public var ordinal: Int

    public static func < (a: Key, b: Key) -> Bool {
      (a.file, a.group, a.name, a.ordinal) < (b.file, b.group, b.name, b.ordinal)
    }

    // Names rarely repeat, and keys are looked up for each rule at each instant.
    public func hash(into hasher: inout Hasher) {
      hasher.combine(name)
      hasher.combine(ordinal)
    }
  }

  public struct RuleState: Hashable, Sendable {
    /// Of the rule when it was evaluated last.
    public var version: String
    /// In the order of their labels.
    public var alerts: [ActiveAlert]
    /// The series written at the last instant, in the order of their labels.
    public var written: [Labels]
  }

  public private(set) var rules: [Key: RuleState] = [:]
  /// The last instant that was evaluated; none is evaluated twice.
  public var lastInstant: EventTime?

  public init() {}

  subscript(key: Key) -> RuleState? {
    get { rules[key] }
    set { rules[key] = newValue }
  }

  /// What is pending or firing, in the order of rules and labels.
  public var active: [(key: Key, version: String, alert: ActiveAlert)] {
    rules.keys.sorted().flatMap { key -> [(key: Key, version: String, alert: ActiveAlert)] in
      guard let rule = rules[key] else { return [] }
      return rule.alerts.map { (key, rule.version, $0) }
    }
  }
}

extension RuleStates: Storable {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(littleEndian: lastInstant?.rawValue ?? .min)
    bytes.append(littleEndian: UInt32(rules.count))
    for key in rules.keys.sorted() {
      guard let rule = rules[key] else { continue }
      for text in [key.file, key.group, key.name] { bytes.append(countedText: text) }
      bytes.append(littleEndian: UInt32(clamping: key.ordinal))
      bytes.append(countedText: rule.version)
      bytes.append(littleEndian: UInt32(rule.alerts.count))
      for alert in rule.alerts {
        var stored: [UInt8] = []
        alert.store(into: &stored)
        unsafe bytes.append(countedField: stored.span.bytes)
      }
      bytes.append(littleEndian: UInt32(rule.written.count))
      for labels in rule.written { bytes.append(countedLabels: labels) }
    }
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let instant = reader.integer(Int64.self), let count = reader.integer(UInt32.self) else {
      return nil
    }
    lastInstant = instant == .min ? nil : EventTime(milliseconds: instant)
    for _ in 0..<count {
      guard let file = reader.text(), let group = reader.text(), let name = reader.text(),
        let ordinal = reader.integer(UInt32.self), let version = reader.text(),
        let alertCount = reader.integer(UInt32.self)
      else { return nil }
      var rule = RuleState(version: version, alerts: [], written: [])
      for _ in 0..<alertCount {
        guard let field = reader.field(), let alert = ActiveAlert(stored: field) else { return nil }
        rule.alerts.append(alert)
      }
      guard let writtenCount = reader.integer(UInt32.self) else { return nil }
      for _ in 0..<writtenCount {
        guard let labels = reader.labels() else { return nil }
        rule.written.append(labels)
      }
      rules[Key(file: file, group: group, name: name, ordinal: Int(ordinal))] = rule
    }
    guard reader.isAtEnd else { return nil }
  }
}
