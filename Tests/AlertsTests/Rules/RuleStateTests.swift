// An alert's life, instant by instant.
import Alerts
import Basics
import Metrics
import Testing
import Topology

@Suite struct RuleStateTests {
  /// Rules over series that grow as the test says; one instant every 15 s.
  private struct Life {
    var rules: RuleSet
    var states = RuleStates()
    var table = SeriesTable()
    var second: Int64 = 0

    init(_ yaml: String, file: String = "rules/platform/a.yaml") throws {
      rules = RuleSet(groups: try parseRules(Array(yaml.utf8), file: file))
    }

    /// Adds samples, evaluates the next instant, and tells what happened: `Down{a="b"} inactive>pending`.
    mutating func next(_ samples: [String: Double] = [:]) throws -> [String] {
      let outcome = try outcome(samples)
      return outcome.transitions.map { transition in
        let labels = transition.labels.setting("alertname", to: "").setting("organization", to: "")
        let reason = transition.reason.map { " \($0.rawValue)" } ?? ""
        return "\(transition.rule)\(labels) \(transition.from.rawValue)>\(transition.to.rawValue)\(reason)"
      }
    }

    mutating func outcome(_ samples: [String: Double] = [:]) throws -> RuleOutcome {
      let at = EventTime(milliseconds: second * 1000)
      second += 15
      for (labels, value) in samples.sorted(by: { $0.key < $1.key }) {
        table.append(Sample(time: at, value: value), to: try SeriesNotation.labels(labels))
      }
      let outcome = rules.evaluate(at: at, organization: "acme", states: &states, source: table)
      for sample in outcome.samples { table.append(Sample(time: at, value: sample.value), to: sample.labels) }
      return outcome
    }

    mutating func ask(_ text: String) throws -> [String] {
      let at = EventTime(milliseconds: (second - 15) * 1000)
      guard case .vector(let elements) = try Expression(text).value(at: at, of: table) else { return [] }
      return elements.map { "\($0.labels) \(NumberText.short($0.value))" }
    }
  }

  private let down = """
    groups:
      - name: g
        rules:
          - alert: Down
            expr: up == 0
            for: 30s
            labels: {severity: page}
            annotations: {summary: "{{ $labels.job }} is {{ $value }}"}
    """

  @Test(
    "an alert is pending until `for` has passed, counted in instants, and resolves when its series recovers")
  func life() throws {
    var life = try Life(down)
    let up = "up{job=\"a\"}"
    #expect(try life.next([up: 1]) == [])
    #expect(try life.next([up: 0]) == ["Down{job=\"a\", severity=\"page\"} inactive>pending"])
    #expect(try life.next([up: 0]) == [])
    #expect(try life.next([up: 0]) == ["Down{job=\"a\", severity=\"page\"} pending>firing"])
    #expect(try life.next([up: 0]) == [])
    #expect(life.states.active.first?.alert.annotations == [Label("summary", "a is 0")])
    #expect(try life.ask("ALERTS").count == 1)
    #expect(
      try life.ask("ALERTS_FOR_STATE") == [
        "ALERTS_FOR_STATE{alertname=\"Down\", job=\"a\", organization=\"acme\", severity=\"page\"} 15"
      ])
    #expect(try life.next([up: 1]) == ["Down{job=\"a\", severity=\"page\"} firing>resolved recovered"])
    #expect(try life.ask("ALERTS") == [])
    #expect(try life.next([up: 0]) == ["Down{job=\"a\", severity=\"page\"} inactive>pending"])
    #expect(try life.next([up: 1]) == ["Down{job=\"a\", severity=\"page\"} pending>inactive recovered"])
  }

  @Test("a series that is gone ends its alert for want of data, not as recovered")
  func noData() throws {
    var life = try Life(down)
    for _ in 0..<3 { _ = try life.next(["up{job=\"a\"}": 0]) }
    #expect(
      try life.next(["up{job=\"a\"}": Sample.staleValue]) == [
        "Down{job=\"a\", severity=\"page\"} firing>resolved no_data"
      ])
  }

  @Test("the end of an absence is a recovery, also within `or`")
  func absenceEnds() throws {
    var life = try Life(
      "groups: [{name: g, rules: [{alert: Gone, expr: 'up{job=\"a\"} == 0 or absent(up{job=\"a\"})'}]}]")
    #expect(try life.next() == ["Gone{job=\"a\"} inactive>firing"])
    #expect(try life.next(["up{job=\"a\"}": 1]) == ["Gone{job=\"a\"} firing>resolved recovered"])
  }

  @Test("without `for` an alert fires at once; keep_firing_for holds it through gaps")
  func keepFiring() throws {
    var life = try Life("groups: [{name: g, rules: [{alert: High, expr: a > 1, keep_firing_for: 30s}]}]")
    #expect(try life.next(["a": 2]) == ["High{} inactive>firing"])
    #expect(try life.next(["a": 0]) == [])
    #expect(try life.next(["a": 0]) == [])
    #expect(try life.next(["a": 2]) == [])
    #expect(try life.next(["a": 0]) == [])
    #expect(try life.next(["a": 0]) == [])
    #expect(try life.next(["a": 0]) == ["High{} firing>resolved recovered"])
  }

  @Test("ids are the alert's alone: the same life told twice has the same ids, another life others")
  func ids() throws {
    func ids(from start: Int64) throws -> [String] {
      var life = try Life(down)
      life.second = start
      return try (0..<4).flatMap { _ in try life.outcome(["up{job=\"a\"}": 0]).transitions.map(\.id) }
    }
    let first = try ids(from: 0)
    #expect(first.count == 2 && Set(first).count == 2)
    #expect(try ids(from: 0) == first)
    #expect(Set(try ids(from: 15)).isDisjoint(with: first))
  }

  @Test("an instant evaluated again brings nothing, and state from bytes goes on as if nothing had been")
  func resumed() throws {
    var life = try Life(down)
    for _ in 0..<2 { _ = try life.next(["up{job=\"a\"}": 0, "up{job=\"b\"}": 0]) }
    var bytes: [UInt8] = []
    life.states.store(into: &bytes)
    let restored = try #require(unsafe RuleStates(stored: bytes.span.bytes))
    #expect(restored == life.states)
    for cut in stride(from: 0, to: bytes.count, by: 3) {
      let part = Array(bytes.prefix(cut))
      #expect(unsafe RuleStates(stored: part.span.bytes) == nil)
    }
    var again = restored
    let repeated = life.rules.evaluate(
      at: EventTime(milliseconds: (life.second - 15) * 1000), organization: "acme", states: &again,
      source: life.table)
    #expect(repeated.transitions.isEmpty && repeated.samples.isEmpty && again == restored)
    life.states = restored
    #expect(try life.next(["up{job=\"a\"}": 0, "up{job=\"b\"}": 1]).count == 2)
  }

  @Test(
    "recorded series are seen by the rules after them at the same instant, and end with a staleness marker")
  func recording() throws {
    var life = try Life(
      """
      groups:
        - name: g
          rules:
            - {record: "job:up:sum", expr: sum by (job) (up), labels: {level: job}}
            - {alert: Few, expr: "job:up:sum < 2"}
      """)
    #expect(try life.next(["up{job=\"a\",i=\"1\"}": 1]) == ["Few{job=\"a\", level=\"job\"} inactive>firing"])
    #expect(try life.ask("job:up:sum") == ["job:up:sum{job=\"a\", level=\"job\"} 1"])
    let outcome = try life.outcome(["up{job=\"a\",i=\"1\"}": Sample.staleValue])
    #expect(
      outcome.samples.contains {
        $0.labels.metricName == "job:up:sum" && $0.value.bitPattern == Sample.staleValue.bitPattern
      })
    #expect(try life.ask("job:up:sum") == [])
  }

  @Test("a rule that cannot be evaluated keeps its alerts and says why")
  func faults() throws {
    var life = try Life("groups: [{name: g, rules: [{alert: High, expr: a * on(x) b > 0}]}]")
    #expect(try life.next(["a{x=\"1\"}": 1, "b{x=\"1\"}": 1]).count == 1)
    let outcome = try life.outcome(["b{x=\"1\",y=\"2\"}": 1])
    #expect(outcome.transitions.isEmpty)
    #expect(outcome.faults.first?.what.contains("matching labels must be unique") == true)
    #expect(outcome.faults.first?.place == .file("rules/platform/a.yaml", line: 1, column: 36))
    #expect(life.states.active.count == 1)
  }

  @Test("a changed threshold keeps the alert and its beginning; a removed rule resolves it")
  func changed() throws {
    var life = try Life(down)
    for _ in 0..<3 { _ = try life.next(["up{job=\"a\"}": 0]) }
    let before = try #require(life.states.active.first)
    life.rules = RuleSet(
      groups: try parseRules(
        Array(down.replacing("up == 0", with: "up < 0.5").utf8), file: "rules/platform/a.yaml"))
    #expect(try life.next(["up{job=\"a\"}": 0]) == [])
    let after = try #require(life.states.active.first)
    #expect(after.alert.activeSince == before.alert.activeSince && after.version != before.version)
    life.rules = RuleSet(groups: [])
    #expect(try life.next() == ["Down{job=\"a\", severity=\"page\"} firing>resolved rule_removed"])
  }

  @Test("a transition names the series that it was computed from, and is JSON")
  func evidence() throws {
    var life = try Life("groups: [{name: g, rules: [{alert: Slow, expr: 'rate(c[1m]) < 1'}]}]")
    for value in 0..<2 {
      _ = try life.outcome(["c{i=\"1\"}": Double(value), "c{i=\"2\"}": Double(value * 100)])
    }
    let outcome = try life.outcome(["c{i=\"1\"}": 3, "c{i=\"2\"}": 400])
    #expect(outcome.transitions.isEmpty)
    let fresh = try Life("groups: [{name: g, rules: [{alert: Slow, expr: 'rate(c[1m]) < 1'}]}]").rules
    var states = RuleStates()
    let transition = try #require(
      fresh.evaluate(
        at: EventTime(milliseconds: 30_000), organization: "acme", states: &states, source: life.table
      )
      .transitions.first)
    let evidence = try #require(transition.evidence.first)
    #expect(evidence.selector == "c[1m]" && evidence.seriesCount == 1)
    #expect(evidence.series.first?.samples == 3 && evidence.series.first?.last.value == 3)
    #expect(
      evidence.from == EventTime(milliseconds: -30_000) && evidence.to == EventTime(milliseconds: 30_000))
    var bytes: [UInt8] = Array("{".utf8)
    transition.appendFields(to: &bytes)
    let text = String(decoding: bytes + Array("}".utf8), as: UTF8.self)
    #expect(text.hasPrefix("{\"transition_id\":\"\(transition.alertID)-firing\",\"alert_id\":"))
    #expect(text.contains("\"evidence\":[{\"selector\":\"c[1m]\""))
  }

  @Test(
    "groups are due at the multiples of their own interval, and the next instant is the earliest of theirs")
  func intervals() throws {
    var life = try Life(
      """
      groups:
        - {name: often, rules: [{record: often, expr: vector(1)}]}
        - {name: seldom, interval: 1m, rules: [{record: seldom, expr: vector(1)}]}
      """)
    var counts: [Int] = []
    for _ in 0..<5 { counts.append(try life.outcome().samples.count) }
    #expect(counts == [2, 1, 1, 1, 2])
    #expect(life.rules.nextInstant(after: EventTime(milliseconds: 59_000)) == EventTime(milliseconds: 60_000))
    #expect(life.rules.nextInstant(after: EventTime(milliseconds: -1)) == EventTime(milliseconds: 0))
    #expect(life.rules.nextInstant(after: EventTime(milliseconds: 0)) == EventTime(milliseconds: 15_000))
  }

  @Test("what must be kept of a metric is the longest look back of any rule, subqueries and offsets included")
  func reach() throws {
    let life = try Life(
      """
      groups:
        - name: g
          rules:
            - {record: a, expr: 'rate(x[1h] offset 1d)'}
            - {record: b, expr: 'max_over_time(x[10m:1m]) + y'}
            - {record: c, expr: '{job="a"}'}
      """)
    #expect(life.rules.reach == ["x": .seconds(90_000), "y": .seconds(300), "": .seconds(300)])
  }
}
