// Which panes an instant of `metrics` sees, and what parts that come late change: numbers at the very edges.
import Testing

@testable import Runtime

private let declarations = """
  interval: 15s
  metrics:
    - name: jobs_total
      kind: counter
      unit: jobs
      help: jobs
      event: job.changed
    - name: moves_total
      kind: counter
      unit: moves
      help: workers that did something else
      event: worker.changed
      pane: 1m
    - name: queue_length
      kind: gauge
      unit: jobs
      help: jobs that wait
      event: queue.measured
      value: length
      stale: 60s
  """

private let rules = """
  groups:
    - name: test
      rules:
        - record: jobs:now
          expr: sum(jobs_total)
        - record: jobs:before
          expr: sum(jobs_total offset 5m)
        - record: jobs:grown
          expr: sum(jobs_total) - sum(jobs_total offset 30s)
        - alert: LongQueue
          expr: queue_length > 5
  """

private func begin() -> MetricsLife {
  MetricsLife([("metrics.yaml", declarations), ("rules/platform/test.yaml", rules)])
}

extension MetricsLife {
  /// A job that changes so many seconds after the start.
  fileprivate func job(at second: Int64) -> FoldedTask.Record {
    event("job.changed", #"{"job_id":"1","job":"j","queue":"q","status":"running"}"#, at: second)
  }

  fileprivate func queue(_ length: Int, at second: Int64) -> FoldedTask.Record {
    event("queue.measured", #"{"queue":"q","length":\#(length)}"#, at: second)
  }
}

@Suite struct MetricsInstantsTests {
  @Test("an instant sees the pane that ends at it, and nothing of the pane that begins there")
  func edges() {
    var life = begin()
    life.run([life.part(3, from: 0), life.part(4, from: 15), life.job(at: 14), life.job(at: 15)], to: 2)
    life.run(to: 19)
    #expect(life.told(of: "jobs:now") == [])
    life.run(to: 20)
    #expect(life.told(of: "jobs:now") == ["15=4.0"])
    #expect(life.told(of: "jobs_total") == ["15=4.0"])
    life.run(to: 34)
    #expect(life.told(of: "jobs:now") == ["15=4.0"])
    life.run(to: 35)
    #expect(life.told(of: "jobs:now") == ["15=4.0", "30=9.0"])
    #expect(life.told(of: "jobs_total") == ["15=4.0", "30=9.0"])
    life.run(to: 50)
    life.run(to: 65)
    #expect(life.told(of: "jobs:grown") == ["30=9.0", "45=5.0", "60=0.0"])
  }

  @Test("an instant that passes within an epoch sees what the epoch has read before it")
  func epochsOwn() {
    var life = begin()
    life.run(to: 31)
    var (job, part) = (life.job(at: 28), life.part(2, from: 15))
    // Stamped at 33 s, before the instant at 30 s passes, which is at 35 s.
    (job.age_s, part.age_s) = (6, 6)
    life.run([job, part], to: 39)
    #expect(life.told(of: "jobs:now") == ["30=3.0"])
    #expect(life.told(of: "jobs_total") == ["30=3.0"])
  }

  @Test(
    "a part or an event whose pane ended less than an hour before the last instant counts, of an hour is late"
  )
  func grace() {
    var life = begin()
    life.run(to: 3620)
    #expect(life.run([life.part(1, from: 0)], to: 3621) == ["late"])
    #expect(life.run([life.job(at: 14)], to: 3622) == ["late"])
    #expect(life.value("jobs_total") == nil)
    #expect(life.run([life.part(2, from: 15)], to: 3623) == [])
    #expect(life.value("jobs_total") == 2)
    #expect(life.run([life.job(at: 15)], to: 3624) == [])
    #expect(life.value("jobs_total") == 3)
    life.run(to: 3635)
    #expect(life.told(of: "jobs:now") == ["3630=3.0"])
    #expect(life.run([life.part(4, from: 15), life.job(at: 29)], to: 3636) == ["late"])
    #expect(life.value("jobs_total") == 3)
  }

  @Test("a part and an event of a longer pane are late when that pane is")
  func longGrace() {
    var life = begin()
    func move(at second: Int64) -> FoldedTask.Record {
      life.event("worker.changed", #"{"worker_id":"w","state":"busy"}"#, at: second)
    }
    func part() -> FoldedTask.Record { life.part(1, of: "moves_total", from: 0, length: 60) }
    life.run(to: 3664)
    #expect(life.run([move(at: 0), part()], to: 3664) == [])
    #expect(life.value("moves_total") == 2)
    life.run(to: 3665)
    #expect(life.run([move(at: 59)], to: 3666) == ["late"])
    #expect(life.run([part()], to: 3667) == ["late"])
    #expect(life.run([move(at: 60)], to: 3668) == [])
    #expect(life.value("moves_total") == 3)
  }

  @Test("a part of the pane that ended at the last instant corrects it at once")
  func lastPane() {
    var life = begin()
    life.run([life.part(1, from: 0)], to: 10)
    life.run(to: 20)
    life.run([life.part(2, from: 0)], to: 21)
    #expect(life.told(of: "jobs_total") == ["15=1.0", "15=3.0"])
    #expect(life.told(of: "jobs:now") == ["15=1.0"])
    life.run(to: 35)
    #expect(life.told(of: "jobs:now") == ["15=1.0", "30=3.0"])
  }

  @Test(
    "late parts change what rules find in the past, from the ends of their panes on",
    arguments: [false, true])
  func corrections(isRestarted: Bool) {
    var life = begin()
    // Twenty panes without the fifth: more changes than a chunk of history holds.
    for pane: Int64 in 0..<20 where pane != 4 {
      life.run([life.part(1, from: pane * 15)], to: pane * 15 + 10)
    }
    life.run(to: 305)
    #expect(life.told(of: "jobs_total").last == "300=19.0")
    #expect(life.run([life.part(100, from: 30), life.part(1000, from: 60)], to: 306) == [])
    #expect(life.told(of: "jobs_total").last == "300=1119.0")
    if isRestarted { life.restart() }
    for instant: Int64 in 21...40 { life.run(to: instant * 15 + 5) }
    #expect(life.told(of: "jobs:now").suffix(2) == ["300=19.0", "315=1119.0"])
    #expect(
      life.told(of: "jobs:before") == [
        "300=0.0", "315=1.0", "330=2.0", "345=103.0", "360=104.0", "375=1104.0", "390=1105.0", "405=1106.0",
        "420=1107.0", "435=1108.0", "450=1109.0", "465=1110.0", "480=1111.0", "495=1112.0", "510=1113.0",
        "525=1114.0", "540=1115.0", "555=1116.0", "570=1117.0", "585=1118.0", "600=1119.0",
      ])
  }

  @Test("a counter that begins with a late part has changed when that part's pane ended")
  func beginsLate() {
    var life = begin()
    life.run(to: 305)
    life.run([life.part(2, from: 30)], to: 306)
    #expect(life.told(of: "jobs_total") == ["45=2.0"])
  }

  @Test("a late part from before all that is kept of a series says nothing of what was there")
  func beforeHistory() {
    let files = [("metrics.yaml", declarations)]
    func rule(_ expression: String) -> [(String, String)] {
      let rules = "groups: [{name: test, rules: [{record: jobs:past, expr: sum(\(expression))}]}]"
      return files + [("rules/platform/test.yaml", rules)]
    }
    var life = MetricsLife(rule("jobs_total"))
    for pane: Int64 in 0..<60 { life.run([life.part(1, from: pane * 15)], to: pane * 15 + 10) }
    life.run(to: 905)
    #expect(life.run([life.part(100, from: 0)], to: 906) == [])
    life.run(FoldedTask.Record.configuration(rule("jobs_total offset 12m")), to: 907)
    let known = life.told(of: "jobs:past").count
    for instant: Int64 in 61...66 { life.run(to: instant * 15 + 5) }
    // Until then the rule looks at what a rule that looks back less has not kept: the first chunk of changes.
    #expect(life.told(of: "jobs:past").dropFirst(known) == ["960=116.0", "975=117.0", "990=118.0"])
  }

  @Test("a gauge that comes later than it would have become stale is believed by nobody")
  func staleGauge() {
    var life = begin()
    life.run(to: 305)
    life.run([life.queue(9, at: 30)], to: 306)
    for instant: Int64 in 21...30 { life.run(to: instant * 15 + 5) }
    #expect(life.transitions == [])
    #expect(life.told(of: "queue_length") == [])
  }

  @Test("a gauge that comes late counts until it becomes stale, counted from when it was measured")
  func lateGauge() {
    var life = begin()
    life.run(to: 305)
    life.run([life.queue(9, at: 280)], to: 306)
    for instant: Int64 in 21...30 { life.run(to: instant * 15 + 5) }
    #expect(life.told(of: "queue_length") == ["300=9.0", "345=none"])
    #expect(life.transitions == ["LongQueue inactive>firing", "LongQueue firing>resolved"])
    life.run([life.queue(8, at: 30)], to: 456)
    for instant: Int64 in 31...35 { life.run(to: instant * 15 + 5) }
    #expect(life.told(of: "queue_length") == ["300=9.0", "345=none"])
    #expect(life.transitions.count == 2)
  }

  @Test("a backtest that asks for alerts alone is told the same ones byte for byte, and of nothing else")
  func alertsAlone() {
    func told(_ onlyOutput: String?) -> (life: MetricsLife, alerts: [String]) {
      let busy = """
        groups: [{name: test, rules: [
        {alert: Busy, expr: 'sum(increase(jobs_total[1m])) > 6', for: 15s, annotations: {n: '{{ $value }}'}},
        {alert: LongQueue, expr: 'queue_length > 5'}]}]
        """
      var life = MetricsLife(
        [("metrics.yaml", declarations), ("rules/platform/test.yaml", busy)], onlyOutput: onlyOutput)
      for instant: Int64 in 1...20 {
        let start = instant * 15
        var records = [life.part(instant < 10 ? 1 : 3, from: start), life.job(at: start)]
        if instant % 4 == 0 {
          records += [life.queue(Int(instant), at: start), life.part(1, from: start - 30)]
        }
        life.run(records, to: start + 6)
      }
      return (life, life.published.filter { $0.hasPrefix("alerts ") })
    }
    let (all, alone) = (told(nil), told("alerts"))
    #expect(all.life.transitions.contains("Busy pending>firing"))
    #expect(all.life.transitions.contains("LongQueue inactive>firing"))
    #expect(alone.alerts == all.alerts)
    #expect(alone.life.published.allSatisfy { $0.hasPrefix("alert") })
    #expect(alone.life.changelogs.allSatisfy { $0.count == 0 })
  }
}
