// Where the history of a series begins: a counter's at zero, one pane before its first value, so that its
// first event is an increase; that of a series which rules begin to read later, at its last change.
import Testing

private let declarations = """
  interval: 15s
  metrics:
    - name: jobs_total
      kind: counter
      unit: jobs
      help: jobs
      event: job.changed
      retention: 10m
    - name: job_kinds_total
      kind: counter
      unit: jobs
      help: jobs by kind
      event: job.changed
      labels: {job: job}
      series: 1
    - name: jobs_now
      kind: level
      unit: jobs
      help: jobs there are
      event: job.changed
    - name: job_seconds
      kind: histogram
      buckets: [1, 10]
      unit: seconds
      help: how long jobs ran
      event: job.changed
      when: duration_seconds
      value: duration_seconds
    - name: rare_total
      kind: counter
      unit: jobs
      help: of jobs whose count is taken for unknown after a while
      event: job.changed
      stale: 30s
  """

/// Rules that record expressions, `now` first.
private func files(_ expressions: (name: String, expression: String)...) -> [(String, String)] {
  let rules = expressions.map { "{record: 'was:\($0.name)', expr: '\($0.expression)'}" }
  return [
    ("metrics.yaml", declarations),
    ("rules/platform/test.yaml", "groups: [{name: test, rules: [\(rules.joined(separator: ", "))]}]"),
  ]
}

extension MetricsLife {
  fileprivate func job(_ name: String = "j", seconds: Int = 5, at second: Int64) -> FoldedTask.Record {
    event(
      "job.changed",
      #"{"job_id":"1","job":"\#(name)","queue":"q","status":"completed","duration_seconds":\#(seconds)}"#,
      at: second)
  }

  /// One epoch for each instant, so that what each says is published.
  fileprivate mutating func runThrough(_ second: Int64) {
    while (task.now - Self.start) / 15_000 < second / 15 {
      run(to: ((task.now - Self.start) / 15_000 + 1) * 15 + 5)
    }
  }

  fileprivate mutating func configure(_ files: [(String, String)], to second: Int64) {
    run(FoldedTask.Record.configuration(files), to: second)
  }
}

@Suite struct MetricsHistoryTests {
  @Test("a counter's first event is an increase, and so is its first after it was forgotten")
  func firstEvent() {
    var life = MetricsLife(
      files(("grown", "increase(jobs_total[1m])"), ("changes", "changes(jobs_total[1m])")))
    life.run(to: 100)
    life.run([life.job(at: 93), life.job(at: 94)], to: 101)
    life.runThrough(185)
    #expect(life.told(of: "was:grown") == ["105=2.0", "150=0.0"])
    #expect(life.told(of: "was:changes") == ["105=1.0", "150=0.0"])
    life.run(to: 800)
    life.run([life.job(at: 797)], to: 801)
    life.run(to: 815)
    #expect(life.told(of: "jobs_total") == ["105=2.0", "810=1.0"])
    #expect(life.told(of: "was:grown").last == "810=1.0")
  }

  @Test("the zero is one pane before the first value, whoever looks when")
  func place() {
    var life = MetricsLife(
      files(("first", "min_over_time(jobs_total[5m])"), ("back", "jobs_total offset 1m")))
    life.run(to: 100)
    life.run([life.part(3, from: 90)], to: 101)
    life.runThrough(425)
    #expect(life.told(of: "was:first") == ["105=0.0", "390=3.0"])
    #expect(life.told(of: "was:back") == ["150=0.0", "165=3.0"])
    #expect(life.told(of: "jobs_total") == ["105=3.0"])
  }

  @Test("each part of a histogram begins at zero")
  func histogram() {
    var life = MetricsLife(
      files(
        ("count", "increase(job_seconds_count[1m])"), ("sum", "increase(job_seconds_sum[1m])"),
        ("small", #"increase(job_seconds_bucket{le="1"}[1m])"#),
        ("large", #"increase(job_seconds_bucket{le="10"}[1m])"#)))
    life.run(to: 100)
    life.run([life.job(seconds: 5, at: 93)], to: 101)
    life.run(to: 110)
    #expect(life.told(of: "was:count") == ["105=1.0"])
    #expect(life.told(of: "was:sum") == ["105=5.0"])
    #expect(life.told(of: #"was:small{le="1"}"#) == ["105=0.0"])
    #expect(life.told(of: #"was:large{le="10"}"#) == ["105=1.0"])
  }

  @Test("what may go down has no zero before it")
  func level() {
    var life = MetricsLife(
      files(("least", "min_over_time(jobs_now[5m])"), ("recorded", "min_over_time(was:least[5m])")))
    life.run(to: 100)
    life.run([life.job(at: 93)], to: 101)
    life.run(to: 140)
    #expect(life.told(of: "was:least") == ["105=1.0"])
    #expect(life.told(of: "was:recorded") == ["105=1.0"])
  }

  @Test("the first event beyond a limit on series is an increase of the overflow and of its count")
  func overflow() {
    var life = MetricsLife(
      files(
        ("rest", #"increase(job_kinds_total{overflow="true"}[1m])"#),
        ("count", "increase(ratchet_series_overflow_total[1m])")))
    life.run(to: 100)
    life.run([life.job("a", at: 91), life.job("b", at: 92)], to: 101)
    life.run(to: 110)
    #expect(life.told(of: #"was:rest{overflow="true"}"#) == ["105=1.0"])
    #expect(life.told(of: #"was:count{metric="job_kinds_total"}"#) == ["105=1.0"])
  }

  @Test("a counter that had become stale begins at zero anew")
  func rebirth() {
    var life = MetricsLife(files(("grown", "increase(rare_total[5m])")))
    life.run([life.part(4, of: "rare_total", from: 0)], to: 10)
    life.run(to: 100)
    life.run([life.part(5, of: "rare_total", from: 90)], to: 101)
    life.run(to: 110)
    #expect(life.value("rare_total") == 5)
    // 4 of its first life, 5 of its second.
    #expect(life.told(of: "was:grown").last == "105=9.0")
  }

  @Test("a late part from before a counter's beginning moves the beginning", arguments: [15, 60, 75])
  func lateBirth(start: Int64) {
    var life = MetricsLife(files(("grown", "increase(jobs_total[5m])"), ("back", "jobs_total offset 2m")))
    life.run([life.part(3, from: 90)], to: 91)
    life.run(to: 110)
    life.run([life.part(2, from: start)], to: 111)
    life.runThrough(245)
    #expect(life.told(of: "was:grown").prefix(2) == ["105=3.0", "120=5.0"])
    let zero = start + 120
    #expect(life.told(of: "was:back") == ["\(zero)=0.0", "\(zero + 15)=2.0", "225=5.0"])
  }

  @Test(
    "a rule that comes later finds the value that stood, and a late part is not taken for the beginning",
    arguments: [false, true])
  func laterRule(isRestarted: Bool) {
    var life = MetricsLife(files(("none", "vector(1)")))
    for pane: Int64 in 0..<4 { life.run([life.part(1, from: pane * 15)], to: pane * 15 + 10) }
    life.run(to: 100)
    life.configure(
      files(("now", "jobs_total"), ("back", "jobs_total offset 1m"), ("grown", "increase(jobs_total[2m])")),
      to: 101)
    if isRestarted { life.restart() }
    #expect(life.run([life.part(100, from: 15)], to: 102) == [])
    life.run([life.part(7, from: 105)], to: 110)
    for instant: Int64 in 7...13 { life.run(to: instant * 15 + 5) }
    #expect(life.told(of: "was:now") == ["105=104.0", "120=111.0"])
    // Of what was before its last change, at 60 s, nothing is known.
    #expect(life.told(of: "was:back") == ["120=104.0", "180=111.0"])
    #expect(life.told(of: "was:grown").contains { $0.hasPrefix("120=") && !$0.hasSuffix("=0.0") })
  }

  @Test("a rule that is gone and comes back sees what stands, not what stood")
  func goneAndBack() {
    let (with, without) = (files(("now", "jobs_total")), files(("none", "vector(1)")))
    var life = MetricsLife(with)
    life.run([life.part(1, from: 0)], to: 10)
    life.run(to: 50)
    life.configure(without, to: 51)
    life.run([life.part(1, from: 45)], to: 60)
    life.run(to: 70)
    life.configure(with, to: 71)
    life.run(to: 80)
    #expect(life.told(of: "was:now") == ["15=1.0", "75=2.0"])
  }
}
