// The processor behind the candidates of collect: each example's file, what experts do about it, and what
// comes of that. It publishes the examples, the queue of those that wait, and how far each agent's review is.
internal import Basics
internal import Events
internal import Learning
internal import Metrics
internal import Runtime

/// Folds candidates and reviews by example.
struct Review: Processor {
  /// Of the fold's code; a replay by another is told apart by it.
  static let version: UInt64 = 3

  /// The numbers of its inputs; behind them stands the rekey topic.
  enum Input {
    static let control = 0
    static let reviews = 1
    static let candidates = 2
  }

  /// The numbers of its outputs.
  enum Output {
    static let examples = 0
    static let queue = 1
    static let progress = 2
    static let panes = 3
  }

  /// How long deeds about an example that is not known wait for it.
  static let patience = Duration.seconds(7 * 24 * 3600)

  private final class Desk {
    let decoder = Cell(EventDecoder())
  }

  private let desk = Desk()
  private let files = KeyValueStore<ScopedKey, ExampleFile>("examples", memory: 256 << 20)
  private let agents = KeyValueStore<ScopedKey, AgentReview>("agents")
  private var control = ControlState()
  private var forgotten = ForgottenPeople()
  private var records = ReviewRecords()
  /// The examples of the open epoch in the order of first touch, as they stood before it.
  private var touched: [(key: ScopedKey, before: Candidate?, standing: ExampleStanding?)] = []
  private var isTouched: Set<ScopedKey> = []
  private var deeds: [(agent: ScopedKey, fact: ReviewFact)] = []
  private var panes: PaneSeat
  private let places: [TopicPartition]
  private let task: PartitionID

  init(_ inputs: [String], task: PartitionID) {
    places = inputs.map { TopicPartition(topic: $0, partition: task) }
    self.task = task
    panes = PaneSeat("review", task: task, output: Output.panes)
  }

  var stores: [any TaskStore] { [control.store, files, agents] + forgotten.stores }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    forgotten.advance(to: context.time)
    let desk = desk
    switch record.input {
    case Input.control:
      let outcome = control.fold(record, with: &desk.decoder.value)
      panes.controlChanged()
      if let erasure = outcome.erasure { forget(erasure, in: &context) }
      return outcome.verdict
    case Input.candidates: return takeCandidate(record, in: &context)
    default:
      do throws(Violation) {
        let envelope = try Envelope(record)
        do throws(Violation) {
          return try takeEvent(record, envelope, with: &desk.decoder.value, in: &context)
        } catch {
          let subjects = AsideSubjects(organization: envelope.organization.string, keys: nil)
          forgotten.note(places[record.input], record.offset, subjects)
          throw error
        }
      } catch {
        return context.setAside(error)
      }
    }
  }

  /// Deeds have waited for an example in vain.
  mutating func onTimer(_ timer: Timer, in context: inout FoldContext) {
    guard let key = ScopedKey(stored: unsafe timer.id.bytes.span.bytes),
      let file = files[key], file.example == nil
    else { return }
    for fact in file.facts {
      context.setAsideLater(
        fact.position.partition, fact.position.offset, because: .unknownReference,
        rule: "no example \(key.id) came within \(Self.patience.components.seconds / 86_400) days")
    }
    files[key] = nil
  }
}

extension SetAsideReason {
  /// Only an expert may do it.
  static let forbidden = SetAsideReason(rawValue: "forbidden")
  /// What it is about has not come.
  static let unknownReference = SetAsideReason(rawValue: "unknown-reference")
}

// MARK: - Taking in

extension Review {
  private mutating func touch(_ key: ScopedKey) {
    guard isTouched.insert(key).inserted else { return }
    let example = files.read(key) { $0?.example }
    let standing = files.read(key) { file in
      file.flatMap { file in file.example.map { ExampleStanding($0, file.facts) } }
    }
    touched.append((key, example, standing))
  }

  private mutating func takeCandidate(
    _ record: borrowing InputRecord, in context: inout FoldContext
  ) -> Verdict {
    guard let value = record.value, let candidate = Candidate(stored: value) else {
      return .setAside(.undecodable)
    }
    let key = ScopedKey(.example, organization: candidate.organization, id: candidate.id)
    touch(key)
    context.cancelTimer(Self.timer(key))
    guard candidate.withdrawal != .erased else {
      files[key] = nil
      return .folded
    }
    let position = EventPosition(places[record.input], record.offset)
    let control = control
    open(key, at: position) { file in
      file.take(candidate, at: position) { expert in
        control.isExpert(organization: candidate.organization, user: expert, agent: candidate.agent)
      }
    }
    return .folded
  }

  /// Changes the example of a file; what has waited for it counts from now on.
  private mutating func open(
    _ key: ScopedKey, at position: EventPosition, _ change: (inout ExampleFile) -> Void
  ) {
    var file = files[key] ?? ExampleFile(at: position)
    let hasWaited = file.example == nil
    change(&file)
    files[key] = file
    guard hasWaited, let agent = file.example?.agent else { return }
    let name = ScopedKey(.agent, organization: key.organization, id: agent)
    for fact in file.facts { deeds.append((name, fact)) }
  }

  private mutating func takeEvent(
    _ record: borrowing InputRecord, _ envelope: borrowing Envelope, with decoder: inout EventDecoder,
    in context: inout FoldContext
  ) throws(Violation) -> Verdict {
    let event = try decoder.decode(envelope, from: record.input == Input.reviews ? .reviews : nil)
    if context.forward(record, toOwnerOf: event) { return .forwarded }
    if forgotten.covers(event.subjects(in: envelope), at: envelope.time) { return .folded }
    let key = ScopedKey(.example, organization: envelope.organization, id: event.key)
    let position = EventPosition(places[record.input], record.offset)
    let refusal: ExecutionJoin.Refusal?
    switch event.type {
    case .exampleProposed:
      refusal = propose(
        Candidate(envelope, event.fields(ExampleProposed.self)), envelope.identity, key, position,
        in: &context)
    case .annotationMade:
      guard let fact = ReviewFact(envelope, event.fields(AnnotationMade.self), at: position) else {
        refusal = .init(
          reason: .tooLarge, rule: "annotation_data has more than \(ReviewFact.dataBytesMax) bytes")
        break
      }
      refusal = add(fact, key, in: &context)
    case .annotationVerified:
      refusal = add(
        ReviewFact(envelope, event.fields(AnnotationVerified.self), at: position), key, in: &context)
    case .exampleReviewed:
      refusal = add(ReviewFact(envelope, event.fields(ExampleReviewed.self), at: position), key, in: &context)
    default:
      refusal = add(ReviewFact(envelope, event.fields(ExampleRetired.self), at: position), key, in: &context)
    }
    guard let refusal else { return .folded }
    forgotten.note(
      places[record.input], record.offset,
      AsideSubjects(organization: envelope.organization.string, keys: event.subjects(in: envelope)))
    return context.setAside(refusal.reason, rule: refusal.rule)
  }

  private mutating func propose(
    _ candidate: Candidate, _ identity: UInt64, _ key: ScopedKey, _ position: EventPosition,
    in context: inout FoldContext
  ) -> ExecutionJoin.Refusal? {
    let isKnown = files.read(key) { $0?.example != nil }
    guard !isKnown else {
      return .init(reason: .duplicate, rule: "there is an example of this id")
    }
    touch(key)
    context.cancelTimer(Self.timer(key))
    let control = control
    open(key, at: position) { file in
      _ = file.propose(candidate, identity, at: position) { expert in
        control.isExpert(organization: candidate.organization, user: expert, agent: candidate.agent)
      }
    }
    return nil
  }

  private mutating func add(
    _ fact: ReviewFact, _ key: ScopedKey, in context: inout FoldContext
  ) -> ExecutionJoin.Refusal? {
    let example = files.read(key) { $0?.example }
    if let expert = fact.expertID,
      !control.isExpert(organization: key.organization, user: expert, agent: example?.agent)
    {
      return .init(reason: .forbidden, rule: "\(expert) is no expert who may judge this example")
    }
    var file = files[key] ?? ExampleFile(at: fact.position)
    let isFirst = file.example == nil && file.facts.isEmpty
    switch file.add(fact) {
    case .added:
      touch(key)
      files[key] = file
      if isFirst { context.setTimer(Self.timer(key), at: context.time + Self.patience) }
      if let example {
        deeds.append((ScopedKey(.agent, organization: key.organization, id: example.agent), fact))
      }
      return nil
    case .duplicate: return .init(reason: .duplicate, rule: "an event with this source and id came before")
    case .full:
      return .init(
        reason: .tooMany, rule: "the example's file has \(ExampleFile.factsMax) deeds or 640 KiB of text")
    case .forbidden:
      return .init(reason: .forbidden, rule: "nobody may verify an annotation of their own")
    }
  }

  private static func timer(_ key: ScopedKey) -> TimerID {
    var bytes: [UInt8] = []
    key.store(into: &bytes)
    return TimerID(bytes)
  }

  private mutating func forget(_ erasure: Erasure, in context: inout FoldContext) {
    forgotten.forget(erasure, at: EventTime(milliseconds: context.time.rawValue), in: &context)
    let found = files.keys { key, file in
      key.organization == erasure.organization
        && file.isAbout(user: erasure.user, session: erasure.session, execution: erasure.execution)
    }
    for key in found {
      touch(key)
      files[key] = nil
    }
  }
}

// MARK: - Publishing

extension Review {
  mutating func closeEpoch(in context: inout FoldContext) {
    var changed: [ScopedKey] = []
    var isChanged: Set<ScopedKey> = []
    func change(_ agent: ScopedKey, at position: EventPosition, _ body: (inout AgentReview) -> Void) {
      agents.update(agent) { review in
        var known = review ?? AgentReview(at: position)
        body(&known)
        known.position = position
        review = known
      }
      if isChanged.insert(agent).inserted { changed.append(agent) }
    }
    for (key, before, standing) in touched {
      let file = files[key]
      let now = file?.example.map { ExampleStanding($0, file?.facts ?? []) }
      publish(key, file, now, before: standing, in: &context)
      guard let agent = file?.example?.agent ?? before?.agent else { continue }
      let name = ScopedKey(.agent, organization: key.organization, id: agent)
      let position = file?.position ?? EventPosition(places[Input.control], Offset(0))
      change(name, at: position) { $0.update(from: standing, to: now) }
      count(file?.example ?? before, of: agent, from: standing, to: now, at: context.time)
    }
    for (agent, fact) in deeds { change(agent, at: fact.position) { $0.count(fact) } }
    for agent in changed {
      guard let review = agents[agent] else { continue }
      let key = Array(entityKey(organization: agent.organization, id: "\(agent.id)/\(task)").utf8)
      let value = records.progress(of: agent.id, in: agent.organization, task: task.rawValue, review)
      context.emit(Output.progress, key: unsafe key.span.bytes, value: unsafe value.span.bytes)
    }
    touched.removeAll(keepingCapacity: true)
    isTouched.removeAll(keepingCapacity: true)
    deeds.removeAll(keepingCapacity: true)
    panes.closeEpoch(in: &context)
  }

  /// A review status that an example has come to, for metrics; one that is erased leaves the status it had.
  private mutating func count(
    _ example: Candidate?, of agent: String, from before: ExampleStanding?, to now: ExampleStanding?,
    at time: Timestamp
  ) {
    guard let example, before?.status != now?.status else { return }
    let quality = now?.quality_hundredths(proposed: example.content.quality_hundredths)
    panes.add(
      internal: .exampleTransitioned, organization: example.organization, agent: agent,
      [
        "from": before.map { .text($0.status.name) }, "to": now.map { .text($0.status.name) },
        "example_type": .text(example.content.type.name),
        "quality_score": quality.map { .number(Double($0) / 100) },
      ], at: EventTime(milliseconds: time.rawValue), &control)
  }

  private mutating func publish(
    _ key: ScopedKey, _ file: ExampleFile?, _ now: ExampleStanding?, before: ExampleStanding?,
    in context: inout FoldContext
  ) {
    let entity = Array(entityKey(organization: key.organization, id: key.id).utf8)
    guard let file, let example = file.example, let now else {
      guard let before else { return }
      context.emit(Output.examples, key: unsafe entity.span.bytes, value: nil)
      if before.isQueued { context.emit(Output.queue, key: unsafe entity.span.bytes, value: nil) }
      return
    }
    let value = records.example(example, now, at: file.position)
    context.emit(Output.examples, key: unsafe entity.span.bytes, value: unsafe value.span.bytes)
    if let item = records.queueItem(example, now, at: file.position) {
      context.emit(Output.queue, key: unsafe entity.span.bytes, value: unsafe item.span.bytes)
    } else if before?.isQueued == true {
      context.emit(Output.queue, key: unsafe entity.span.bytes, value: nil)
    }
  }
}
