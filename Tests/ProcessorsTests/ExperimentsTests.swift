// The processor of experiments, folded by the engine's own fold: what it publishes, when, and what it
// forgets.
import Basics
import Events
import Experiments
import Foundation
import Testing

@testable import Processors
@testable import Runtime

@Suite struct ExperimentsProcessorTests {
  private let definition = ProcessorDefinition.experiments(prefix: "t")
  private static let start: Int64 = 1_767_225_600_000  // 2026-01-01T00:00:00Z

  private func task() -> FoldedTask {
    let partition = murmur2Partition(ofKey: "e", of: 4).rawValue
    return FoldedTask(definition, partition: partition, at: Self.start)
  }

  private func event(
    _ type: String, id: String = "1", organization: String = "acme", time: String = "2026-01-01T00:00:00Z",
    _ data: String
  ) -> FoldedTask.Record {
    .event(
      "experiment-events", type, organization: organization, id: id, time: time,
      #"{"experiment_id":"e","# + data + "}")
  }

  private func created(_ organization: String = "acme") -> FoldedTask.Record {
    event(
      "experiment.created", organization: organization,
      #""name":"n","minimum_samples":1,"minimum_duration_hours":2.5,"primary_metric":"rating""#)
  }

  private func outcome(
    _ user: String, _ arm: Arm?, _ rating: Double, organization: String = "acme", minute: Int = 1
  ) -> FoldedTask.Record {
    let outcome = ExperimentOutcome(
      organization: organization, experiment: "e", arm: arm, unit: "user:\(user)",
      time: EventTime(milliseconds: Self.start + Int64(minute) * 60_000),
      measures: [.init("rating", rating)],
      position: EventPosition(TopicPartition(topic: "t.executions", partition: PartitionID(3)), Offset(9)))
    var bytes: [UInt8] = []
    outcome.store(into: &bytes)
    return FoldedTask.Record(topic: "outcomes", key: "e", bytes: bytes)
  }

  private func published(_ buffer: EpochBuffer) throws -> [[String: Any]] {
    try buffer.outputs(of: definition).filter { $0.topic == "experiment-tallies" }.map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.value.utf8)) as? [String: Any])
    }
  }

  private let run = #""status":"running""#

  @Test("an experiment is published when an epoch touches it, with where its last event stands")
  func publishes() throws {
    var task = task()
    let first = task.epoch([created(), event("experiment.changed", id: "2", run)])
    let tally = try #require(try published(first).first)
    #expect(first.outputs(of: definition).map(\.key) == ["acme/e"])
    #expect(tally["status"] as? String == "running" && tally["verdict"] as? String == "running")
    #expect((tally["position"] as? [String: Any])?["topic"] as? String == "t.experiment-events")
    let outcomes = [outcome("a", .control, 1), outcome("b", .control, 2), outcome("c", .treatment, 5)]
    #expect(try published(task.epoch(outcomes)).isEmpty, "the watermark has not passed them")
    let second = try published(task.epoch(after: 7))
    let position = try #require(second.first?["position"] as? [String: Any])
    #expect(second.count == 1 && position["topic"] as? String == "t.executions")
    #expect(position["partition"] as? Int == 3 && position["offset"] as? Int == 9)
    #expect(try published(task.epoch()).isEmpty)
  }

  @Test("outcomes wait for the start, exposures and observations count, and what comes twice does not")
  func events() throws {
    var task = task()
    _ = task.epoch([outcome("a", .control, 3)])
    let exposed = event("experiment.exposed", id: "3", #""user_id":"b","arm":"treatment""#)
    let observed = event("experiment.observed", id: "4", #""user_id":"b","metric":"rating","value":4"#)
    let buffer = task.epoch([
      created(), event("experiment.changed", id: "2", run), exposed, observed, observed, exposed,
      event("experiment.changed", id: "5", time: "2026-01-01T01:00:00Z", #""status":"completed""#),
      event("experiment.changed", id: "6", run),
    ])
    #expect(buffer.reasons == ["invalid"])
    let counted = task.epoch(after: 7)
    #expect(counted.quarantined.map { $0.headers["ratchet_reason"] } == ["duplicate"])
    let tally = try #require(try published(counted).first)
    let arms = try #require(tally["arms"] as? [[String: Any]])
    #expect(arms.map { $0["units"] as? Int } == [1, 1])
  }

  @Test(
    "a verdict is fixed by a timer at the minimum duration, with no event at all, and published every hour")
  func timers() throws {
    var task = task()
    var records = [created(), event("experiment.changed", id: "2", run)]
    for user in 0..<8 { records.append(outcome("c\(user)", .control, Double(user % 3))) }
    for user in 0..<8 { records.append(outcome("t\(user)", .treatment, 10 + Double(user % 3))) }
    _ = task.epoch(records)
    #expect(try published(task.epoch(after: 3500)).first?["arms"] != nil)
    #expect(try published(task.epoch(after: 99)).isEmpty)
    #expect(try published(task.epoch(after: 101)).first?["verdict"] as? String == "running")
    #expect(try published(task.epoch(after: 3600)).first?["verdict"] as? String == "running")
    let decided = try #require(try published(task.epoch(after: 1800)).first)
    #expect(decided["verdict"] as? String == "treatment" && decided["needs_review"] as? Bool == false)
    #expect(decided["decided_at"] as? String == "2026-01-01T02:30:00.000Z")
    _ = task.epoch([outcome("t0", .treatment, -900, minute: 160)], after: 50)
    let later = try #require(try published(task.epoch(after: 10)).first)
    #expect(
      later["verdict"] as? String == "treatment"
        && later["decided_at"] as? String == "2026-01-01T02:30:00.000Z")
    let ended = task.epoch(
      [
        event(
          "experiment.changed", id: "3", time: "2026-01-01T03:00:00Z",
          #""status":"completed","winner":"treatment""#)
      ],
      after: 60)
    #expect(try published(ended).first?["winner"] as? String == "treatment")
    _ = task.epoch(after: 3600)
    #expect(try published(task.epoch(after: 36_000)).isEmpty, "an experiment that ended is analysed no more")
  }

  @Test("organizations never mix, though their experiments and users have the same ids")
  func isolation() throws {
    var task = task()
    let buffer = task.epoch([
      created(), created("other"), event("experiment.changed", id: "2", run),
      event("experiment.changed", id: "2", organization: "other", run), outcome("a", .control, 1),
      outcome("a", .treatment, 1, organization: "other"),
    ])
    #expect(try published(buffer).count == 2)
    let tallies = try published(task.epoch(after: 7))
    #expect(tallies.map { $0["organization"] as? String } == ["acme", "other"])
    for (tally, units) in zip(tallies, [[1, 0], [0, 1]]) {
      #expect((tally["arms"] as? [[String: Any]])?.map { $0["units"] as? Int } == units)
      #expect(tally["crossed_units"] as? Int == 0)
    }
  }

  @Test("a task restored from its changelogs goes on as if nothing had happened")
  func restored() throws {
    var task = task()
    let first = task.epoch([created(), event("experiment.changed", id: "2", run), outcome("a", .control, 1)])
    var again = task.restored(from: [first.changelog])
    let next = [outcome("a", .control, 3), outcome("b", .treatment, 3)]
    let (one, other) = (task.epoch(next, after: 9000), again.epoch(next, after: 9000))
    #expect(one.outputs(of: definition).map(\.value) == other.outputs(of: definition).map(\.value))
    #expect(try published(one).first?["decided_at"] == nil)
    let (last, lastAgain) = (task.epoch(after: 10), again.epoch(after: 10))
    #expect(last.outputs(of: definition).map(\.value) == lastAgain.outputs(of: definition).map(\.value))
    #expect(try published(last).first?["decided_at"] as? String == "2026-01-01T02:30:00.000Z")
  }

  @Test("an erased user's rows are gone, and the sums stand")
  func erasure() throws {
    var task = task()
    let first = task.epoch([
      created(), event("experiment.changed", id: "2", #""status":"running","changed_by":"a""#),
      outcome("a", .control, 1),
    ])
    #expect(String(decoding: first.changelog.allBytes, as: UTF8.self).contains("user:a"))
    let counted = task.epoch(after: 7)
    let erased = task.epoch([
      .event("control", "erasure.requested", agent: nil, #"{"requested_by":"ann","user_id":"a"}"#)
    ])
    let tally = try #require(try published(erased).first)
    #expect(tally["changed_by"] == nil && (tally["arms"] as? [[String: Any]])?[0]["units"] as? Int == 1)
    var again = task.restored(from: [first.changelog, counted.changelog, erased.changelog])
    #expect(
      !String(decoding: again.epoch([outcome("b", .control, 1)]).changelog.allBytes, as: UTF8.self).contains(
        "user:a"))
  }
}

extension OutboundRecords {
  fileprivate var allBytes: [UInt8] {
    (0..<count).flatMap { index -> [UInt8] in
      let record = self[index]
      var bytes: [UInt8] = []
      for part in [0, 1] {
        if let span = part == 0 ? record.key : record.value {
          unsafe span.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
        }
      }
      return bytes
    }
  }
}
