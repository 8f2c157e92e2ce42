// What the projection agent-scorecards says of an agent, or of one version of its prompt (R1.8, R1.9, R4.1).
public import Events

/// The fields of a record of agent-scorecards.
public enum AgentScorecardField: Int, ProjectionKind {
  case agent, promptVersion, lastHour, lastDay, lastWeek, total, at

  public static let shape = ProjectionShape(
    .projection, on: "agent-scorecards",
    "How an agent stands, or one version of its prompt: what metrics.yaml puts on scorecards (R1.8, R1.9).",
    key: "organization and agent, as organization/agent, with @version behind it for a version", version: 2,
    fields: Self.self, columns: [.agent, .promptVersion, .lastDay, .at])

  private static func window(_ name: String, _ about: String) -> Field {
    .records(name, ScorecardMeasureField.self, upTo: Scorecard.measuresMax * 2, about)
  }

  public var field: Field {
    switch self {
    case .agent: .id("agent", "the agent").required
    case .promptVersion: .id("prompt_version", "the version; absent for all of the agent")
    case .lastHour: Self.window("last_hour", "the last hour, in steps of five minutes")
    case .lastDay: Self.window("last_day", "the last day, in steps of an hour")
    case .lastWeek: Self.window("last_week", "the last week, in steps of six hours")
    case .total: Self.window("total", "since the first event")
    case .at: .time("at", "the recorded time").required
    }
  }
}

/// What a measure has come to in a window.
public enum ScorecardMeasureField: Int, FieldSet {
  case measure, part, value, count

  public var field: Field {
    switch self {
    case .measure: .id("measure", "its name, as metrics.yaml has it").required
    case .part: .id("part", "the type, category or status that it counts; absent when it counts all")
    case .value: .value("value", "the count, or the mean")
    case .count: .value("count", "of a mean, what it rests on")
    }
  }
}
