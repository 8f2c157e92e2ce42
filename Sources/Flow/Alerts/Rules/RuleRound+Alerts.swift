// The states of one rule's alerts at one instant. `for` and `keep_firing_for` count event time between
// instants.
internal import Basics
internal import Metrics

extension RuleRound {
  /// Evidence shows this many series of a selector; the rest is counted.
  private static let evidenceMax = 5
  private static let organizationLabel = "organization"

  mutating func alert(
    _ rule: Rule, _ terms: Rule.AlertTerms, _ key: RuleStates.Key, _ elements: [VectorElement],
    _ evaluator: Evaluator,
    _ queried: EventTime, _ state: inout RuleStates.RuleState
  ) throws(EvaluationFault) {
    let found = try described(rule, terms, elements, queried)
    var remaining: [Labels: ActiveAlert] = [:]
    for alert in state.alerts { remaining[alert.labels] = alert }
    var active: [ActiveAlert] = []
    for element in found {
      var alert = element
      if let before = remaining.removeValue(forKey: element.labels) {
        alert.state = before.state
        alert.activeSince = before.activeSince
        alert.firingSince = before.firingSince
      }
      let before = alert.state
      if before != .firing, elapsed(since: alert.activeSince) >= terms.holdTime {
        alert.state = .firing
        alert.firingSince = instant
      } else if before == .inactive {
        alert.state = .pending
      }
      if alert.state != before {
        outcome.transitions.append(
          transition(
            of: alert, key, rule.version, from: before, to: alert.state,
            evidence: evidence(evaluator, for: alert)))
      }
      active.append(alert)
    }
    for labels in remaining.keys.sorted() {
      guard var alert = remaining[labels] else { continue }
      if alert.state == .firing {
        let since = alert.endingSince ?? instant
        alert.endingSince = since
        if elapsed(since: since) < terms.keepFiringFor {
          active.append(alert)
          continue
        }
      }
      outcome.transitions.append(
        transition(
          of: alert, key, rule.version, from: alert.state, to: alert.state == .firing ? .resolved : .inactive,
          reason: reason(rule, alert, queried), evidence: evidence(evaluator, for: alert)))
    }
    state.alerts = active.sorted { $0.labels < $1.labels }
    write(state.alerts.flatMap(alertSeries), &state)
  }

  private func elapsed(since time: EventTime) -> Duration { .milliseconds(instant.rawValue &- time.rawValue) }

  /// The elements as alerts that begin now, in the order of their labels.
  private func described(
    _ rule: Rule, _ terms: Rule.AlertTerms, _ elements: [VectorElement], _ queried: EventTime
  ) throws(EvaluationFault) -> [ActiveAlert] {
    var alerts: [ActiveAlert] = []
    alerts.reserveCapacity(elements.count)
    for element in elements {
      let data = TemplateData(
        labels: element.labels, value: element.value, externalLabels: set.settings.externalLabels,
        externalURL: set.settings.externalURL,
        query: { (text) throws(TemplateError) in try self.answer(text, at: queried) })
      let unnamed = element.labels.unnamed
      let added = rule.labels.map { Label($0.name, $0.value.expanded(with: data)) }
      // Every alert says whose it is; one over all organizations is the platform's.
      let owner = [Label(Self.organizationLabel, organization)]
      alerts.append(
        ActiveAlert(
          labels: Labels(owner + unnamed.all + added + [Label("alertname", rule.name)]),
          elementLabels: unnamed,
          annotations: terms.annotations.map { Label($0.name, $0.value.expanded(with: data)) },
          state: .inactive, activeSince: instant, value: element.value))
    }
    alerts.sort { $0.labels < $1.labels }
    for (a, b) in zip(alerts, alerts.dropFirst()) where a.labels == b.labels {
      throw EvaluationFault("two alerts with the same labels \(a.labels), once the rule's are set", at: 0)
    }
    return alerts
  }

  /// `query` in a template.
  private func answer(_ text: String, at queried: EventTime) throws(TemplateError) -> [VectorElement] {
    do throws(ExpressionFault) {
      let expression = try Expression(text)
      switch try expression.answer(at: queried, of: series, options: options) {
      case .vector(let elements): return elements
      case .scalar(let value): return [VectorElement(labels: .none, value: value)]
      case .string, .matrix: throw ExpressionFault("no vector and no scalar", at: 0)
      }
    } catch {
      throw TemplateError("error executing query \"\(text)\": \(error.what)")
    }
  }

  /// What Prometheus writes of an active alert, for rules that look at alerts.
  private func alertSeries(_ alert: ActiveAlert) -> [VectorElement] {
    [
      VectorElement(
        labels: Labels(
          alert.labels.all + [Label(Label.metricName, "ALERTS"), Label("alertstate", alert.state.rawValue)]),
        value: 1),
      VectorElement(
        labels: alert.labels.setting(Label.metricName, to: "ALERTS_FOR_STATE"),
        value: Double(alert.activeSince.rawValue / 1000)),
    ]
  }

  // MARK: Why, and on what grounds

  /// The condition holds no more. Whether its series are still there is seen by asking without the condition.
  private func reason(_ rule: Rule, _ alert: ActiveAlert, _ queried: EventTime) -> AlertTransition.Reason {
    guard let unconditional = rule.expression.unconditional else { return .recovered }
    guard case .vector(let elements)? = try? unconditional.answer(at: queried, of: series, options: options)
    else { return .noData }
    let wanted = alert.elementLabels.all
    let isThere = elements.contains { element in wanted.allSatisfy { element.labels[$0.name] == $0.value } }
    return isThere ? .recovered : .noData
  }

  private func evidence(_ evaluator: Evaluator, for alert: ActiveAlert) -> [AlertTransition.Evidence] {
    let wanted = alert.elementLabels.all
    return evaluator.expression.root.selectorNodes.map { node, selector in
      let window = evaluator.windows[selector.number] ?? 0...0
      let fitting = (evaluator.selected[selector.number] ?? []).filter { series in
        wanted.allSatisfy { ["", $0.value].contains(series.labels[$0.name]) }
      }
      let parts = fitting.prefix(Self.evidenceMax).compactMap { series in
        series.samples.last.map {
          AlertTransition.Evidence.Part(labels: series.labels, samples: series.samples.count, last: $0)
        }
      }
      return AlertTransition.Evidence(
        selector: evaluator.expression.text(of: node), from: EventTime(milliseconds: window.lowerBound),
        to: EventTime(milliseconds: window.upperBound), seriesCount: fitting.count, series: parts)
    }
  }
}

extension Expression {
  /// Its value, or why it has none.
  func answer(at instant: EventTime, of source: any SeriesSource, options: QueryOptions)
    throws(ExpressionFault)
    -> QueryValue
  {
    do throws(EvaluationFault) {
      return try value(at: instant, of: source, options: options)
    } catch {
      throw ExpressionFault(error.what, at: error.offset)
    }
  }
}
