// The first processor: what agents did and what was said about it. It decodes each event, sets aside what is
// none, forwards what another task owns, joins the rest by execution, makes candidates of learning examples
// out of what has met, and counts into panes of declared metrics.
internal import Basics
internal import Events
internal import Experiments
internal import Learning
internal import Metrics
internal import Runtime

/// Folds executions, feedback and retrievals by execution.
struct Collect: Processor {
  /// Of the fold's code; a replay by another is told apart by it.
  static let version: UInt64 = 9
  /// Its inputs, in order, behind `control` and before the rekey topic.
  static let topics: [InputTopic] = [.feedback, .executions, .retrievals]

  /// The numbers of its outputs.
  enum Output {
    static let panes = 0
    static let candidates = 1
    static let deploymentSeries = 2
    static let outcomes = 3
    static let judgements = 4
  }

  /// In a `let`, because exclusivity of a property that changes is checked at every event.
  private final class Desk {
    let decoder = Cell(EventDecoder())
  }

  private let desk = Desk()
  let join = ExecutionJoin()
  let retrievals = RetrievalScores()
  private var control = ControlState()
  private var forgotten = ForgottenPeople()
  var deployments = DeploymentSeat()
  private var panes: PaneSeat
  private var bytes: [UInt8] = []
  /// The partition of each input.
  private let places: [TopicPartition]

  init(_ inputs: [String], task: PartitionID) {
    places = inputs.map { TopicPartition(topic: $0, partition: task) }
    panes = PaneSeat("collect", task: task, output: Output.panes)
  }

  var stores: [any TaskStore] {
    [control.store, join.cases, join.users] + forgotten.stores + [retrievals.cases]
  }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    join.advance(to: context.time)
    retrievals.advance(to: context.time)
    forgotten.advance(to: context.time)
    let desk = desk
    if record.input == 0 {
      panes.controlChanged()
      let outcome = control.fold(record, with: &desk.decoder.value)
      if let erasure = outcome.erasure { forget(erasure, in: &context) }
      return outcome.verdict
    }
    do throws(Violation) {
      let envelope = try Envelope(record)
      do throws(Violation) {
        return try collect(record, envelope, with: &desk.decoder.value, in: &context)
      } catch {
        let subjects = AsideSubjects(organization: envelope.organization.string, keys: nil)
        forgotten.note(places[record.input], record.offset, subjects)
        throw error
      }
    } catch {
      return context.setAside(error)
    }
  }

  private mutating func collect(
    _ record: borrowing InputRecord, _ envelope: borrowing Envelope, with decoder: inout EventDecoder,
    in context: inout FoldContext
  ) throws(Violation) -> Verdict {
    let topic = record.input <= Self.topics.count ? Self.topics[record.input - 1] : nil
    let event = try decoder.decode(envelope, from: topic)
    if context.forward(record, toOwnerOf: event) { return .forwarded }
    if forgotten.covers(event.subjects(in: envelope), at: envelope.time) { return .folded }
    let result = take(event, envelope)
    if let refusal = result.refusal {
      forgotten.note(
        places[record.input], record.offset,
        AsideSubjects(organization: envelope.organization.string, keys: event.subjects(in: envelope)))
      return context.setAside(refusal.reason, rule: refusal.rule)
    }
    emit(result.candidates, in: &context)
    let origin = EvidenceOrigin(places[record.input], record.offset)
    addToDeployments(event, envelope, result.matched, from: origin)
    let position = EventPosition(places[record.input], record.offset)
    emit(outcomes(of: event, envelope, result, at: position), in: &context)
    emit(ChunkJudgement.all(in: event, of: envelope, at: position), in: &context)
    countMatches(event, envelope, result.matched)
    retrievals.add(event, of: envelope, in: &context)
    panes.add(event, of: envelope, &control)
    return .folded
  }

  mutating func count(
    _ event: InternalEvent, of organization: String, agent: String,
    _ fields: KeyValuePairs<String, InternalValue?>, at time: EventTime
  ) {
    panes.add(internal: event, organization: organization, agent: agent, fields, at: time, &control)
  }

  private mutating func forget(_ erasure: Erasure, in context: inout FoldContext) {
    forgotten.forget(erasure, at: EventTime(milliseconds: context.time.rawValue), in: &context)
    let (candidates, emptied) = join.erase(erasure)
    emit(candidates, in: &context)
    for key in emptied + erasure.keys { retrievals.forget(key) }
  }

  /// An execution's retrievals have been judged for a while: what they are worth is counted.
  mutating func onTimer(_ timer: Timer, in context: inout FoldContext) {
    guard let key = ScopedKey(stored: unsafe timer.id.bytes.span.bytes) else { return }
    countScores(of: key, at: context.time)
  }

  mutating func closeEpoch(in context: inout FoldContext) {
    deployments.closeEpoch(Output.deploymentSeries, in: &context)
    panes.closeEpoch(in: &context)
  }
}

// MARK: - By type

extension Collect {
  private mutating func take(
    _ event: borrowing DecodedEvent, _ envelope: borrowing Envelope
  ) -> ExecutionJoin.Result {
    switch event.type {
    case .executionCompleted:
      let fields = event.fields(ExecutionCompleted.self)
      let key = ScopedKey(.execution, organization: envelope.organization, id: event.key)
      return join.add(ExecutionRecord(envelope, fields), key, settings(of: envelope))
    case .feedbackGiven: return take(event.fields(FeedbackGiven.self), event, envelope)
    case .feedbackRetracted:
      let fields = event.fields(FeedbackRetracted.self)
      let kind = Self.kind(
        fields.has(.executionID), fields.has(.sessionID), fields.has(.userID))
      return join.retract(
        fields.text(.feedbackID)?.string ?? "", at: envelope.time,
        ScopedKey(kind, organization: envelope.organization, id: event.key), settings(of: envelope))
    case .executionEvaluated, .retrievalPerformed, .retrievalJudged:
      return join.note(
        envelope.identity, ScopedKey(.execution, organization: envelope.organization, id: event.key))
    default:
      return join.note(
        envelope.identity, ScopedKey(.session, organization: envelope.organization, id: event.key))
    }
  }

  private mutating func take(
    _ fields: borrowing Fields<FeedbackGiven>, _ event: borrowing DecodedEvent, _ envelope: borrowing Envelope
  ) -> ExecutionJoin.Result {
    let kind = Self.kind(fields.has(.executionID), fields.has(.sessionID), fields.has(.userID))
    let settings = settings(of: envelope)
    let record = FeedbackRecord(envelope, fields, settings, keepsTexts: kind == .execution)
    var user: ScopedKey?
    if let id = fields.text(.userID) {
      user = ScopedKey(.user, organization: envelope.organization, id: id)
    } else if let id = fields.text(.sessionID) {
      user = ScopedKey(.session, organization: envelope.organization, id: id)
    }
    return join.add(
      record, text: fields.text(.text)?.string ?? fields.text(.correction)?.string, by: user,
      ScopedKey(kind, organization: envelope.organization, id: event.key), settings)
  }

  /// What the key of an event about a judgement names: the first that it has.
  private static func kind(_ hasExecution: Bool, _ hasSession: Bool, _ hasUser: Bool) -> ScopedKey.Kind {
    hasExecution ? .execution : hasSession ? .session : hasUser ? .user : .event
  }

  private mutating func settings(of envelope: borrowing Envelope) -> AgentSettings {
    control.settings(organization: envelope.organization.string, agent: envelope.agent?.string ?? "")
  }

  /// What the event means for experiments; nothing where nothing has met.
  private func outcomes(
    of event: borrowing DecodedEvent, _ envelope: borrowing Envelope, _ result: ExecutionJoin.Result,
    at position: EventPosition
  ) -> [ExperimentOutcome] {
    let isNew = event.type == .executionCompleted
    switch event.type {
    case .executionCompleted:
      guard event.fields(ExecutionCompleted.self).has(.experiments) else { return [] }
    case .feedbackGiven:
      guard event.fields(FeedbackGiven.self).has(.executionID) else { return [] }
    case .feedbackRetracted:
      guard event.fields(FeedbackRetracted.self).has(.executionID) else { return [] }
    default: return []
    }
    guard isNew || !result.matched.isEmpty || !result.withdrawn.isEmpty else { return [] }
    let key = ScopedKey(.execution, organization: envelope.organization, id: event.key)
    let time = envelope.time
    return join.cases.read(key) { known in
      known?.outcomes(
        of: key, isNew: isNew, matched: result.matched, withdrawn: result.withdrawn, at: position, time) ?? []
    }
  }

  private mutating func emit(_ outcomes: [ExperimentOutcome], in context: inout FoldContext) {
    for outcome in outcomes { emit(outcome, to: Output.outcomes, key: outcome.experiment, in: &context) }
  }

  private mutating func emit(_ judgements: [ChunkJudgement], in context: inout FoldContext) {
    for judgement in judgements { emit(judgement, to: Output.judgements, key: judgement.chunk, in: &context) }
  }

  private mutating func emit(
    _ value: some Storable, to output: Int, key: String, in context: inout FoldContext
  ) {
    let key = Array(key.utf8)
    bytes.removeAll(keepingCapacity: true)
    value.store(into: &bytes)
    context.emit(output, key: unsafe key.span.bytes, value: unsafe bytes.span.bytes)
  }

  private mutating func emit(_ candidates: [Candidate], in context: inout FoldContext) {
    for candidate in candidates { emit(candidate, to: Output.candidates, key: candidate.id, in: &context) }
  }
}
