// Scorecards (R1.8, R1.9) as `metrics` publishes them: of an agent and of each version of its prompt, over
// windows that time alone empties.
import Foundation
import Testing

private let files = [
  (
    "metrics.yaml",
    """
    metrics:
      - name: jobs_total
        kind: counter
        unit: jobs
        help: jobs
        event: job.changed
        labels: {agent: agent, status: status}
        scorecard: jobs
      - name: job_mean_seconds
        kind: mean
        window: 1h
        unit: seconds
        help: how long jobs ran
        event: job.changed
        value: duration_seconds
        labels: {agent: agent, prompt_version: "'v2'"}
        scorecard: seconds
    """
  )
]

extension MetricsLife {
  fileprivate func job(seconds: Int, at second: Int64) -> FoldedTask.Record {
    var record = event(
      "job.changed",
      #"{"job_id":"1","job":"j","queue":"q","status":"completed","duration_seconds":\#(seconds)}"#, at: second
    )
    record.headers.append(("ce_agent", "triage"))
    return record
  }

  /// What a card says last of a window: `measure part=value/count`.
  fileprivate func card(_ id: String, _ window: String) -> [String] {
    let row = published.last { $0.hasPrefix("agent-scorecards platform/\(id) ") }
    guard let row, let start = row.firstIndex(of: "{"),
      let object = try? JSONSerialization.jsonObject(with: Data(row[start...].utf8)) as? [String: Any]
    else { return ["no card"] }
    return (object[window] as? [[String: Any]] ?? []).map { entry in
      let part = (entry["part"] as? String).map { " \($0)" } ?? ""
      let count = (entry["count"] as? Double).map { "/\($0)" } ?? ""
      return "\(entry["measure"] ?? "?")\(part)=\(entry["value"] ?? "none")\(count)"
    }
  }
}

@Suite struct MetricsScorecardTests {
  @Test(
    "a card counts over the last hour, day, week and in all, and time alone takes off what is over",
    arguments: [false, true])
  func windows(isRestarted: Bool) {
    var life = MetricsLife(files)
    life.run([life.job(seconds: 5, at: 1), life.job(seconds: 15, at: 2)], to: 20)
    let all = ["last_hour", "last_day", "last_week", "total"]
    for window in all {
      #expect(life.card("triage", window) == ["jobs completed=2.0", "seconds=10.0/2.0"])
      #expect(life.card("triage@v2", window) == ["seconds=10.0/2.0"])
    }
    let hours: Int64 = 3600
    for (time, over) in [(2 * hours, 1), (26 * hours, 2), (8 * 24 * hours, 3)] {
      if isRestarted { life.restart() }
      life.run(to: time)
      for window in all.prefix(over) { #expect(life.card("triage", window) == []) }
      for window in all.dropFirst(over) {
        #expect(life.card("triage", window) == ["jobs completed=2.0", "seconds=10.0/2.0"])
      }
    }
    life.run([life.job(seconds: 20, at: 8 * 24 * hours)], to: 8 * 24 * hours + 20)
    #expect(life.card("triage@v2", "last_hour") == ["seconds=20.0/1.0"])
  }
}
