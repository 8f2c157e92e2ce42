// What the processor of experiments sets aside for want of room, and what an erasure does to it and to what
// comes late.
import Basics
import Events
import Experiments
import Foundation
import Testing

@testable import Processors
@testable import Runtime

@Suite struct ExperimentsAsideTests {
  private let definition = ProcessorDefinition.experiments(prefix: "t")
  private let partition = murmur2Partition(ofKey: "e", of: 4).rawValue
  private static let start: Int64 = 1_767_225_600_000  // 2026-01-01T00:00:00Z

  private func task() -> FoldedTask { FoldedTask(definition, partition: partition, at: Self.start) }

  private func event(_ type: String, id: String = "1", second: Int = 0, _ data: String) -> FoldedTask.Record {
    let time = Timestamp(milliseconds: Self.start + Int64(second) * 1000)
    return .event(
      "experiment-events", type, id: id, time: "\(time)", #"{"experiment_id":"e","# + data + "}")
  }

  private var begun: [FoldedTask.Record] {
    [
      event("experiment.created", #""name":"n""#),
      event("experiment.changed", id: "2", #""status":"running""#),
    ]
  }

  private func observed(_ user: String, _ metric: String = "rating", second: Int = 1) -> FoldedTask.Record {
    event(
      "experiment.observed", id: "\(user) \(metric)", second: second,
      #""user_id":"\#(user)","metric":"\#(metric)","value":1,"arm":"control""#)
  }

  private func outcome(_ user: String, _ metrics: [String], second: Int = 1) -> FoldedTask.Record {
    let outcome = ExperimentOutcome(
      organization: "acme", experiment: "e", arm: .treatment, unit: "user:\(user)",
      time: EventTime(milliseconds: Self.start + Int64(second) * 1000),
      measures: metrics.map { .init($0, 2) },
      position: EventPosition(TopicPartition(topic: "t.executions", partition: PartitionID(3)), Offset(9)))
    var bytes: [UInt8] = []
    outcome.store(into: &bytes)
    return FoldedTask.Record(topic: "outcomes", key: "e", bytes: bytes)
  }

  /// Of a user's execution, by whom alone an erasure may not find it.
  private func outcome(_ user: String, execution: String, session: String) -> FoldedTask.Record {
    var outcome = ExperimentOutcome(
      organization: "acme", experiment: "e", arm: .control, unit: "user:\(user)",
      time: EventTime(milliseconds: Self.start + 1000), measures: [.init("rating", 1)],
      position: EventPosition(TopicPartition(topic: "t.executions", partition: PartitionID(3)), Offset(9)))
    (outcome.execution, outcome.session) = (execution, session)
    var bytes: [UInt8] = []
    outcome.store(into: &bytes)
    return FoldedTask.Record(topic: "outcomes", key: "e", bytes: bytes)
  }

  @Test(
    "an erasure of an execution or a session alone reaches outcomes of a user that are waiting or set aside",
    arguments: [#""execution_id":"x1""#, #""session_id":"s1""#])
  func erasedWithoutUser(named: String) throws {
    var task = task()
    let outcomes = [
      outcome("u", execution: "x1", session: "s1"), outcome("v", execution: "x2", session: "s2"),
    ]
    let waiting = (0..<ExperimentTally.waitingMax - 2).map { observed("u\($0)") }
    let first = task.epoch(outcomes + waiting + outcomes)
    #expect(first.quarantined.map(\.key) == [2, 3].map { "t.outcomes/\(partition)@\($0)" })
    let erased = task.epoch([
      .event("control", "erasure.requested", agent: nil, #"{"requested_by":"ann","# + named + "}")
    ])
    #expect(erased.quarantined.map(\.key) == ["t.outcomes/\(partition)@2"])
    #expect(erased.quarantined.allSatisfy { $0.value == nil })
    // What comes late of it is not taken in either.
    let begun = task.epoch(begun + outcomes.prefix(1), after: 10)
    #expect(try units(begun) == [ExperimentTally.waitingMax - 1, 0])
    #expect(!String(decoding: begun.changelog.values, as: UTF8.self).contains("x1"))
  }

  private func erasure(of user: String) -> FoldedTask.Record {
    .event("control", "erasure.requested", agent: nil, #"{"requested_by":"ann","user_id":"\#(user)"}"#)
  }

  private func tally(_ buffer: EpochBuffer) throws -> [String: Any] {
    let value = buffer.outputs(of: definition).last { $0.topic == "experiment-tallies" }?.value
    let object = try JSONSerialization.jsonObject(with: Data(try #require(value).utf8))
    return try #require(object as? [String: Any])
  }

  private func units(_ buffer: EpochBuffer) throws -> [Int] {
    let arms = try #require(try tally(buffer)["arms"] as? [[String: Any]])
    return arms.compactMap { $0["units"] as? Int }
  }

  @Test("outcomes that find no room to wait are set aside whole, and count when they come again")
  func waiting() throws {
    var task = task()
    let waiting = (0..<ExperimentTally.waitingMax).map { observed("u\($0)") }
    let first = task.epoch(waiting + [observed("late"), outcome("later", ["rating"])])
    #expect(first.record.ledger.setAside == [SetAsideReason(rawValue: "too-many"): 2])
    let rule = "256 outcomes wait for the experiment's design and start already"
    #expect(first.quarantined.map { $0.headers["ratchet_rule"] } == [rule, rule])
    #expect(first.quarantined.allSatisfy { $0.headers["ratchet_value"] == "whole" })
    #expect(first.quarantined.contains { $0.value?.contains("late") ?? false })
    #expect(try units(task.epoch(begun)) == [0, 0])
    #expect(try units(task.epoch(after: 10)) == [256, 0])
    #expect(try units(task.epoch([observed("late"), outcome("later", ["rating"])])) == [257, 1])
  }

  @Test("of more metrics than have room the rest is set aside: whole when nothing counts, else by its place")
  func metrics() throws {
    var task = task()
    let full = begun + (0..<ExperimentTally.metricsMax).map { observed("u", "m\($0)") }
    #expect(task.epoch(full).reasons.isEmpty && task.epoch(after: 10).quarantined.isEmpty)
    let next = task.epoch([observed("u", "x"), outcome("v", ["m0", "x", "y"])])
    #expect(next.record.ledger.setAside == [SetAsideReason(rawValue: "too-many"): 1])
    #expect(next.quarantined.map(\.key) == ["t.experiment-events/\(partition)@66", "t.executions/3@9"])
    #expect(next.quarantined.map { $0.headers["ratchet_value"] } == ["whole", "left out 0"])
    #expect(next.quarantined.allSatisfy { $0.headers["ratchet_reason"] == "too-many" })
    #expect(
      next.quarantined.map { $0.headers["ratchet_rule"] } == [
        "the experiment has 64 metrics already, without x",
        "experiment e: the experiment has 64 metrics already, without x, y",
      ])
    #expect(try units(next) == [1, 1])
    _ = task.epoch([observed("w", "x", second: 13)], after: 2)
    #expect(task.epoch(after: 10).quarantined.map(\.key) == ["t.experiment-events/\(partition)@67"])
  }

  @Test("what waited and finds no room for its metrics when the experiment starts is named in quarantine")
  func waitedInVain() throws {
    var task = task()
    let metrics = (0..<ExperimentTally.metricsMax).map { observed("u", "m\($0)") }
    #expect(task.epoch(metrics + [observed("u", "x")]).quarantined.isEmpty)
    #expect(task.epoch(begun).quarantined.isEmpty)
    let started = task.epoch(after: 10)
    #expect(started.quarantined.map(\.key) == ["t.experiment-events/\(partition)@64"])
    #expect(started.quarantined.map { $0.headers["ratchet_reason"] } == ["too-many"])
    let erased = task.epoch([erasure(of: "u")])
    #expect(erased.quarantined.map(\.key) == ["t.experiment-events/\(partition)@64"])
    #expect(erased.quarantined.allSatisfy { $0.value == nil })
  }

  @Test("an erasure reaches what was set aside about a user, in this task and a restored one, and no other's")
  func erasedAside() throws {
    var task = task()
    let changed = #""status":"completed","changed_by":"u""#
    let first = task.epoch(
      begun + [
        observed("u"), observed("u"), observed("v"), observed("v"),
        event("experiment.exposed", id: "9", #""user_id":"u","arm":"neither""#),
        event("experiment.changed", id: "3", second: 5, changed),
        event("experiment.changed", id: "4", #""status":"stopped","changed_by":"u""#),
      ])
    #expect(first.reasons == ["invalid"])
    let counted = task.epoch(after: 10)
    let duplicates = counted.quarantined.map(\.key)
    #expect(duplicates == [3, 5].map { "t.experiment-events/\(partition)@\($0)" })
    let about =
      first.quarantined.filter { $0.value?.contains(#""u""#) ?? false }.map(\.key) + duplicates.prefix(1)
    #expect(about.count == 3)
    var again = task.restored(from: [first.changelog, counted.changelog])
    for buffer in [task.epoch([erasure(of: "u")]), again.epoch([erasure(of: "u")])] {
      #expect(Set(buffer.quarantined.map(\.key)) == Set(about))
      #expect(buffer.quarantined.allSatisfy { $0.value == nil })
    }
  }

  @Test("an erased user's outcomes that the watermark has not passed are let go, and no other's")
  func erasedWhileHeld() throws {
    var task = task()
    let first = task.epoch(begun + [observed("u"), observed("v"), outcome("u", ["rating"])])
    let erased = task.epoch([erasure(of: "u")])
    var again = task.restored(from: [first.changelog, erased.changelog])
    #expect(try units(task.epoch(after: 10)) == [1, 0])
    #expect(try units(again.epoch(after: 10)) == [1, 0])
    #expect(!String(decoding: erased.changelog.values, as: UTF8.self).contains("user:u"))
  }

  @Test("what comes late of an erased user is not kept, what others did is, and who comes back is new")
  func late() throws {
    var task = task()
    _ = task.epoch(begun + [observed("u"), observed("v")], after: 10)
    let erased = task.epoch([erasure(of: "u")], after: 10)
    let late = task.epoch([
      observed("u", "renewal"), outcome("u", ["rating"], second: 5),
      event("experiment.exposed", id: "9", second: 5, #""user_id":"u","arm":"treatment""#),
      event("experiment.changed", id: "3", second: 6, #""status":"running","changed_by":"u","notes":"n""#),
      observed("v", "renewal"),
    ])
    let tally = try tally(late)
    #expect(late.record.ledger.setAside.isEmpty)
    #expect(try units(late) == [2, 0])
    #expect(
      tally["changed_by"] == nil && tally["notes"] as? String == "n" && tally["crossed_units"] as? Int == 0)
    for buffer in [erased, late] {
      #expect(!String(decoding: buffer.changelog.values, as: UTF8.self).contains("user:u"))
    }
    #expect(try units(task.epoch([outcome("u", ["rating"], second: 60)], after: 60)) == [2, 1])
  }
}

extension OutboundRecords {
  fileprivate var values: [UInt8] {
    (0..<count).flatMap { index -> [UInt8] in
      var bytes: [UInt8] = []
      if let span = self[index].value {
        unsafe span.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
      }
      return bytes
    }
  }
}
