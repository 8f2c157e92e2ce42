// What `metrics` publishes: series that have changed, scorecards, rows of views, and what happened to alerts.
internal import Alerts
internal import Basics
internal import Events
internal import Metrics
internal import Runtime

/// The writers keep their memory.
struct MetricsWriters {
  var rolling = ProjectionWriter(RollingMetricField.self)
  var scorecard = ProjectionWriter(AgentScorecardField.self)
  var view = ProjectionWriter(MetricViewField.self)
  var alert = ProjectionWriter(AlertField.self)
  var alertState = ProjectionWriter(AlertStateField.self)
}

extension MetricsFold {
  /// Where the last event stands.
  private var position: EventPosition {
    let (input, offset) = book.lastPosition ?? (0, 0)
    let topic = topics.indices.contains(input) ? topics[input] : topics[0]
    return EventPosition(TopicPartition(topic: topic, partition: partition), Offset(offset))
  }

  mutating func publish(in context: inout FoldContext) {
    let touched = book.takeTouched()
    if context.isOnly(Output.alerts.rawValue) { return }
    let position = position
    for (number, entry, isGone) in touched { publish(number, entry, isGone, position, in: &context) }
    publishViews(touched.map(\.entry), position, in: &context)
    for key in touchedCards.sorted() { publish(key, position, in: &context) }
    touchedCards.removeAll(keepingCapacity: true)
  }

  /// Parts of histograms are told by the histogram, and what `platform` sees of an organization by that one.
  private mutating func publish(
    _ number: UInt64, _ entry: SeriesBook.Entry, _ isGone: Bool, _ position: EventPosition,
    in context: inout FoldContext
  ) {
    let metric = book.declared[entry.row.metric]?.metric
    var isPart = false
    if case .histogram? = metric?.kind { isPart = entry.row.kind == .part }
    let isForeign =
      entry.row.tenant == SeriesBook.platform && !entry.identity.organization.isEmpty
      && entry.identity.organization != SeriesBook.platform
    guard !isPart, !isForeign, entry.row.kind != .member else { return }
    let id = entry.row.labels.dropping(LabelNames([SeriesBook.organizationLabel])).description
    let key = Array(entityKey(organization: entry.row.tenant, id: id).utf8)
    guard !isGone, let state = book.states[number] else {
      context.emit(Output.rollingMetrics.rawValue, key: unsafe key.span.bytes, value: nil)
      return
    }
    let isHistogram = entry.row.kind == .histogram
    let sketch = isHistogram ? state.sketch : QuantileSketch()
    let json = writers.rolling.write(organization: entry.row.tenant, position: position) { fields in
      fields.text(.metric, entry.identity.name)
      fields.map(
        .labels, entry.row.labels.all.filter { $0.name != Label.metricName }.map { ($0.name, $0.value) })
      fields.text(.kind, metric.map { Self.word($0.kind) } ?? "derived")
      fields.text(.unit, metric?.unit)
      fields.number(.value, state.value)
      fields.number(.weight, state.weight)
      if isHistogram {
        fields.number(.count, Double(state.counts.reduce(0, &+)))
        fields.number(.p50, sketch.quantile(0.5))
        fields.number(.p95, sketch.quantile(0.95))
        fields.number(.p99, sketch.quantile(0.99))
      }
      fields.text(.target, metric?.target)
      fields.time(.at, EventTime(milliseconds: state.changed))
    }
    context.emit(Output.rollingMetrics.rawValue, key: unsafe key.span.bytes, value: unsafe json.span.bytes)
  }

  private static func word(_ kind: MetricDeclaration.Kind) -> String {
    switch kind {
    case .counter: "counter"
    case .level: "level"
    case .gauge: "gauge"
    case .mean: "mean"
    case .histogram: "histogram"
    case .distinct: "distinct"
    case .population: "population"
    }
  }

  private mutating func publishViews(
    _ touched: [SeriesBook.Entry], _ position: EventPosition, in context: inout FoldContext
  ) {
    for view in settings.declarations.views {
      let topic = String(view.name.map { $0 == "_" ? "-" : $0 })
      guard let index = MetricViewField.shapes.firstIndex(where: { $0.topic == topic }) else { continue }
      let metrics = Set(view.columns.flatMap { $0.column.metrics })
      var keys: [String: Set<String>] = [:]
      for entry in touched where metrics.contains(entry.identity.name) {
        let organization = entry.identity.organization
        guard organization.isEmpty || organization == SeriesBook.platform else { continue }
        keys[entry.row.tenant, default: []].insert(SeriesBook.key(of: view, entry.row.labels))
      }
      for tenant in keys.keys.sorted() {
        for row in book.rows(of: view, tenant: tenant, touched: keys[tenant] ?? []) {
          guard views.hasChanged(row, of: view.name, tenant: tenant) else { continue }
          let key = Array(entityKey(organization: tenant, id: row.key).utf8)
          let output = Output.views.rawValue + index
          guard !row.columns.isEmpty else {
            context.emit(output, key: unsafe key.span.bytes, value: nil)
            continue
          }
          let json = writers.view.write(organization: tenant, position: position) { fields in
            fields.map(.labels, row.labels)
            fields.map(.columns, row.columns)
            fields.time(.at, EventTime(milliseconds: row.at))
          }
          context.emit(output, key: unsafe key.span.bytes, value: unsafe json.span.bytes)
        }
      }
    }
  }

  private mutating func publish(
    _ key: Scorecard.Key, _ position: EventPosition, in context: inout FoldContext
  ) {
    guard let card = scorecards[key] else { return }
    let id = key.promptVersion.isEmpty ? key.agent : "\(key.agent)@\(key.promptVersion)"
    let recordKey = Array(entityKey(organization: key.organization, id: id).utf8)
    let time = context.time
    let json = writers.scorecard.write(organization: key.organization, position: position) { fields in
      fields.text(.agent, key.agent)
      fields.text(.promptVersion, key.promptVersion)
      for (field, window) in [
        (AgentScorecardField.lastHour, ScorecardWindow.hour), (.lastDay, .day), (.lastWeek, .week),
        (.total, .total),
      ] {
        fields.records(field, ScorecardMeasureField.self, card.tallies(window)) { entry, measure in
          measure.text(.measure, entry.measure)
          measure.text(.part, entry.part)
          let mean = entry.tally.weight == 0 ? nil : entry.tally.sum / entry.tally.weight
          measure.number(.value, entry.isMean ? mean : entry.tally.sum)
          measure.number(.count, entry.isMean ? entry.tally.weight : nil)
        }
      }
      fields.time(.at, time)
    }
    context.emit(Output.scorecards.rawValue, key: unsafe recordKey.span.bytes, value: unsafe json.span.bytes)
  }

  // MARK: - Alerts

  /// A transition for ever, and what is true now until it is no more.
  mutating func publish(_ transition: AlertTransition, of states: RuleStates, in context: inout FoldContext) {
    let position = position
    let key = Array(transition.alertID.utf8)
    let json = writers.alert.write(organization: transition.organization, position: position) {
      $0.write(transition)
    }
    context.emit(Output.alerts.rawValue, key: unsafe key.span.bytes, value: unsafe json.span.bytes)
    let isActive = transition.to == .pending || transition.to == .firing
    guard isActive else {
      context.emit(Output.alertStates.rawValue, key: unsafe key.span.bytes, value: nil)
      return
    }
    let state = writers.alertState.write(organization: transition.organization, position: position) {
      $0.write(transition)
    }
    context.emit(Output.alertStates.rawValue, key: unsafe key.span.bytes, value: unsafe state.span.bytes)
  }
}
