// What a running instance says of its tasks, and how it is asked.
import Basics
import Foundation
import POSIX
import Testing

@testable import Runtime
@testable import ratchet

private let workers = [
  WorkerStatus(
    worker: 0, state: .running,
    tasks: [
      TaskStatus(
        task: TaskID(processor: "collect", partition: PartitionID(0)), state: .running, epoch: Epoch(41),
        watermark: EventTime(milliseconds: 1_699_999_000_000),
        lastCommit: Timestamp(milliseconds: 1_700_000_000_000), lagRecords: 1200, lagTime: .seconds(150)),
      TaskStatus(
        task: TaskID(processor: "collect", partition: PartitionID(1)),
        state: .stalled("the \"next\" record is gone")),
      TaskStatus(
        task: TaskID(processor: "metrics", partition: PartitionID(0)),
        state: .restoring(records: 5000, perSecond: 2500.7)),
      TaskStatus(
        task: TaskID(processor: "metrics", partition: PartitionID(1)), state: .running,
        waitsFor: "collect/3"),
    ], trouble: "a broker is away"),
  WorkerStatus(worker: 1, state: .fenced("two of them"), tasks: []),
]

@Suite struct TasksTests {
  @Test("tasks are listed with what they do, how far behind they are, and what is wrong")
  func table() {
    #expect(
      statusTable(workers, at: Timestamp(milliseconds: 1_700_000_000_400)) == """
        task       state      epoch   lag  behind by  last commit
        collect/0  running       41  1200      2 min    0.4 s ago
        collect/1  stalled        -     -          -            -
        metrics/0  restoring      -     -          -            -
        metrics/1  waiting        -     -          -            -
        collect/1: the "next" record is gone
        metrics/0: 5000 changelog records so far, 2500 a second
        metrics/1: waits for collect/3
        worker 0: a broker is away
        worker 1: two of them
        """)
    #expect(
      statusTable([], at: .zero) == "no tasks: other instances have them all, or the group is still forming")
  }

  @Test("programs read the same as JSON")
  func json() throws {
    let object = try JSONSerialization.jsonObject(with: Data(statusJSON(workers).utf8)) as? [String: Any]
    let first = try #require((object?["workers"] as? [[String: Any]])?.first)
    let tasks = try #require(first["tasks"] as? [[String: Any]])
    #expect(first["detail"] as? String == "a broker is away")
    #expect(tasks[0]["epoch"] as? Int == 41 && tasks[0]["lag_ms"] as? Int == 150_000)
    #expect(tasks[0]["last_commit"] as? String == "2023-11-14T22:13:20.000Z")
    #expect(tasks[0]["watermark"] as? String == "2023-11-14T21:56:40.000Z" && tasks[1]["watermark"] is NSNull)
    #expect(tasks[1]["detail"] as? String == "the \"next\" record is gone" && tasks[1]["epoch"] is NSNull)
    #expect(tasks[2]["state"] as? String == "restoring")
    #expect(tasks[3]["state"] as? String == "waiting")
    #expect(tasks[3]["detail"] as? String == "waits for collect/3")
  }

  @Test("a question is understood as it was asked, and nothing else is")
  func questions() {
    let task = TaskID(processor: "collect", partition: PartitionID(3))
    for question in [TaskDesk.Question.list, .listJSON, .skip(task)] {
      #expect(TaskDesk.Question(line: question.line) == question)
    }
    for line in ["", "skip", "skip collect", "skip collect/x", "skip /1", "skip a/1/2", "skip a/-1", "stop"] {
      #expect(TaskDesk.Question(line: line) == nil, "\(line)")
    }
  }
}

@Suite struct LocalSocketTests {
  private let folder: String

  init() throws {
    // Longer than an address of a socket may be.
    let name = "ratchet-\(UUID().uuidString)/" + String(repeating: "long/", count: 30)
    folder = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
    try makeFolder(folder)
  }

  @Test("many ask at once, each gets its own answer, and its owner alone may ask")
  func answers() async throws {
    let server = try LocalServer(folder: folder, name: "s") {
      Array("<\($0)>".utf8) + Array(repeating: 1, count: 99_999)
    }
    try await withThrowingTaskGroup(of: Void.self) { [folder] group in
      for number in 0..<20 {
        group.addTask {
          let answer = try askLocally("q\(number)", folder: folder, name: "s")
          #expect(answer.prefix { $0 != 1 } == ArraySlice("<q\(number)>".utf8) && answer.count > 99_999)
        }
      }
      try await group.waitForAll()
    }
    let mode = try FileManager.default.attributesOfItem(atPath: folder + "/s")[.posixPermissions] as? Int
    #expect(mode == 0o600)
    server.stop()
    let error = #expect(throws: SystemCallError.self) { try askLocally("q", folder: folder, name: "s") }
    #expect(error?.isNobodyThere == true)
  }

  @Test("what a killed process left behind is replaced, and a stranger's endless line is cut off")
  func leftovers() throws {
    _ = FileManager.default.createFile(atPath: folder + "/s", contents: nil)
    let server = try LocalServer(folder: folder, name: "s") { _ in Array("yes".utf8) }
    defer { server.stop() }
    let long = String(repeating: "x", count: 100_000)
    let answer = try? askLocally(long, folder: folder, name: "s")
    #expect(answer == nil || answer == [])
    #expect(try askLocally("q", folder: folder, name: "s") == Array("yes".utf8))
  }
}
