// What executions and feedback on them mean for experiments and for chunks: the records that `collect` sends
// to the tasks that own those.
internal import Basics
internal import Events
internal import Experiments
internal import Learning

extension ExecutionCase {
  /// What an event that has just been joined means for the experiments that the execution took part in.
  /// `isNew` says that the event was the execution itself; `matched` are the places of feedback that has met
  /// it by this event, `withdrawn` those of feedback that counts no longer since this event.
  ///
  /// All of it is of the execution's time: feedback belongs to the exposure that it is about, so that what an
  /// experiment counts does not depend on when somebody got around to saying it. It counts from when it
  /// was said, whatever came first.
  func outcomes(
    of key: ScopedKey, isNew: Bool, matched: [Int], withdrawn: [Int], at position: EventPosition,
    _ time: EventTime
  ) -> [ExperimentOutcome] {
    guard let execution, !execution.assignments.isEmpty else { return [] }
    var said: [(at: EventTime, measures: [ExperimentOutcome.Measure])] = []
    if isNew { said.append((execution.time, execution.measures)) }
    let withdrawals = withdrawals()
    for place in matched {
      said.append((feedback[place].time, feedback[place].measures))
      // Taken back before it came: as of an instant in between, it counts.
      if let withdrawal = withdrawals[place] { said.append((withdrawal.time, feedback[place].takenBack)) }
    }
    for place in withdrawn where feedback[place].isJoined && !matched.contains(place) {
      said.append((time, feedback[place].takenBack))
    }
    let session = execution.sessionID
    let unit = ExperimentOutcome.unit(user: execution.userID, execution: key.id)
    return said.enumerated().flatMap { index, said -> [ExperimentOutcome] in
      guard !said.measures.isEmpty || (isNew && index == 0) else { return [] }
      return execution.assignments.map { assignment in
        var outcome = ExperimentOutcome(
          organization: key.organization, experiment: assignment.experimentID, arm: assignment.arm,
          unit: unit, time: execution.time, happened: said.at, measures: said.measures, position: position)
        (outcome.execution, outcome.session) = (key.id, session)
        return outcome
      }
    }
  }
}

extension ExecutionRecord {
  /// Its values of metrics; those that it does not say are left out.
  fileprivate var measures: [ExperimentOutcome.Measure] {
    let values: [(String, Double?)] = [
      ("task_completed", taskCompleted.map { $0 ? 1 : 0 }), ("error", status == .error ? 1 : 0),
      ("duration_ms", duration_ms), ("cost_usd", cost_usd),
      ("gen_ai.usage.input_tokens", inputTokens.map { Double($0) }),
      ("gen_ai.usage.output_tokens", outputTokens.map { Double($0) }),
    ]
    return values.compactMap { name, value in value.map { ExperimentOutcome.Measure(name, $0) } }
  }
}

extension ExecutionCase.Withdrawal {
  fileprivate var time: EventTime {
    switch self {
    case .retracted(let time), .replaced(let time, _): time
    }
  }
}

extension FeedbackRecord {
  fileprivate var takenBack: [ExperimentOutcome.Measure] {
    measures.map { ExperimentOutcome.Measure($0.metric, $0.value, isTakenBack: true) }
  }

  fileprivate var measures: [ExperimentOutcome.Measure] {
    let thumb: Double? = type == .thumbsUp ? 1 : type == .thumbsDown ? 0 : nil
    let values: [(String, Double?)] = [
      ("rating", rating.map { Double($0) }), ("accuracy", dimensions[0].map { Double($0) }),
      ("helpfulness", dimensions[1].map { Double($0) }), ("clarity", dimensions[2].map { Double($0) }),
      ("completeness", dimensions[3].map { Double($0) }), ("thumbs_up", thumb),
      ("correction", correction == nil ? nil : 1),
    ]
    return values.compactMap { name, value in value.map { ExperimentOutcome.Measure(name, $0) } }
  }
}

extension ChunkJudgement {
  /// What an event on the topic of retrievals says of chunks: a judgement, or what an answer cites.
  static func all(
    in event: borrowing DecodedEvent, of envelope: borrowing Envelope, at position: EventPosition
  ) -> [ChunkJudgement] {
    let (organization, agent) = (envelope.organization.string, envelope.agent?.string ?? "")
    func judgement(_ chunk: String, _ evidence: Evidence, _ time: EventTime) -> ChunkJudgement {
      ChunkJudgement(
        organization: organization, chunk: chunk, agent: agent, evidence, at: time, position: position)
    }
    switch event.type {
    case .retrievalJudged:
      let fields = event.fields(RetrievalJudged.self)
      guard let chunk = fields.text(.chunkID)?.string else { return [] }
      return [judgement(chunk, fields.boolean(.relevant) == true ? .relevant : .irrelevant, envelope.time)]
    case .retrievalPerformed:
      let fields = event.fields(RetrievalPerformed.self)
      var found: [ChunkJudgement] = []
      for index in 0..<fields.count(.chunks) {
        let chunk = fields.record(.chunks, at: index, RetrievedChunk.self)
        guard chunk.boolean(.cited) == true, let id = chunk.text(.chunkID)?.string else { continue }
        found.append(judgement(id, .cited, envelope.time))
      }
      return found
    default: return []
    }
  }
}
