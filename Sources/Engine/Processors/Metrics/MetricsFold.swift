// The processor `metrics`: partial aggregates of all stages and events of its own become series, one sample
// per pane; at each instant that the watermark has passed, rules are evaluated on them; what has changed is
// published. What the parts do stands beside this file: closing and rules in +Instants, output in
// +Publishing.
internal import Alerts
internal import Basics
internal import Events
internal import Metrics
internal import Runtime

/// Folds panes, telemetry and training events of the organizations that a task owns.
struct MetricsFold: Processor {
  /// Of the fold's code; a replay by another is told apart by it.
  static let version: UInt64 = 6

  /// The inputs, in the order of the definition; the rekey topic is the last.
  enum Input: Int { case control, panes, telemetry, trainingEvents, rekey }
  /// The outputs; the views are three in a row, and the rekey topic is behind them.
  enum Output: Int { case rollingMetrics, scorecards, alerts, alertStates, views }

  static let instantTimer = TimerID("instant")

  /// In a `let`, because exclusivity of a property that changes is checked at every event.
  final class Desk {
    let decoder = Cell(EventDecoder())
  }

  let desk = Desk()
  let topics: [String]
  let partition: PartitionID
  /// Where what the gateway shows goes; nil on a replay.
  let board: MetricsBoard?
  var control = ControlState()
  let book = SeriesBook()
  let scorecards = KeyValueStore<Scorecard.Key, Scorecard>("scorecards")
  let ruleStates = KeyValueStore<String, RuleStates>("rules")
  let views = ViewRows()
  var settings = MetricsSettings()
  var panes = PaneAggregator(MetricDeclarations())
  var deployments = DeploymentSeat()
  /// Scorecards that changed in this epoch, and those that time will change.
  var touchedCards: Set<Scorecard.Key> = []
  var agingCards: Set<Scorecard.Key>?
  var writers = MetricsWriters()
  /// Whether the settings are those of the control records folded so far.
  private var isConfigured = false

  init(topics: [String], partition: PartitionID, board: MetricsBoard?) {
    self.topics = topics
    self.partition = partition
    self.board = board
  }

  var stores: [any TaskStore] {
    [control.store] + book.stores + [scorecards, ruleStates, views.store]
  }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    guard let input = Input(rawValue: record.input) else { return .setAside(.invalid) }
    var verdict: Verdict
    switch input {
    case .control:
      // Position and time stay with the events.
      let desk = desk
      let outcome = control.fold(record, with: &desk.decoder.value)
      if let erasure = outcome.erasure { book.erase(erasure) }
      isConfigured = false
      return outcome.verdict
    case .panes:
      configure()
      verdict = foldPartial(record, in: &context)
    case .telemetry: verdict = foldEvent(record, from: .telemetry, in: &context)
    case .trainingEvents: verdict = foldEvent(record, from: .trainingEvents, in: &context)
    case .rekey: verdict = foldEvent(record, from: nil, in: &context)
    }
    if verdict == .folded { note(record, at: context.time) }
    return verdict
  }

  /// Takes up a configuration that has come into force.
  mutating func configure() {
    if isConfigured { return }
    isConfigured = true
    guard settings.update(from: &control) else { return }
    takePanes()
    panes = PaneAggregator(settings.declarations)
    book.horizons = settings.horizons
    book.configure(settings.declarations)
  }

  private mutating func foldPartial(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict
  {
    guard let key = record.key, let tenant = String(stored: key), let value = record.value,
      let partial = PanePartial(stored: value)
    else { return .setAside(.undecodable) }
    guard partial.organization == tenant || tenant == SeriesBook.platform,
      partial.pane.start <= context.time.rawValue + Self.aheadMax_ms
    else { return .setAside(.invalid) }
    guard book.fold(partial, for: tenant, closed: book.closed) else { return .setAside(.late) }
    if tenant == partial.organization, !context.isOnly(Output.alerts.rawValue) { addToScorecards(partial) }
    return .folded
  }

  /// Events this far ahead of recorded time are a clock's fault, and would lie in memory until they are due.
  static let aheadMax_ms: Int64 = 86_400_000

  private mutating func foldEvent(
    _ record: borrowing InputRecord, from topic: InputTopic?, in context: inout FoldContext
  ) -> Verdict {
    configure()
    let desk = desk
    do throws(Violation) {
      return try foldEvent(record, from: topic, with: &desk.decoder.value, in: &context)
    } catch {
      return .setAside(SetAsideReason(rawValue: error.reason.rawValue))
    }
  }

  private mutating func foldEvent(
    _ record: borrowing InputRecord, from topic: InputTopic?, with decoder: inout EventDecoder,
    in context: inout FoldContext
  ) throws(Violation) -> Verdict {
    let envelope = try Envelope(record)
    let event = try decoder.decode(envelope, from: topic)
    if context.forward(record, toOwnerOf: event) { return .forwarded }
    let home = event.type.shape.topic
    guard home == .telemetry || home == .trainingEvents,
      envelope.time.rawValue <= context.time.rawValue + Self.aheadMax_ms
    else { return .setAside(.invalid) }
    if isLate(event.type, at: envelope.time) { return .setAside(.late) }
    panes.add(event, organization: envelope.organization, agent: envelope.agent, at: envelope.time)
    addToDeployments(event, envelope, at: record.offset, of: record.input)
    if event.type == .heartbeatSent, let job = event.fields(HeartbeatSent.self).text(.job)?.string {
      book.hear(job, of: envelope.organization.string, at: envelope.time.rawValue)
    }
    return .folded
  }

  /// An event is late when the first pane that it counts in is, as a part of that pane would be.
  private func isLate(_ type: EventType, at time: EventTime) -> Bool {
    // A pane ends behind all that it holds.
    if time.rawValue > book.closed - SeriesBook.grace_ms { return false }
    return book.isLate(panes.firstEnd(of: type, at: time) ?? time)
  }

  /// What events of this task's own inputs have added up to.
  mutating func takePanes() {
    for partial in panes.take(processor: "metrics", task: partition.rawValue) {
      // Its events have been judged one by one.
      if book.fold(partial, for: partial.organization, closed: book.closed) { addToScorecards(partial) }
    }
  }

  private func note(_ record: borrowing InputRecord, at time: Timestamp) {
    book.heardAt = time.rawValue
    book.position = (record.input, record.offset.rawValue)
  }

  mutating func closeEpoch(in context: inout FoldContext) {
    configure()
    takePanes()
    book.keepPosition()
    setInstantTimer(in: &context)
    if context.isEpochOver { publish(in: &context) }
    deployments.closeEpoch(Output.views.rawValue + MetricViewField.shapes.count, in: &context)
  }

  private static let cardNames = LabelNames(["agent", "prompt_version"])

  private mutating func addToScorecards(_ partial: PanePartial) {
    for entry in partial.entries {
      guard let measure = book.declared[entry.metric]?.metric.scorecard else { continue }
      let agent = entry.labels["agent"]
      guard !agent.isEmpty else { continue }
      let amounts: (sum: Double, weight: Double, isMean: Bool)
      switch entry.value {
      case .sum(let sum): amounts = (sum, sum, false)
      case .mean(let sum, let weight): amounts = (sum, weight, true)
      default: continue
      }
      let version = entry.labels["prompt_version"]
      let part = entry.labels.values(without: Self.cardNames).joined(separator: " ")
      let keys = version.isEmpty ? [""] : ["", version]
      for key in keys {
        let key = Scorecard.Key(organization: partial.organization, agent: agent, promptVersion: key)
        scorecards.update(key) { card in
          var changed = card.take() ?? Scorecard()
          changed.add(
            measure, part: part, isMean: amounts.isMean, sum: amounts.sum, weight: amounts.weight,
            at: partial.pane.start)
          card = consume changed
        }
        touchedCards.insert(key)
        agingCards?.insert(key)
      }
    }
  }
}
