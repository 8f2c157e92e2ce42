// What happened to an alert, as an event on the topic `alerts`: which alert, from which state to which,
// when in event time, and on what evidence. Its id depends on nothing but the alert itself, so that
// nothing is told twice however often it is computed.
public import Basics
public import Metrics

/// ```
///  inactive ── condition ──> pending ── held for `for` ──> firing ── condition gone ──> resolved
///                              └── condition gone ──> inactive    (after `keep_firing_for`)
/// ```
/// Without `for` an alert goes from inactive to firing at once. Resolved is inactive again: the next time
/// it is another alert, with another `active since`.
public enum AlertState: String, Sendable, CaseIterable { case inactive, pending, firing, resolved }

public struct AlertTransition: Hashable, Sendable {
  /// Why an alert ended.
  public enum Reason: String, Sendable {
    /// The series are there and the condition holds no more.
    case recovered
    /// The series are gone: nobody knows whether the condition holds.
    case noData = "no_data"
    /// The rule, or its expression's labels, are no more.
    case ruleRemoved = "rule_removed"
  }

  /// Series that the value was computed from.
  public struct Evidence: Hashable, Sendable {
    public struct Part: Hashable, Sendable {
      public var labels: Labels
      public var samples: Int
      public var last: Sample
    }
    /// As the rule writes it.
    public var selector: String
    /// Samples with `from < time <= to` were looked at.
    public var from: EventTime
    public var to: EventTime
    /// How many series were looked at; `series` shows the first of them.
    public var seriesCount: Int
    public var series: [Part]
  }

  /// Of the alert from its first state to its last: a hash of organization, rule, labels, active since.
  public var alertID: String
  public var organization: String
  public var group: String
  public var rule: String
  public var ruleVersion: String
  public var from: AlertState
  public var to: AlertState
  public var reason: Reason?
  /// The alert's own, `alertname` among them.
  public var labels: Labels
  public var annotations: [Label]
  /// The last one while the condition held.
  public var value: Double
  public var activeSince: EventTime
  public var at: EventTime
  public var evidence: [Evidence]

  /// Unique among all transitions.
  public var id: String { "\(alertID)-\(to.rawValue)" }

  static func alertID(organization: String, _ key: RuleStates.Key, labels: Labels, activeSince: EventTime)
    -> String
  {
    var bytes: [UInt8] = []
    for text in [organization, key.file, key.group, key.name] { bytes.append(countedText: text) }
    bytes.append(littleEndian: UInt32(clamping: key.ordinal))
    labels.store(into: &bytes)
    bytes.append(littleEndian: activeSince.rawValue)
    return hexadecimal(SHA256.hash(bytes).prefix(16))
  }
}

// MARK: - JSON

extension AlertTransition {
  /// The fields of the event's JSON, without braces: `"alert_id":"...","rule":"..."`.
  public func appendFields(to bytes: inout [UInt8]) {
    bytes.append(contentsOf: "\"transition_id\":".utf8)
    bytes.appendJSON(id)
    for (name, value) in [
      ("alert_id", alertID), ("organization", organization), ("group", group), ("rule", rule),
      ("rule_version", ruleVersion), ("from", from.rawValue), ("to", to.rawValue),
    ] {
      bytes.append(contentsOf: ",\"\(name)\":".utf8)
      bytes.appendJSON(value)
    }
    bytes.append(contentsOf: ",\"reason\":".utf8)
    if let reason { bytes.appendJSON(reason.rawValue) } else { bytes.append(contentsOf: "null".utf8) }
    bytes.append(contentsOf: ",\"labels\":".utf8)
    bytes.appendJSON(labels.all)
    bytes.append(contentsOf: ",\"annotations\":".utf8)
    bytes.appendJSON(annotations)
    bytes.append(contentsOf: ",\"value\":".utf8)
    bytes.appendJSON(sampleValue: value)
    bytes.append(contentsOf: ",\"active_since\":\"\(activeSince)\",\"at\":\"\(at)\",\"evidence\":[".utf8)
    for (index, part) in evidence.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      part.appendJSON(to: &bytes)
    }
    bytes.append(UInt8(ascii: "]"))
  }
}

extension AlertTransition.Evidence {
  fileprivate func appendJSON(to bytes: inout [UInt8]) {
    bytes.append(contentsOf: "{\"selector\":".utf8)
    bytes.appendJSON(selector)
    bytes.append(
      contentsOf: ",\"from\":\"\(from)\",\"to\":\"\(to)\",\"series_count\":\(seriesCount),\"series\":[".utf8)
    for (index, part) in series.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes.append(contentsOf: "{\"labels\":".utf8)
      bytes.appendJSON(part.labels.all)
      bytes.append(
        contentsOf: ",\"samples\":\(part.samples),\"last_at\":\"\(part.last.time)\",\"last_value\":".utf8)
      bytes.appendJSON(sampleValue: part.last.value)
      bytes.append(UInt8(ascii: "}"))
    }
    bytes.append(contentsOf: "]}".utf8)
  }
}

extension [UInt8] {
  /// Labels as an object of texts.
  public mutating func appendJSON(_ labels: [Label]) {
    append(UInt8(ascii: "{"))
    for (index, label) in labels.enumerated() {
      if index > 0 { append(UInt8(ascii: ",")) }
      appendJSON(label.name)
      append(UInt8(ascii: ":"))
      appendJSON(label.value)
    }
    append(UInt8(ascii: "}"))
  }

  /// A value as Prometheus' API has it: a text, because JSON has no NaN and no infinity.
  mutating func appendJSON(sampleValue: Double) { appendJSON(NumberText.short(sampleValue)) }
}
