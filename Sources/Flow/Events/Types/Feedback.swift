// What people, and the sessions they work in, say about an agent (R1): judgements, and how a session
// learns.

/// How a judgement was given (R1.1-R1.6).
public enum FeedbackType: Int, Choice {
  case thumbsUp, thumbsDown, rating, detailed, correction, issue, voice, comment
}

/// Somebody has judged what an agent did (R1.1-R1.6, R1.13). Its id is the receipt.
public enum FeedbackGiven: Int, EventKind {
  case feedbackType, executionID, sessionID, userID, replaces, rating, accuracy, helpfulness, clarity,
    completeness, text, correction, issueCategories, voiceQualityScore, processingTime_ms, pageContext,
    userAgent

  public static let type = EventType.feedbackGiven

  public static let shape = EventShape(
    Self.self, on: .feedback,
    "Somebody has judged what an agent did (R1.1-R1.6, R1.13). Its id is the receipt.",
    key: ["execution_id", "session_id", "user_id"], needsAgent: true,
    rules: [
      .when("feedback_type", is: "rating", requires: ["rating"]),
      .when("feedback_type", is: "correction", requires: ["correction"]),
      .when("feedback_type", is: "issue", requires: ["issue_categories"]),
      .when("feedback_type", is: "voice", requires: ["voice_quality_score"]),
      .when("feedback_type", is: "comment", requires: ["text"]),
    ])

  public var field: Field {
    switch self {
    case .feedbackType: .choice("feedback_type", FeedbackType.self, "how it was given").required
    case .executionID:
      .id("execution_id", "the execution it is about; feedback without one is counted as unmatched")
    case .sessionID: .id("session_id", "the session it was given in")
    case .userID: .id("user_id", "who gave it")
    case .replaces:
      .id("replaces", "the id of the feedback that this one corrects: that one counts no longer")
    case .rating: .stars("rating", "stars, 1 to 5")
    case .accuracy: .stars("accuracy", "detailed rating of accuracy, 1 to 5")
    case .helpfulness: .stars("helpfulness", "detailed rating of helpfulness, 1 to 5")
    case .clarity: .stars("clarity", "detailed rating of clarity, 1 to 5")
    case .completeness: .stars("completeness", "detailed rating of completeness, 1 to 5")
    case .text: .text("text", "free text, or what was said in a voice feedback")
    case .correction: .text("correction", "the text that the user wanted instead")
    case .issueCategories:
      .ids(
        "issue_categories", upTo: 16,
        "what was wrong, in categories that agent.configured lists"
      )
    case .voiceQualityScore:
      .fraction("voice_quality_score", "how well a voice feedback was understood, 0 to 1")
    case .processingTime_ms:
      .amount("processing_time_ms", "how long a voice feedback took to process, in milliseconds")
    case .pageContext: .line("page_context", "where in the product it was given")
    case .userAgent: .line("user_agent", "the user's browser or program")
    }
  }
}

/// Feedback has been taken back. The fields of its key must be those of the feedback, so that both meet.
public enum FeedbackRetracted: Int, EventKind {
  case feedbackID, executionID, sessionID, userID, reason

  public static let type = EventType.feedbackRetracted

  public static let shape = EventShape(
    Self.self, on: .feedback,
    "Feedback has been taken back. The fields of its key must be those of the feedback, so that both meet.",
    key: ["execution_id", "session_id", "user_id"])

  public var field: Field {
    switch self {
    case .feedbackID: .id("feedback_id", "the id of the feedback").required
    case .executionID: .id("execution_id", "as in the feedback")
    case .sessionID: .id("session_id", "as in the feedback")
    case .userID: .id("user_id", "as in the feedback")
    case .reason: .line("reason", "why")
    }
  }
}

/// What happened in a learning loop (R1.14).
public enum LoopEventType: Int, Choice {
  case feedbackProvided, improvementSeen, patternApplied, satisfactionRating
}

/// Something happened in a session's learning loop (R1.7, R1.14: learning_loop_event).
public enum LearningLoopEvent: Int, EventKind {
  case eventType, sessionID, eventValue, userID, timestamp, userAgent, pageContext

  public static let type = EventType.learningLoopEvent

  public static let shape = EventShape(
    Self.self, on: .feedback,
    "Something happened in a session's learning loop (R1.7, R1.14: learning_loop_event).",
    key: ["session_id", "user_id"])

  public var field: Field {
    switch self {
    case .eventType: .choice("event_type", LoopEventType.self, "what happened").required
    case .sessionID: .id("session_id", "the session").required
    case .eventValue: .number("event_value", "its value, as the event's type has it")
    case .userID: .id("user_id", "whose session it is")
    case .timestamp:
      .time("timestamp", "when it happened by the page's clock; the attribute time is what counts")
    case .userAgent: .line("user_agent", "the user's browser or program")
    case .pageContext: .line("page_context", "where in the product it happened")
    }
  }
}

/// A user has said how satisfying a session's learning was (R1.14: learning_satisfaction).
public enum LearningSatisfaction: Int, EventKind {
  case satisfactionScore, sessionID, userID, feedbackText, sessionDuration, profilesAnalyzed, learningEvents

  public static let type = EventType.learningSatisfaction

  public static let shape = EventShape(
    Self.self, on: .feedback,
    "A user has said how satisfying a session's learning was (R1.14: learning_satisfaction).",
    key: ["session_id", "user_id"])

  public var field: Field {
    switch self {
    case .satisfactionScore: Field("satisfaction_score", .number(1...5), "1 to 5").required
    case .sessionID: .id("session_id", "the session")
    case .userID: .id("user_id", "who said so")
    case .feedbackText: .text("feedback_text", "in the user's words")
    case .sessionDuration: .amount("session_duration", "how long the session has lasted, in seconds")
    case .profilesAnalyzed: .count("profiles_analyzed", "profiles analysed in the session")
    case .learningEvents: .count("learning_events", "events of the learning loop in the session")
    }
  }
}

/// Where a session stands.
public enum SessionStatus: Int, Choice {
  case started, active, completed, abandoned
}

/// The state of a learning session has changed (R1.15).
public enum SessionProgressed: Int, EventKind {
  case sessionID, userID, status, baselineAccuracy, currentAccuracy, patternsLearned, profilesAnalyzed,
    duration_seconds

  public static let type = EventType.sessionProgressed

  public static let shape = EventShape(
    Self.self, on: .feedback, "The state of a learning session has changed (R1.15).",
    key: ["session_id"])

  public var field: Field {
    switch self {
    case .sessionID: .id("session_id", "the session").required
    case .userID: .id("user_id", "whose session it is")
    case .status: .choice("status", SessionStatus.self, "where it stands")
    case .baselineAccuracy: .fraction("baseline_accuracy", "accuracy when it began, 0 to 1")
    case .currentAccuracy: .fraction("current_accuracy", "accuracy now, 0 to 1")
    case .patternsLearned: .count("patterns_learned", "patterns learned so far")
    case .profilesAnalyzed: .count("profiles_analyzed", "profiles analysed so far")
    case .duration_seconds: .amount("duration_seconds", "how long it has lasted, in seconds")
    }
  }
}

/// By what means a user interacted.
public enum InteractionType: Int, Choice {
  case text, voice, gesture, view, edit
}

/// A user has interacted with an agent in a session (R1.15).
public enum SessionInteracted: Int, EventKind {
  case sessionID, interactionType, userID, learningValue, feature

  public static let type = EventType.sessionInteracted

  public static let shape = EventShape(
    Self.self, on: .feedback, "A user has interacted with an agent in a session (R1.15).",
    key: ["session_id"])

  public var field: Field {
    switch self {
    case .sessionID: .id("session_id", "the session").required
    case .interactionType: .choice("interaction_type", InteractionType.self, "by what means").required
    case .userID: .id("user_id", "who did")
    case .learningValue:
      .number("learning_value", "what could be learned from it, as the product measures it")
    case .feature: .id("feature", "the feature that was used")
    }
  }
}

/// A pattern in behaviour has been discovered (R1.15).
public enum PatternDiscovered: Int, EventKind {
  case patternID, patternType, confidence, sessionID, userID, qualityScore

  public static let type = EventType.patternDiscovered

  public static let shape = EventShape(
    Self.self, on: .feedback, "A pattern in behaviour has been discovered (R1.15).",
    key: ["session_id", "pattern_id"])

  public var field: Field {
    switch self {
    case .patternID: .id("pattern_id", "the pattern").required
    case .patternType: .id("pattern_type", "what kind of pattern it is").required
    case .confidence: .fraction("confidence", "how sure the discovery is, 0 to 1").required
    case .sessionID: .id("session_id", "the session it was discovered in")
    case .userID: .id("user_id", "whose session it is")
    case .qualityScore: .fraction("quality_score", "the pattern's quality, 0 to 1")
    }
  }
}

/// What a validation came to.
public enum ValidationStatus: Int, Choice {
  case validated, rejected, pending
}

/// A discovered pattern has been validated, or not (R1.15).
public enum PatternValidated: Int, EventKind {
  case patternID, patternType, validationStatus, confidence, sessionID, userID

  public static let type = EventType.patternValidated

  public static let shape = EventShape(
    Self.self, on: .feedback, "A discovered pattern has been validated, or not (R1.15).",
    key: ["session_id", "pattern_id"])

  public var field: Field {
    switch self {
    case .patternID: .id("pattern_id", "the pattern").required
    case .patternType: .id("pattern_type", "what kind of pattern it is").required
    case .validationStatus:
      .choice("validation_status", ValidationStatus.self, "what the validation came to").required
    case .confidence: .fraction("confidence", "how sure it is now, 0 to 1")
    case .sessionID: .id("session_id", "the session it was discovered in")
    case .userID: .id("user_id", "whose session it is")
    }
  }
}

/// A pattern has been applied (R1.7, R8.6).
public enum PatternApplied: Int, EventKind {
  case patternType, success, patternID, confidence, sessionID, userID

  public static let type = EventType.patternApplied

  public static let shape = EventShape(
    Self.self, on: .feedback, "A pattern has been applied (R1.7, R8.6).",
    key: ["session_id", "pattern_id"])

  public var field: Field {
    switch self {
    case .patternType: .id("pattern_type", "what kind of pattern it is").required
    case .success: .boolean("success", "whether applying it succeeded").required
    case .patternID: .id("pattern_id", "the pattern")
    case .confidence: .fraction("confidence", "how sure the pattern was, 0 to 1")
    case .sessionID: .id("session_id", "the session it was applied in")
    case .userID: .id("user_id", "whose session it is")
    }
  }
}
