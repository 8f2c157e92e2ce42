// `metrics` as the engine folds it, without a broker: telemetry in, series, alerts and projections out, the
// same whether a task is interrupted or not.
import Testing

private let declarations = """
  interval: 15s
  jobs:
    - {job: loop, silence: 60s}
  metrics:
    - name: queue_length
      kind: gauge
      unit: jobs
      help: jobs that wait
      event: queue.measured
      value: length
      labels: {queue: queue}
    - name: jobs_total
      kind: counter
      unit: jobs
      help: jobs
      event: job.changed
      labels: {status: status}
      series: 3
    - name: workers
      kind: population
      unit: workers
      help: workers by state
      event: worker.changed
      member: worker_id
      state: state
    - name: job_seconds
      kind: histogram
      buckets: [1, 10]
      unit: seconds
      help: how long jobs ran
      event: job.changed
      when: duration_seconds
      value: duration_seconds
  """

private let rules = """
  groups:
    - name: test
      rules:
        - record: queue:max
          expr: max(queue_length)
        - alert: LongQueue
          expr: queue:max > 5
          for: 30s
          labels: {severity: warning}
        - alert: NoJobs
          expr: absent_over_time(jobs_total[1m])
        - alert: LoopDown
          expr: up{job="loop"} == 0
        - alert: Watchdog
          expr: vector(1)
  """

private let files = [("metrics.yaml", declarations), ("rules/platform/test.yaml", rules)]

@Suite struct MetricsFoldTests {
  /// Ten minutes: a queue grows and shrinks, jobs run, a worker moves, then nothing.
  private func story(restarting: (Int) -> Bool) -> MetricsLife {
    var life = MetricsLife(files)
    for step in 0..<40 {
      var records: [FoldedTask.Record] = []
      if step < 24 {
        let length = step >= 6 && step < 14 ? 9 : 2
        records.append(life.event("queue.measured", #"{"queue":"q","length":\#(length)}"#))
        records.append(
          life.event(
            "job.changed",
            #"{"job_id":"\#(step)","job":"j","queue":"q","status":"completed","duration_seconds":\#(step)}"#))
        records.append(life.event("heartbeat.sent", #"{"job":"loop","instance":"i"}"#, on: "telemetry"))
      }
      if step == 3 { records.append(life.event("worker.changed", #"{"worker_id":"w","state":"idle"}"#)) }
      if step == 5 { records.append(life.event("worker.changed", #"{"worker_id":"w","state":"busy"}"#)) }
      life.run(records, after: 15)
      if restarting(step) { life.restart() }
    }
    return life
  }

  @Test("rules fire after their time on panes that have closed, and resolve")
  func alerts() {
    let life = story { _ in false }
    let queue = life.transitions.filter { $0.hasPrefix("LongQueue") }
    #expect(queue == ["LongQueue inactive>pending", "LongQueue pending>firing", "LongQueue firing>resolved"])
    #expect(life.transitions.contains("Watchdog inactive>firing"))
    #expect(life.transitions.contains("LoopDown inactive>firing"))
    // A counter stands, however long nothing is added to it.
    #expect(life.transitions.filter { $0.hasPrefix("NoJobs") }.last == "NoJobs firing>resolved")
  }

  @Test("a task that is restarted anywhere publishes the same, no alert twice and none lost")
  func restarts() {
    let whole = story { _ in false }
    #expect(story { _ in true }.published == whole.published)
    for cut in [0, 7, 9, 13, 25, 33] { #expect(story { $0 == cut }.published == whole.published) }
    let ids = whole.published.filter { $0.hasPrefix("alerts ") }
    #expect(Set(ids).count == ids.count)
  }

  @Test("counters go on after a restart, populations count members by their last state, histograms are sums")
  func values() {
    let life = story { $0 % 3 == 0 }
    #expect(life.value(#"jobs_total{status="completed"}"#) == 24)
    #expect(life.value(#"workers{state="idle"}"#) == 0)
    #expect(life.value(#"workers{state="busy"}"#) == 1)
    #expect(life.value("job_seconds") == 276)
  }

  @Test("with no event at all, timers bring absence, a silent job and the watchdog")
  func silence() {
    var life = MetricsLife(files)
    for _ in 0..<12 { life.run(after: 15) }
    #expect(
      Set(life.transitions) == [
        "Watchdog inactive>firing", "NoJobs inactive>firing", "LoopDown inactive>firing",
      ])
  }

  @Test("series beyond a metric's limit are counted together, and the overflow is counted")
  func limits() {
    var life = MetricsLife([
      ("metrics.yaml", declarations.replacing("labels: {status: status}", with: "labels: {job: job}"))
    ])
    let records = (0..<5).map {
      life.event("job.changed", #"{"job_id":"1","job":"j\#($0)","queue":"q","status":"running"}"#)
    }
    life.run(records, after: 1)
    life.run(after: 40)
    #expect(life.value(#"jobs_total{job="j2"}"#) == 1)
    #expect(life.value(#"jobs_total{job="j3"}"#) == nil)
    #expect(life.value(#"jobs_total{overflow="true"}"#) == 2)
    #expect(life.value(#"ratchet_series_overflow_total{metric="jobs_total"}"#) == 2)
  }

  @Test("an event past grace is set aside as late, one within corrects the counter")
  func late() {
    var life = MetricsLife(files)
    let early = life.event("job.changed", #"{"job_id":"1","job":"j","queue":"q","status":"running"}"#)
    life.run([early], after: 15)
    life.run(after: 600)
    life.run([early], after: 15)
    #expect(life.value(#"jobs_total{status="running"}"#) == 2)
    life.run(after: 3600)
    let epoch = life.task.epoch([early], after: 15)
    #expect(epoch.reasons == ["late"])
  }
}
