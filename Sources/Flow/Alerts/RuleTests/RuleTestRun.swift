// Runs unit tests of rules to promtool's verdict: time begins at 0, all groups are evaluated every evaluation
// interval whatever their own, and samples after the last evaluation are not seen.
public import Basics
internal import Metrics

/// What did not come out as the test says.
public struct RuleTestFailure: Sendable {
  public var test: String
  public var place: Diagnostic.Place?
  public var what: String
  public var expected: [String]
  public var found: [String]
}

extension RuleTestFile {
  /// Runs all tests over the groups of the files that it names.
  public func failures(groups: [RuleGroup]) -> [RuleTestFailure] {
    tests.flatMap { test in
      var run = RuleTestRun(test, self, groups)
      return run.failures()
    }
  }
}

struct RuleTestRun {
  private let test: RuleTest
  private let isFuzzy: Bool
  private let rules: RuleSet
  private var table = SeriesTable()
  private var states = RuleStates()
  private var failuresFound: [RuleTestFailure] = []

  init(_ test: RuleTest, _ file: RuleTestFile, _ groups: [RuleGroup]) {
    self.test = test
    isFuzzy = file.isFuzzy
    var ordered = groups.enumerated().map { index, group in
      var group = group
      group.interval = nil
      group.queryOffset = .zero
      return (rank: file.groupOrder.firstIndex(of: group.name) ?? file.groupOrder.count + index, group: group)
    }
    ordered.sort { $0.rank < $1.rank }
    rules = RuleSet(
      groups: ordered.map(\.group),
      settings: RuleSet.Settings(
        interval: file.interval, externalURL: test.externalURL, externalLabels: test.externalLabels))
  }

  mutating func failures() -> [RuleTestFailure] {
    let interval_ms = max(1, rules.settings.interval.milliseconds)
    let end_ms = (test.expressions.map(\.at) + test.alerts.map(\.at)).max()?.milliseconds ?? 0
    var loaded = Array(repeating: 0, count: test.input.count)
    var instant_ms: Int64 = 0
    while instant_ms <= end_ms {
      load(through: instant_ms, &loaded)
      let outcome = rules.evaluate(
        at: EventTime(milliseconds: instant_ms), organization: "", states: &states, source: table)
      for fault in outcome.faults {
        failuresFound.append(
          RuleTestFailure(
            test: test.name, place: fault.place,
            what:
              "rule \"\(fault.rule)\" at \(DurationLiteral.text(milliseconds: instant_ms)): \(fault.what)",
            expected: [], found: []))
      }
      if !outcome.faults.isEmpty { return failuresFound }
      for sample in outcome.samples {
        table.append(
          Sample(time: EventTime(milliseconds: instant_ms), value: sample.value), to: sample.labels)
      }
      for alert in test.alerts where (instant_ms..<instant_ms + interval_ms).contains(alert.at.milliseconds) {
        check(alert)
      }
      instant_ms += interval_ms
    }
    for expression in test.expressions { check(expression) }
    return failuresFound
  }

  private mutating func load(through end_ms: Int64, _ loaded: inout [Int]) {
    for (index, input) in test.input.enumerated() {
      while loaded[index] < input.values.count {
        let (time_ms, isTooLate) = Int64(loaded[index]).multipliedReportingOverflow(
          by: test.interval.milliseconds)
        guard !isTooLate, time_ms <= end_ms else { break }
        if let value = input.values[loaded[index]] {
          table.append(Sample(time: EventTime(milliseconds: time_ms), value: value), to: input.labels)
        }
        loaded[index] += 1
      }
    }
  }

  private mutating func check(_ alert: RuleTest.AlertCase) {
    let found = states.active.filter { $0.key.name == alert.name && $0.alert.state == .firing }.map {
      RuleTest.AlertCase.Firing(labels: $0.alert.labels, annotations: Labels($0.alert.annotations))
    }
    let expected = alert.expected.map { firing in
      RuleTest.AlertCase.Firing(
        labels: firing.labels.setting("alertname", to: alert.name), annotations: firing.annotations)
    }
    guard found.sorted(by: isBefore) != expected.sorted(by: isBefore) else { return }
    failuresFound.append(
      RuleTestFailure(
        test: test.name, place: alert.place,
        what: "alert \"\(alert.name)\" at \(DurationLiteral.text(milliseconds: alert.at.milliseconds))",
        expected: expected.sorted(by: isBefore).map(text), found: found.sorted(by: isBefore).map(text)))
  }

  private func isBefore(_ a: RuleTest.AlertCase.Firing, _ b: RuleTest.AlertCase.Firing) -> Bool {
    a.labels == b.labels ? a.annotations < b.annotations : a.labels < b.labels
  }

  private func text(_ firing: RuleTest.AlertCase.Firing) -> String {
    "labels \(firing.labels) annotations \(firing.annotations)"
  }

  private mutating func check(_ expression: RuleTest.ExpressionCase) {
    let options = QueryOptions(
      lookback_ms: rules.settings.lookback.milliseconds, subqueryStep_ms: rules.settings.interval.milliseconds
    )
    var found: [VectorElement] = []
    var fault: String?
    do throws(ExpressionFault) {
      let at = EventTime(milliseconds: expression.at.milliseconds)
      switch try expression.expression.answer(at: at, of: table, options: options) {
      case .vector(let elements): found = elements.sorted { $0.labels < $1.labels }
      case .scalar(let value): found = [VectorElement(labels: .none, value: value)]
      case .string, .matrix: fault = "neither a vector nor a scalar"
      }
    } catch {
      fault = error.what
    }
    let expected = expression.expected.sorted { $0.labels < $1.labels }
    if fault == nil, expected.count == found.count, zip(expected, found).allSatisfy(isSame) { return }
    failuresFound.append(
      RuleTestFailure(
        test: test.name, place: expression.place,
        what: "expression \"\(expression.expression.text)\" at "
          + DurationLiteral.text(milliseconds: expression.at.milliseconds) + (fault.map { ": \($0)" } ?? ""),
        expected: expected.map(text), found: found.map(text)))
  }

  private func isSame(_ a: VectorElement, _ b: VectorElement) -> Bool {
    guard a.labels == b.labels else { return false }
    return a.value == b.value || (isFuzzy && (a.value.nextUp == b.value || a.value.nextDown == b.value))
  }

  private func text(_ element: VectorElement) -> String {
    "\(element.labels) \(NumberText.scientific(element.value))"
  }
}
