// What an instance tells of itself, from snapshots of its workers.
import Basics
import Testing

@testable import Runtime
@testable import ratchet

private func task(
  _ processor: String, _ partition: Int32, _ state: TaskStatus.State = .running, epoch: Int64? = nil,
  lag: Int64? = nil, behind: Duration? = nil
) -> TaskStatus {
  TaskStatus(
    task: TaskID(processor: processor, partition: PartitionID(partition)), state: state,
    epoch: epoch.map { Epoch($0) }, lagRecords: lag, lagTime: behind)
}

private func workers(_ tasks: [TaskStatus], trouble: String? = nil) -> [WorkerStatus] {
  [WorkerStatus(worker: 0, state: .running, tasks: tasks, trouble: trouble)]
}

@Suite struct StatusReportTests {
  private let start = Timestamp(milliseconds: 1_767_225_600_000)

  private func values(
    _ report: [StatusMeasurements.Measurement], _ name: String
  ) -> [String: Double] {
    Dictionary(
      uniqueKeysWithValues: report.filter { $0.name == name }.map { ($0.label?.value ?? "", $0.value) })
  }

  @Test("lag is the sum of a processor's tasks in records and the worst of them in time; states are counted")
  func lag() {
    var measurements = StatusMeasurements()
    let report = measurements.report(
      workers([
        task("collect", 0, lag: 5, behind: .seconds(3)), task("collect", 1, lag: 7, behind: .seconds(2)),
        task("metrics", 0, .restoring(records: 1, perSecond: 1)), task("metrics", 1, .stalled("why")),
      ]), quarantined: nil, at: start)
    #expect(values(report, "ratchet_task_lag_records") == ["collect": 12, "metrics": 0])
    #expect(values(report, "ratchet_task_lag_seconds") == ["collect": 3, "metrics": 0])
    #expect(
      values(report, "ratchet_tasks")
        == ["running": 2, "restoring": 1, "rebalancing": 0, "stalled": 1, "fenced": 0])
    #expect(values(report, "ratchet_quarantined") == [:])
  }

  @Test("commits count from the first sight of a task, and a task that is taken over is no commit")
  func commits() {
    var measurements = StatusMeasurements()
    func committed(_ tasks: [TaskStatus]) -> Double? {
      values(measurements.report(workers(tasks), quarantined: 0, at: start), "ratchet_commits")[""]
    }
    #expect(committed([task("collect", 0, epoch: 100)]) == 0)
    #expect(committed([task("collect", 0, epoch: 103), task("collect", 1, epoch: 7)]) == 3)
    #expect(committed([task("collect", 0, epoch: 103), task("collect", 1, epoch: 9)]) == 2)
  }

  @Test("trouble between reports is counted once, and how long the longest stall lasts is told")
  func trouble() {
    var measurements = StatusMeasurements()
    measurements.watch(
      workers([task("collect", 0, .stalled("gone"))], trouble: "a broker is away"), at: start)
    measurements.watch(
      workers([task("collect", 0, .stalled("gone"))], trouble: "a broker is away"), at: start)
    measurements.watch(workers([task("collect", 0, .stalled("gone"))]), at: start)
    var report = measurements.report(
      workers([task("collect", 0, .stalled("gone"))]), quarantined: 4, at: start + .seconds(90))
    #expect(values(report, "ratchet_commit_failures") == ["": 1])
    #expect(values(report, "ratchet_task_stalled_seconds") == ["": 90])
    #expect(values(report, "ratchet_quarantined") == ["": 4])
    report = measurements.report(workers([task("collect", 0)]), quarantined: 0, at: start + .seconds(105))
    #expect(values(report, "ratchet_commit_failures") == ["": 0])
    #expect(values(report, "ratchet_task_stalled_seconds") == ["": 0])
  }
}
