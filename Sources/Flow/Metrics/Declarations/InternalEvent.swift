// What processors count that is no input event: a transition of an example, an analysis, a match of feedback
// and execution. Declared like events, so that metrics.yaml can name them and their fields.

/// The events that processors make for metrics alone.
public enum InternalEvent: String, CaseIterable, Sendable {
  /// A learning example has come to be or has changed its review status; `from` is absent when it is new.
  case exampleTransitioned = "example.transitioned"
  /// Feedback has met its execution; `first` is true for an execution's first.
  case feedbackMatched = "feedback.matched"
  /// An execution has been folded once, its duplicates left out.
  case executionCounted = "execution.counted"
  /// An experiment has changed its status.
  case experimentTransitioned = "experiment.transitioned"
  /// An experiment has been analysed.
  case experimentAnalyzed = "experiment.analyzed"
  /// The ranking of a retrieval has been judged (R3.3).
  case retrievalScored = "retrieval.scored"
  /// A prompt optimization has been asked for (R4.4).
  case optimizationRequested = "optimization.requested"
  /// A record has been set aside.
  case recordSetAside = "record.set_aside"

  /// Its fields in order. All may be left out.
  public var fields: [String] {
    switch self {
    case .exampleTransitioned: ["from", "to", "example_type", "quality_score"]
    case .feedbackMatched:
      [
        "first", "feedback_type", "prompt_version", "rating", "accuracy", "helpfulness", "clarity",
        "completeness", "issue_categories",
      ]
    case .executionCounted:
      ["prompt_version", "status", "task_completed", "duration_ms", "experiment_id", "cost_usd"]
    case .experimentTransitioned: ["experiment_id", "from", "to"]
    case .experimentAnalyzed: ["experiment_id", "significance", "participants"]
    case .retrievalScored: ["prompt_version", "k", "precision", "recall", "reciprocal_rank", "ndcg"]
    case .optimizationRequested: ["prompt_version", "reason"]
    case .recordSetAside: ["processor", "reason"]
    }
  }
}

/// The value of an internal event's field.
public enum InternalValue: Hashable, Sendable {
  case text(String)
  case number(Double)
  case list([String])
}
