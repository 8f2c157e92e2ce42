// Whom an event is about, for erasure: the users, sessions and executions that it names.
internal import Events
internal import Learning

extension DecodedEvent {
  /// The keys of whatever an erasure could cover, of events on the topics of `collect`,
  /// `review` and `experiments`.
  func subjects(in envelope: borrowing Envelope) -> [ScopedKey] {
    let organization = envelope.organization.string
    func keys(_ user: String?, _ session: String?, _ execution: String?) -> [ScopedKey] {
      Erasure(organization: organization, user: user, session: session, execution: execution).keys
    }
    switch type {
    case .feedbackGiven: return named(FeedbackGiven.self, .userID, .sessionID, .executionID, keys)
    case .feedbackRetracted: return named(FeedbackRetracted.self, .userID, .sessionID, .executionID, keys)
    case .learningLoopEvent: return named(LearningLoopEvent.self, .userID, .sessionID, nil, keys)
    case .learningSatisfaction: return named(LearningSatisfaction.self, .userID, .sessionID, nil, keys)
    case .sessionProgressed: return named(SessionProgressed.self, .userID, .sessionID, nil, keys)
    case .sessionInteracted: return named(SessionInteracted.self, .userID, .sessionID, nil, keys)
    case .patternDiscovered: return named(PatternDiscovered.self, .userID, .sessionID, nil, keys)
    case .patternValidated: return named(PatternValidated.self, .userID, .sessionID, nil, keys)
    case .patternApplied: return named(PatternApplied.self, .userID, .sessionID, nil, keys)
    case .executionCompleted: return named(ExecutionCompleted.self, .userID, .sessionID, .executionID, keys)
    case .executionEvaluated: return named(ExecutionEvaluated.self, nil, nil, .executionID, keys)
    case .retrievalPerformed: return named(RetrievalPerformed.self, nil, nil, .executionID, keys)
    case .retrievalJudged: return named(RetrievalJudged.self, .userID, nil, .executionID, keys)
    case .exampleProposed: return named(ExampleProposed.self, .sourceUserID, nil, .sourceExecutionID, keys)
    case .experimentCreated: return named(ExperimentCreated.self, .createdBy, nil, nil, keys)
    case .experimentChanged: return named(ExperimentChanged.self, .changedBy, nil, nil, keys)
    case .experimentExposed: return named(ExperimentExposed.self, .userID, nil, .executionID, keys)
    case .experimentObserved: return named(ExperimentObserved.self, .userID, nil, nil, keys)
    default: return []
    }
  }

  private func named<Kind: EventKind>(
    _ kind: Kind.Type, _ user: Kind?, _ session: Kind?, _ execution: Kind?,
    _ keys: (String?, String?, String?) -> [ScopedKey]
  ) -> [ScopedKey] {
    let fields = fields(kind)
    func text(_ field: Kind?) -> String? {
      guard let field else { return nil }
      return fields.text(field)?.string
    }
    return keys(text(user), text(session), text(execution))
  }
}
