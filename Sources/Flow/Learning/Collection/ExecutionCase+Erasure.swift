// Forgetting what belongs to somebody (R14.8): a whole case where the execution is theirs, else what they
// said of it.
internal import Basics
public import Events

extension ExecutionCase {
  /// Whether something in it is to be forgotten.
  public func isTouched(by erasure: Erasure, _ key: ScopedKey) -> Bool {
    key.organization == erasure.organization
      && (isWhollyCovered(by: erasure, key) || feedback.contains { Self.isCovered($0, by: erasure) })
  }

  private func isWhollyCovered(by erasure: Erasure, _ key: ScopedKey) -> Bool {
    let named =
      switch key.kind {
      case .execution: erasure.covers(execution: key.id)
      case .session: erasure.covers(session: key.id)
      case .user: erasure.covers(user: key.id)
      case .event, .example, .agent: false
      }
    return named || erasure.covers(user: execution?.userID, session: execution?.sessionID)
  }

  private static func isCovered(_ record: FeedbackRecord, by erasure: Erasure) -> Bool {
    erasure.covers(user: record.userID, session: record.sessionID)
  }

  /// Forgets it, and returns the examples that were made of it, as erased. What is left may be nothing.
  public mutating func erase(_ erasure: Erasure, _ key: ScopedKey) -> [Candidate] {
    if isWhollyCovered(by: erasure, key) {
      defer { self = ExecutionCase() }
      return erasedCandidates(of: key, wholly: true) { _ in true }
    }
    defer { feedback.removeAll { Self.isCovered($0, by: erasure) } }
    return erasedCandidates(of: key, wholly: false) { Self.isCovered($0, by: erasure) }
  }

  private func erasedCandidates(
    of key: ScopedKey, wholly: Bool, where isErased: (FeedbackRecord) -> Bool
  ) -> [Candidate] {
    guard let execution else { return [] }
    let organization = key.organization
    let erased = feedback.indices.filter { isErased(feedback[$0]) && feedback[$0].exampleType != nil }
    var ids = erased.map { exampleID(of: key, $0) }
    if wholly, execution.hasFailureExample {
      ids.append(ExampleID.make(organization, "failure", key.id))
    }
    return ids.map {
      Candidate(
        organization: organization, agent: execution.agent, id: $0,
        ExampleContent(.failure, inputText: "", from: .userFeedback), createdAt: execution.time,
        withdrawal: .erased)
    }
  }
}
