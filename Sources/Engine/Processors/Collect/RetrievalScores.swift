// How good rankings were (R3.3): what an execution retrieved waits for judgements of its chunks, and a while
// after the first of them each ranking is counted once, by all that is known then.
internal import Basics
internal import Events
internal import Learning
internal import Metrics
internal import Runtime

/// Joins retrievals with judgements of their chunks, by execution, as long as executions are kept.
struct RetrievalScores {
  /// After the first judgement: who judges one chunk of an answer judges its others within it.
  static let patience = Duration.seconds(3600)

  let cases = SegmentedStore<ScopedKey, RetrievalCase>(
    "retrievals", lifetime: ExecutionJoin.window, memory: 32 << 20)

  /// Recorded time, before the record of that time is folded.
  func advance(to time: Timestamp) { cases.advance(to: time) }

  /// Takes an event that has not come before.
  func add(_ event: borrowing DecodedEvent, of envelope: borrowing Envelope, in context: inout FoldContext) {
    let key: ScopedKey
    let (agent, time, identity) = (envelope.agent?.string ?? "", envelope.time, envelope.identity)
    switch event.type {
    case .retrievalPerformed:
      let fields = event.fields(RetrievalPerformed.self)
      let id = fields.text(.retrievalID)?.string ?? ""
      var chunks: [String] = []
      for index in 0..<fields.count(.chunks) {
        let chunk = fields.record(.chunks, at: index, RetrievedChunk.self)
        if let id = chunk.text(.chunkID)?.string { chunks.append(id) }
      }
      key = ScopedKey(.execution, organization: envelope.organization, id: event.key)
      change(key, of: agent) { $0.add(retrieval: id, chunks) }
    case .retrievalJudged:
      let fields = event.fields(RetrievalJudged.self)
      let chunk = fields.text(.chunkID)?.string ?? ""
      let (retrieval, isRelevant) = (fields.text(.retrievalID)?.string, fields.boolean(.relevant) == true)
      key = ScopedKey(.execution, organization: envelope.organization, id: event.key)
      change(key, of: agent) {
        $0.add(judgementOf: chunk, in: retrieval, isRelevant, at: time, identity: identity)
      }
    default: return
    }
    let timer = Self.timer(key)
    guard cases.read(key, { $0?.isJudged ?? false }), context.due(timer) == nil else { return }
    context.setTimer(timer, at: context.time + Self.patience)
  }

  func forget(_ key: ScopedKey) {
    if cases.read(key, { $0 != nil }) { cases[key] = nil }
  }

  private func change(_ key: ScopedKey, of agent: String, _ body: (inout RetrievalCase) -> Void) {
    cases.update(key) { file in
      var known = file ?? RetrievalCase(agent: agent)
      file = nil
      body(&known)
      file = known
    }
  }

  private static func timer(_ key: ScopedKey) -> TimerID {
    var bytes: [UInt8] = []
    key.store(into: &bytes)
    return TimerID(bytes)
  }
}

extension Collect {
  /// Counts what the rankings of an execution are worth that have not been counted yet.
  mutating func countScores(of key: ScopedKey, at time: Timestamp) {
    guard let agent = retrievals.cases.read(key, { $0?.agent }) else { return }
    let scores = retrievals.cases.update(key) { $0?.takeScores() ?? [] }
    let version = join.cases.read(key) { $0?.execution?.promptVersion }
    for score in scores {
      count(
        .retrievalScored, of: key.organization, agent: agent,
        [
          "prompt_version": version.map { .text($0) }, "k": .number(Double(RetrievalCase.cutoff)),
          "precision": .number(score.precision), "recall": .number(score.recall),
          "reciprocal_rank": .number(score.reciprocalRank), "ndcg": .number(score.normalizedGain),
        ], at: EventTime(milliseconds: time.rawValue))
    }
  }
}
