// What `ratchet up` shows beside its work.
import Basics
import Testing

@testable import Runtime
@testable import ratchet

@Suite struct UpTests {
  private func line(_ json: String) -> ScorecardLine? {
    let bytes = Array(json.utf8)
    return unsafe ScorecardLine(json: bytes.span.bytes)
  }

  @Test("the table shows the busiest agents by type, and how the tasks are doing")
  func table() throws {
    let lines = try [
      "acme/triage": #require(line(#"{"agent":"x","events":3,"events_by_type":{"a":1,"b":2}}"#)),
      "acme/search": #require(line(#"{"events":1,"events_by_type":{"b":1},"more":[1]}"#)),
    ]
    let tasks = [
      TaskStatus(
        task: TaskID(processor: "collect", partition: PartitionID(0)), state: .running, epoch: Epoch(6),
        lagRecords: 2),
      TaskStatus(task: TaskID(processor: "collect", partition: PartitionID(1)), state: .rebalancing),
    ]
    let worker = WorkerStatus(worker: 0, state: .running, tasks: tasks)
    #expect(
      scorecardTable(lines, [worker], at: .zero) == """
        1970-01-01T00:00:00.000Z  4 events of 2 agents; 1 of 2 tasks running, 7 epochs committed, lag 2
          agent        events  a  b
          acme/triage       3  1  2
          acme/search       1  -  1

        """)
  }

  @Test("what is no scorecard is not shown as one", arguments: ["", "[]", "{", #"{"events":"x"}"#, "{}x"])
  func notScorecards(json: String) { #expect(line(json) == nil) }
}
