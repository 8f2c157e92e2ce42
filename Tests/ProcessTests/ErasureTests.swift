// An erasure sent to a running installation, read as any client reads it (R14.8).
import Basics
import Foundation
import Testing

@testable import ratchet

extension Processes {
  @Suite(.serialized) struct ErasureTests {
    private func event(_ id: String, _ type: String, of user: String, at time: Timestamp, _ data: String)
      -> String
    {
      """
      {"specversion":"1.0","id":"\(id)","source":"t","type":"\(type)","time":"\(time)","organization":"a",\
      "agent":"m","data":{"user_id":"\(user)",\(data)}}
      """
    }

    /// An execution and its user's correction, and that once more, which is set aside.
    private func corrections(of user: String, _ run: String, at time: Timestamp) -> [String] {
      let correction =
        "\"execution_id\":\"\(run)\",\"feedback_type\":\"correction\",\"correction\":\"by \(user)\""
      return [
        event(
          "e-\(run)", "execution.completed", of: user, at: time,
          "\"execution_id\":\"\(run)\",\"status\":\"ok\",\"input_text\":\"asked by \(user)\""),
        event("c-\(run)", "feedback.given", of: user, at: time, correction),
        event("c-\(run)", "feedback.given", of: user, at: time, correction),
      ]
    }

    private func send(_ lines: [String], by words: [String], _ world: World) throws {
      let file = "\(world.folder.path)/\(UUID().uuidString).jsonl"
      try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
      let sent = try world.run(words + [file])
      #expect(sent.status == 0, "\(sent.text)")
    }

    /// Whose executions have learning examples.
    private func examples(_ world: World) throws -> Set<String> {
      let rows = try world.run(["query", "learning-examples", "--json"]).text.split(separator: "\n")
      return Set(rows.compactMap { $0.firstMatch(of: /asked by (\w+)/).map { String($0.1) } })
    }

    @Test("an erasure takes a user's examples and what was set aside, keeps what comes late out, and replays")
    func erased() throws {
      let world = try World(partitions: 2)
      let (instance, time) = (Instance("one", world), systemTime())
      try instance.start()
      try waitUntil("tasks run", or: { instance.printed }) { instance.isRunning }
      let events = corrections(of: "anna", "run-1", at: time) + corrections(of: "ben", "run-2", at: time)
      try send(events, by: ["import"], world)
      try waitUntil("both have examples", or: { instance.printed }) {
        try examples(world) == ["anna", "ben"]
      }
      let erasure = event(
        "gone", "erasure.requested", of: "anna", at: systemTime(), "\"requested_by\":\"operator\"")
      try send([erasure], by: ["control", "send"], world)
      try waitUntil("one is gone", or: { instance.printed }) { try examples(world) == ["ben"] }
      let late =
        corrections(of: "anna", "run-3", at: time) + corrections(of: "carl", "run-4", at: systemTime())
      try send(late, by: ["import"], world)
      try waitUntil("a later one has come", or: { instance.printed }) { try examples(world).contains("carl") }
      #expect(try examples(world) == ["ben", "carl"])
      #expect(instance.stop() == 0, "\(instance.printed)")
      let aside = try world.read("quarantine").joined().filter { record in
        record.value.map { String(decoding: $0, as: UTF8.self).contains("by anna") } ?? false
      }
      let tombstones = Set(try world.read("quarantine").joined().filter { $0.value == nil }.map { $0.key })
      #expect(!aside.isEmpty)
      #expect(aside.allSatisfy { tombstones.contains($0.key) }, "\(aside.map { $0.key })")
      for processor in ["collect", "review"] {
        let replay = try world.run(["replay", "--verify", "--processor", processor])
        #expect(replay.status == 0, "\(replay.text)")
      }
    }
  }
}
