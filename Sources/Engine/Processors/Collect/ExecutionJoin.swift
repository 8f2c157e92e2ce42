// The state of `collect`: executions with what is said about them, and what users lately gave. An event is
// taken in, known as a duplicate, or refused, and what it has brought together is told.
internal import Basics
internal import Events
internal import Learning
internal import Runtime

/// Joins executions, feedback and what else has their ids, within a window of recorded time.
struct ExecutionJoin {
  /// How long the parts of an execution wait for each other (docs/learning.md has what it costs).
  static let window = Duration.seconds(7 * 24 * 3600)
  /// Counts of users are by the hour; the rest is room for events that come late.
  static let activityWindow = Duration.seconds(3 * 3600)

  let cases = SegmentedStore<ScopedKey, ExecutionCase>("executions", lifetime: window, memory: 256 << 20)
  let users = SegmentedStore<ScopedKey, UserActivity>("users", lifetime: activityWindow, memory: 32 << 20)

  /// What came of an event.
  struct Result {
    /// Why it is set aside; nil: it has been taken in.
    var refusal: Refusal?
    /// Places of feedback that has met its execution by this event.
    var matched: [Int] = []
    /// Places of feedback that counts no longer since this event.
    var withdrawn: [Int] = []
    var candidates: [Candidate] = []

    /// Nothing but a refusal.
    static func refused(_ reason: SetAsideReason, _ rule: String) -> Result {
      Result(refusal: Refusal(reason: reason, rule: rule))
    }
  }

  struct Refusal {
    var reason: SetAsideReason
    var rule: String
  }

  /// Recorded time, before the record of that time is folded.
  func advance(to time: Timestamp) {
    cases.advance(to: time)
    users.advance(to: time)
  }
}

extension SetAsideReason {
  static let spam = SetAsideReason(rawValue: "spam")
  static let rateLimited = SetAsideReason(rawValue: "rate-limited")
  /// What it is about has no room for it.
  static let tooMany = SetAsideReason(rawValue: "too-many")
}

// MARK: - Taking events in

extension ExecutionJoin {
  func add(_ execution: ExecutionRecord, _ key: ScopedKey, _ settings: AgentSettings) -> Result {
    cases.update(key) { file in
      var known = file ?? ExecutionCase()
      if let refusal = Self.refusal(known.add(execution), "an execution completes once") {
        return Result(refusal: refusal)
      }
      var result = Result(matched: known.join(settings, isLearning: settings.learningEnabled))
      result.candidates = known.takeCandidates(
        of: key, settings, isLearning: settings.learningEnabled, isNew: true)
      file = known
      return result
    }
  }

  /// `user` names whose limits count: the user, or else the session.
  func add(
    _ feedback: FeedbackRecord, text: String?, by user: ScopedKey?, _ key: ScopedKey,
    _ settings: AgentSettings
  ) -> Result {
    let isAboutExecution = key.kind == .execution
    // Duplicates first: what is sent twice must not count twice against its user.
    let isKnown = cases.read(key) { file in
      file?.feedback.contains { $0.identity == feedback.identity } ?? false
    }
    guard !isKnown else { return .refused(.duplicate, Self.twice) }
    if let refusal = refusal(feedback, text, by: user, settings) { return Result(refusal: refusal) }
    return cases.update(key) { file in
      var known = file ?? ExecutionCase()
      let before = known.withdrawals()
      if let refusal = Self.refusal(known.add(feedback, keepsAll: isAboutExecution), Self.twice) {
        return Result(refusal: refusal)
      }
      let result = Self.settle(&known, key, settings, before: before)
      file = known
      return result
    }
  }

  private func refusal(
    _ feedback: FeedbackRecord, _ text: String?, by user: ScopedKey?, _ settings: AgentSettings
  ) -> Refusal? {
    let found =
      if let user {
        users.update(user) { activity in
          var known = activity ?? UserActivity()
          let refusal = known.pass(
            at: feedback.time, text: text, perMinuteMax: settings.feedbackPerMinute)
          if refusal == nil { activity = known }
          return refusal
        }
      } else {
        text.flatMap { UserActivity.refusal(ofText: $0) }
      }
    switch found {
    case nil: return nil
    case .spam(let rule): return Refusal(reason: .spam, rule: rule.rawValue)
    case .tooMany(let perMinute):
      return Refusal(reason: .rateLimited, rule: "more than \(perMinute) a minute from one user")
    }
  }

  func retract(
    _ feedbackID: String, at time: EventTime, _ key: ScopedKey, _ settings: AgentSettings
  ) -> Result {
    cases.update(key) { file in
      var known = file ?? ExecutionCase()
      let before = known.withdrawals()
      if let refusal = Self.refusal(known.retract(feedbackID, at: time), "it has been taken back already") {
        return Result(refusal: refusal)
      }
      let result = Self.settle(&known, key, settings, before: before)
      file = known
      return result
    }
  }

  /// An event that is not kept but must not count twice.
  func note(_ identity: UInt64, _ key: ScopedKey) -> Result {
    cases.update(key) { file in
      var known = file ?? ExecutionCase()
      guard known.note(identity) else { return .refused(.duplicate, Self.twice) }
      file = known
      return Result()
    }
  }

  /// Joins what can be joined, and says what has changed.
  private static func settle(
    _ known: inout ExecutionCase, _ key: ScopedKey, _ settings: AgentSettings,
    before: [ExecutionCase.Withdrawal?]
  ) -> Result {
    var result = Result(matched: known.join(settings, isLearning: settings.learningEnabled))
    for (place, withdrawal) in known.withdrawals().enumerated() where withdrawal != nil {
      if place >= before.count || before[place] == nil { result.withdrawn.append(place) }
    }
    result.candidates = known.takeCandidates(
      of: key, settings, isLearning: settings.learningEnabled, isNew: false)
    return result
  }

  private static let twice = "an event with this source and id came before"

  private static func refusal(_ addition: ExecutionCase.Addition, _ rule: String) -> Refusal? {
    switch addition {
    case .added: nil
    case .duplicate: Refusal(reason: .duplicate, rule: rule)
    case .full:
      Refusal(
        reason: .tooMany,
        rule: "what is known of this execution has \(ExecutionCase.feedbackMax) judgements or 512 KiB of text"
      )
    }
  }
}

// MARK: - Forgetting

extension ExecutionJoin {
  /// Forgets what an erasure covers, at the cost of a walk over all that is kept. Returns the examples that
  /// were made of it, and the keys of which nothing is left.
  func erase(_ erasure: Erasure) -> (candidates: [Candidate], emptied: [ScopedKey]) {
    for key in erasure.keys where users[key] != nil { users[key] = nil }
    let touched = cases.keys { key, file in file.isTouched(by: erasure, key) }
    var emptied: [ScopedKey] = []
    let candidates = touched.flatMap { key in
      cases.update(key) { file in
        guard var known = file else { return [Candidate]() }
        let erased = known.erase(erasure, key)
        file = known == ExecutionCase() ? nil : known
        if file == nil { emptied.append(key) }
        return erased
      }
    }
    return (candidates, emptied)
  }
}
