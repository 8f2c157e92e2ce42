// Which examples an execution and its feedback make (R2.2), and what becomes of those examples later. Whether
// one is made is decided once, when feedback and execution have met, by the settings then in force; what is
// said of it afterwards follows from all that is known.
internal import Basics
public import Events

extension ExecutionCase {
  /// Joins feedback that has not met its execution yet, and returns its places in the case.
  public mutating func join(_ settings: AgentSettings, isLearning: Bool) -> [Int] {
    guard execution != nil else { return [] }
    let met = feedback.indices.filter { !feedback[$0].isJoined }
    for index in met {
      feedback[index].isJoined = true
      feedback[index].exampleType = isLearning ? exampleType(of: feedback[index], settings) : nil
    }
    return met
  }

  private func exampleType(of feedback: FeedbackRecord, _ settings: AgentSettings) -> ExampleType? {
    guard settings.learningEnabled, settings.autoCollect, execution?.text(.inputText) != nil else {
      return nil
    }
    if settings.collectCorrections, feedback.correction != nil { return .correction }
    guard settings.collectRatings, execution?.text(.outputText) != nil else { return nil }
    switch feedback.polarity {
    case .none: return nil
    case .positive: return .positive
    case .negative: return .negative
    }
  }

  /// The candidates of `key`'s execution that are new or have changed since they were last taken. Call it
  /// when the execution itself has just come, with `isNew`: only then can a failure make an example.
  public mutating func takeCandidates(
    of key: ScopedKey, _ settings: AgentSettings, isLearning: Bool, isNew: Bool
  ) -> [Candidate] {
    guard let execution else { return [] }
    var candidates: [Candidate] = []
    if isNew, isLearning, settings.learningEnabled, settings.autoCollect, settings.collectFailures,
      execution.hasFailed, execution.text(.inputText) != nil
    {
      self.execution?.hasFailureExample = true
      candidates.append(failure(of: key, execution))
    }
    guard feedback.contains(where: { $0.exampleType != nil }) else { return candidates }
    let withdrawals = withdrawals()
    let votes = Votes(feedback, withdrawals)
    for index in feedback.indices where feedback[index].exampleType != nil {
      let confidence = votes.confidence_hundredths(feedback[index].isNegative)
      let state = Self.hash(confidence, withdrawals[index])
      guard state != feedback[index].published else { continue }
      feedback[index].published = state
      candidates.append(candidate(of: key, index, execution, confidence, withdrawals[index]))
    }
    return candidates
  }

  /// Of what is said of an example; never 0.
  private static func hash(_ confidence: Int, _ withdrawal: Withdrawal?) -> UInt64 {
    var hash = XXH64()
    hash.update(integer: Int64(confidence))
    switch withdrawal {
    case nil: break
    case .retracted(let time): hash.update(integer: time.rawValue)
    case .replaced(let time, let other):
      hash.update(integer: ~time.rawValue)
      hash.update(integer: Int64(other))
    }
    return hash.digest() | 1
  }

  private func failure(of key: ScopedKey, _ execution: ExecutionRecord) -> Candidate {
    var content = content(.failure, of: key, from: .agentFailure, execution)
    content.originalOutput = execution.text(.outputText).map { redacted($0) }
    content.tags = execution.text(.errorType).map { [$0] } ?? []
    content.confidence_hundredths = 100
    content.sourceUserID = execution.userID
    let organization = key.organization
    return Candidate(
      organization: organization, agent: execution.agent,
      id: ExampleID.make(organization, "failure", key.id), content, createdAt: execution.time)
  }

  private func candidate(
    of key: ScopedKey, _ index: Int, _ execution: ExecutionRecord, _ confidence: Int,
    _ withdrawal: Withdrawal?
  ) -> Candidate {
    let record = feedback[index]
    let type = record.exampleType ?? .correction
    var content = content(type, of: key, from: .userFeedback, execution)
    let output = execution.text(.outputText).map { redacted($0) }
    switch type {
    case .positive: content.expectedOutput = output
    case .correction:
      content.originalOutput = output
      content.expectedOutput = record.correction.map { redacted($0) }
    default: content.originalOutput = output
    }
    content.tags = record.issueCategories
    content.confidence_hundredths = confidence
    content.sourceUserID = record.userID
    content.sourceSessionID = record.sessionID ?? execution.sessionID
    content.isCut = content.isCut || record.isCut
    let said: Candidate.Withdrawal? =
      switch withdrawal {
      case nil: nil
      case .retracted(let time): .retracted(at: time)
      case .replaced(let time, let other): .replaced(at: time, exampleID: exampleID(of: key, other))
      }
    return Candidate(
      organization: key.organization, agent: execution.agent, id: exampleID(of: key, index), content,
      createdAt: max(record.time, execution.time), withdrawal: said)
  }

  func exampleID(of key: ScopedKey, _ index: Int) -> String {
    ExampleID.ofFeedback(
      feedback[index].id, from: feedback[index].text(.source) ?? "", on: key.id, of: key.organization)
  }

  private func content(
    _ type: ExampleType, of key: ScopedKey, from source: SourceType, _ execution: ExecutionRecord
  ) -> ExampleContent {
    var content = ExampleContent(type, inputText: redacted(execution.text(.inputText) ?? ""), from: source)
    content.inputContext = execution.text(.inputContext).map { redacted($0) } ?? ""
    content.domain = execution.text(.domain)
    content.taskType = execution.text(.taskType)
    content.complexity = execution.text(.complexity).flatMap { name in
      Complexity.allCases.first { $0.name == name }
    }
    content.sourceExecutionID = key.id
    content.sourceSessionID = execution.sessionID
    content.executionUserID = execution.userID
    content.isCut = execution.isCut
    return content
  }
}

/// The judgements of an execution that still count.
private struct Votes {
  var positive = 0
  var negative = 0

  init(_ feedback: [FeedbackRecord], _ withdrawals: [ExecutionCase.Withdrawal?]) {
    for (record, withdrawal) in zip(feedback, withdrawals) where withdrawal == nil {
      switch record.isNegative {
      case true?: negative += 1
      case false?: positive += 1
      case nil: break
      }
    }
  }

  /// How sure a judgement is: Laplace's rule of succession, (those that agree + 1) / (all that judge + 2),
  /// rounded half up in whole numbers.
  func confidence_hundredths(_ isNegative: Bool?) -> Int {
    let all = positive + negative
    let agreeing = isNegative == true ? negative : positive
    return (200 * (agreeing + 1) + all + 2) / (2 * (all + 2))
  }
}

extension FeedbackRecord {
  /// Whether it speaks against what the agent did, as a correction does; nil when it takes no side.
  fileprivate var isNegative: Bool? {
    if correction != nil { return true }
    return polarity == .none ? nil : polarity == .negative
  }
}
