// Settings that take effect at a definite place of the log (R1.10, R10.9, R14): published by operators to
// every partition of the topic.

/// What is collected from an agent has been set (R1.10, R2.2). What is not given is as shipped.
public enum AgentConfigured: Int, EventKind {
  case learningEnabled, autoCollect, collectCorrections, collectRatings, collectFailures,
    minimumPositiveRating, maximumNegativeRating, issueCategories, feedbackPerMinute

  public static let type = EventType.agentConfigured

  public static let shape = EventShape(
    Self.self, on: .control,
    "What is collected from an agent has been set (R1.10, R2.2). What is not given is as shipped.",
    needsAgent: true)

  public var field: Field {
    switch self {
    case .learningEnabled:
      .boolean("learning_enabled", "whether anything is learned from it; true as shipped")
    case .autoCollect:
      .boolean("auto_collect", "whether examples are collected without being asked for; true as shipped")
    case .collectCorrections:
      .boolean("collect_corrections", "whether corrections become examples; true as shipped")
    case .collectRatings:
      .boolean("collect_ratings", "whether good and bad ratings become examples; true as shipped")
    case .collectFailures:
      .boolean("collect_failures", "whether failed executions become examples; true as shipped")
    case .minimumPositiveRating:
      .stars("minimum_positive_rating", "the least rating that counts as positive; 4 as shipped")
    case .maximumNegativeRating:
      .stars("maximum_negative_rating", "the greatest rating that counts as negative; 2 as shipped")
    case .issueCategories: .ids("issue_categories", upTo: 64, "the categories of issues that are taken")
    case .feedbackPerMinute:
      .whole(
        "feedback_per_minute", 1...10_000,
        "how much feedback of one user a minute takes; 60 as shipped")
    }
  }
}

/// Somebody may annotate and review, or no longer (R2.5, R14.3).
public enum ExpertChanged: Int, EventKind {
  case expertID, active, agents, domains

  public static let type = EventType.expertChanged

  public static let shape = EventShape(
    Self.self, on: .control, "Somebody may annotate and review, or no longer (R2.5, R14.3).")

  public var field: Field {
    switch self {
    case .expertID: .id("expert_id", "the expert").required
    case .active: .boolean("active", "whether they may").required
    case .agents: .ids("agents", upTo: 256, "the agents they may do so for; all unless said")
    case .domains: .ids("domains", upTo: 256, "their domains")
    }
  }
}

/// An organization is served, or no longer: its rules run even before its first event (R14.1).
public enum OrganizationChanged: Int, EventKind {
  case active, name, timeZone

  public static let type = EventType.organizationChanged

  public static let shape = EventShape(
    Self.self, on: .control,
    "An organization is served, or no longer: its rules run even before its first event (R14.1).")

  public var field: Field {
    switch self {
    case .active: .boolean("active", "whether it is").required
    case .name: .line("name", "what people call it")
    case .timeZone: .id("time_zone", "where its days begin, as in the tz database; UTC unless said")
    }
  }
}

/// What a configuration holds.
public enum ConfigurationKind: Int, Choice {
  case rules, metrics, policies, topology
}

/// Promised by the schemas of 0.1.0 and therefore kept; it has no effect. Files are put in force by
/// `ratchet control apply` and `publish`, whose records are no events (docs/replay.md).
public enum ConfigurationPublished: Int, EventKind {
  case kind, name, sha256, content, publishedBy

  public static let type = EventType.configurationPublished

  public static let shape = EventShape(
    Self.self, on: .control,
    "Without effect: rules, metrics and policies are put in force by ratchet control apply and publish.")

  public var field: Field {
    switch self {
    case .kind: .choice("kind", ConfigurationKind.self, "what it holds").required
    case .name: .line("name", "the file's name").required
    case .sha256: .id("sha256", "the hash of the content, in hexadecimal").required
    case .content: .text("content", "the content").required
    case .publishedBy: .id("published_by", "who published it")
    }
  }
}

/// Learning has been switched off or on, for an agent or, without the attribute agent, for all (R10.9).
public enum LearningSwitched: Int, EventKind {
  case enabled, switchedBy, reason

  public static let type = EventType.learningSwitched

  public static let shape = EventShape(
    Self.self, on: .control,
    "Learning has been switched off or on, for an agent or, without the attribute agent, for all (R10.9).")

  public var field: Field {
    switch self {
    case .enabled: .boolean("enabled", "whether anything is learned").required
    case .switchedBy: .id("switched_by", "who did it").required
    case .reason: .line("reason", "why")
    }
  }
}

/// What is stored about somebody or something is to be erased (R14.8).
public enum ErasureRequested: Int, EventKind {
  case requestedBy, userID, sessionID, executionID, reason

  public static let type = EventType.erasureRequested

  public static let shape = EventShape(
    Self.self, on: .control, "What is stored about somebody or something is to be erased (R14.8).",
    rules: [.anyOf(["user_id", "session_id", "execution_id"])])

  public var field: Field {
    switch self {
    case .requestedBy: .id("requested_by", "who asks for it").required
    case .userID: .id("user_id", "everything of this user")
    case .sessionID: .id("session_id", "everything of this session")
    case .executionID: .id("execution_id", "everything of this execution")
    case .reason: .line("reason", "why")
    }
  }
}
