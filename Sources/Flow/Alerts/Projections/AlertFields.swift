// What the decisions on `alerts` say: every change of an alert, once, on which evidence.
public import Events
internal import Metrics

/// The fields of a record of alerts.
public enum AlertField: Int, ProjectionKind {
  case transitionID, alertID, group, rule, ruleVersion, from, to, reason, labels, annotations, value,
    activeSince, at, evidence

  public static let shape = ProjectionShape(
    .decision, on: "alerts",
    "An alert has changed its state: pending, firing, resolved or inactive again, and on what evidence (R9).",
    key: "alert id", fields: Self.self, columns: [.rule, .from, .to, .reason, .value, .activeSince, .at])

  public var field: Field {
    switch self {
    case .transitionID: .id("transition_id", "unique among all transitions: alert id and new state").required
    case .alertID:
      .id(
        "alert_id",
        "of the alert from its first state to its last: a hash of organization, rule, labels, active since"
      )
      .required
    case .group: .id("group", "the rule's group").required
    case .rule: .id("rule", "the alert's name").required
    case .ruleVersion: .id("rule_version", "a hash of all that the rule says").required
    case .from: .id("from", "inactive, pending or firing").required
    case .to: .id("to", "pending, firing, resolved, or inactive when it never fired").required
    case .reason: .id("reason", "why it ended: recovered, no_data or rule_removed")
    case .labels:
      .map("labels", of: .text(charactersMax: 262_144), "what tells it from other alerts").required
    case .annotations: .map("annotations", of: .text(charactersMax: 262_144), "for people").required
    case .value:
      .id("value", "the expression's last value while the condition held, as PromQL writes it").required
    case .activeSince: .time("active_since", "the instant at which its condition began to hold").required
    case .at: .time("at", "the instant of the transition").required
    case .evidence: .records("evidence", EvidenceField.self, upTo: 64, "the series that were looked at")
    }
  }
}

/// The series of one selector.
public enum EvidenceField: Int, FieldSet {
  case selector, from, to, seriesCount, series

  public var field: Field {
    switch self {
    case .selector: .text("selector", "as the rule writes it").required
    case .from: .time("from", "samples behind this").required
    case .to: .time("to", "and up to this were looked at").required
    case .seriesCount: .count("series_count", "how many series there were").required
    case .series: .ids("series", upTo: 64, "the first of them, each with its last sample: series value @time")
    }
  }
}

/// The fields of a record of alert-states: of an alert that is pending or firing.
public enum AlertStateField: Int, ProjectionKind {
  case alertID, group, rule, ruleVersion, state, labels, annotations, value, activeSince, at

  public static let shape = ProjectionShape(
    .projection, on: "alert-states",
    "An alert that is pending or firing now; a tombstone says that it is over (R9).", key: "alert id",
    fields: Self.self, columns: [.rule, .state, .labels, .value, .activeSince])

  public var field: Field {
    switch self {
    case .alertID: .id("alert_id", "as on alerts").required
    case .group: .id("group", "the rule's group").required
    case .rule: .id("rule", "the alert's name").required
    case .ruleVersion: .id("rule_version", "a hash of all that the rule says").required
    case .state: .id("state", "pending or firing").required
    case .labels:
      .map("labels", of: .text(charactersMax: 262_144), "what tells it from other alerts").required
    case .annotations: .map("annotations", of: .text(charactersMax: 262_144), "for people").required
    case .value: .id("value", "the expression's value when it came into this state").required
    case .activeSince: .time("active_since", "the instant at which its condition began to hold").required
    case .at: .time("at", "since when it is in this state").required
    }
  }
}

extension FieldWriter<AlertField> {
  public mutating func write(_ transition: AlertTransition) {
    text(.transitionID, transition.id)
    text(.alertID, transition.alertID)
    text(.group, transition.group)
    text(.rule, transition.rule)
    text(.ruleVersion, transition.ruleVersion)
    text(.from, transition.from.rawValue)
    text(.to, transition.to.rawValue)
    text(.reason, transition.reason?.rawValue)
    map(.labels, transition.labels.all.map { ($0.name, $0.value) })
    map(.annotations, transition.annotations.map { ($0.name, $0.value) })
    text(.value, NumberText.short(transition.value))
    time(.activeSince, transition.activeSince)
    time(.at, transition.at)
    records(.evidence, EvidenceField.self, transition.evidence) { evidence, fields in
      fields.text(.selector, evidence.selector)
      fields.time(.from, evidence.from)
      fields.time(.to, evidence.to)
      fields.whole(.seriesCount, evidence.seriesCount)
      fields.texts(
        .series,
        evidence.series.map { "\($0.labels) \(NumberText.short($0.last.value)) @\($0.last.time)" })
    }
  }
}

extension FieldWriter<AlertStateField> {
  /// The state that the transition leads to.
  public mutating func write(_ transition: AlertTransition) {
    text(.alertID, transition.alertID)
    text(.group, transition.group)
    text(.rule, transition.rule)
    text(.ruleVersion, transition.ruleVersion)
    text(.state, transition.to.rawValue)
    map(.labels, transition.labels.all.map { ($0.name, $0.value) })
    map(.annotations, transition.annotations.map { ($0.name, $0.value) })
    text(.value, NumberText.short(transition.value))
    time(.activeSince, transition.activeSince)
    time(.at, transition.at)
  }
}
