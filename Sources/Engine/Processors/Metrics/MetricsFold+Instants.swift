// Instants: the moments in event time, one every interval, at which panes have closed and rules are
// evaluated. A timer leads from one to the next, whether records come or not, and at the same places when
// replayed.
internal import Alerts
internal import Basics
internal import Metrics
internal import Runtime

extension MetricsFold {
  /// A task that has heard nothing for so long looks less often, so that a gap of years in history costs
  /// seconds: after 12 hours every hour, after 30 days every day. A record brings it back to the interval.
  private static let idleSteps: [(idle_ms: Int64, step_ms: Int64)] = [
    (30 * 86_400_000, 86_400_000), (12 * 3_600_000, 3_600_000),
  ]

  private func next(after instant: Int64) -> Int64 {
    let interval = max(1000, settings.declarations.interval.milliseconds)
    let idle = instant - (book.lastHeard ?? instant)
    let step = Self.idleSteps.first { idle >= $0.idle_ms }?.step_ms ?? interval
    return MetricDeclarations.paneStart(of: instant, length_ms: max(step, interval)) + max(step, interval)
  }

  /// The timer stands where recorded time will be when the watermark reaches the next instant. The first
  /// instant lies behind the watermark as it is when an epoch first ends with one: until every upstream task
  /// has announced its time the watermark stands before 1970, and instants must not begin there. Nor long
  /// before recorded time: there is nothing there, and rules for absence would tell of it.
  mutating func setInstantTimer(in context: inout FoldContext) {
    guard context.watermark.rawValue > 0 else { return }
    let watermark = context.watermark.rawValue
    let interval = max(1000, settings.declarations.interval.milliseconds)
    if book.lastInstant == nil {
      let first = max(watermark, context.time.rawValue - 2 * interval)
      book.closeInstant(MetricDeclarations.paneStart(of: first, length_ms: interval))
    }
    let due = context.time + .milliseconds(max(1, next(after: book.closed) - watermark))
    guard book.timerDue != due.rawValue else { return }
    book.timerDue = due.rawValue
    context.setTimer(Self.instantTimer, at: due)
  }

  mutating func onTimer(_ timer: Timer, in context: inout FoldContext) {
    guard timer.id == Self.instantTimer else { return }
    configure()
    takePanes()
    book.timerDue = nil
    while book.lastInstant != nil {
      let instant = next(after: book.closed)
      guard instant <= context.watermark.rawValue else { break }
      evaluate(at: instant, in: &context)
    }
    setInstantTimer(in: &context)
  }

  private mutating func evaluate(at instant: Int64, in context: inout FoldContext) {
    book.advance(to: instant)
    book.closeInstant(instant)
    let ownsPlatform = context.owns(SeriesBook.platform)
    var tenants = book.tenants.filter { $0 != SeriesBook.platform }
    for organization in control.activeOrganizations()
    where organization != SeriesBook.platform && !tenants.contains(organization) && context.owns(organization)
    {
      tenants.append(organization)
    }
    tenants.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    for tenant in tenants {
      book.setJobs(of: tenant, isExpecting: false, at: instant)
      evaluate(settings.organizationRules, of: tenant, at: instant, in: &context)
    }
    if ownsPlatform {
      book.setJobs(of: SeriesBook.platform, isExpecting: true, at: instant)
      evaluate(settings.platformRules, of: SeriesBook.platform, at: instant, in: &context)
    }
    ageScorecards(at: instant)
    if let board, board.isWanted(partition) { board.show(exposition(at: instant), of: partition) }
  }

  private mutating func evaluate(
    _ rules: RuleSet, of tenant: String, at instant: Int64, in context: inout FoldContext
  ) {
    if rules.groups.isEmpty, ruleStates.read(tenant, { $0 == nil }) { return }
    var states = ruleStates[tenant] ?? RuleStates()
    let outcome = rules.evaluate(
      at: EventTime(milliseconds: instant), organization: tenant, states: &states,
      source: TenantSeries(book: book, tenant: tenant))
    ruleStates[tenant] = states
    for sample in outcome.samples {
      let name = sample.labels.metricName
      let identity = SeriesIdentity(
        tenant: tenant, name: name, organization: "",
        labels: sample.labels.dropping(LabelNames([Label.metricName])))
      let isEnd = sample.value.bitPattern == Sample.staleValue.bitPattern
      if isEnd, book.number(of: identity) == nil { continue }
      let number = book.number(of: identity, metric: name, kind: .derived, seriesMax: .max)
      book.record(isEnd ? nil : sample.value, of: number, at: instant)
      // A derived series that has ended is made anew when its rule brings it back.
      if isEnd, book.horizons[name] == nil { book.remove(number) }
    }
    for transition in outcome.transitions { publish(transition, of: states, in: &context) }
  }

  /// What time alone takes off scorecards, every five minutes.
  private mutating func ageScorecards(at instant: Int64) {
    guard instant % 300_000 == 0 else { return }
    if agingCards == nil {
      var aging: Set<Scorecard.Key> = []
      scorecards.forEachInOrder { key, card in if !card.isAtRest { aging.insert(key) } }
      agingCards = aging
    }
    for key in (agingCards ?? []).sorted() {
      guard var card = scorecards[key], !card.isAtRest else {
        agingCards?.remove(key)
        continue
      }
      if card.expire(at: instant) {
        scorecards[key] = card
        touchedCards.insert(key)
      }
    }
  }
}

extension FoldContext {
  func owns(_ key: String) -> Bool {
    let bytes = Array(key.utf8)
    return unsafe owns(bytes.span.bytes)
  }
}
