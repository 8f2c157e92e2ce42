// Configuration: published to all partitions or to none, taken up by each task at an epoch of its own.
import Basics
import Kafka
import Testing

@testable import Control
@testable import Replay
@testable import Runtime

@Suite struct ConfigurationTests {
  @Test("a configuration is read back as it was written, in one order whatever it was made in")
  func bytes() throws {
    var (one, other) = (Configuration(), Configuration())
    let files = [("rules/a.yaml", "1"), ("b.yaml", "2"), ("rules/c d.yaml", "3")]
    for (path, text) in files { one.set(path, Array(text.utf8)) }
    for (path, text) in files.reversed() { other.set(path, Array(text.utf8)) }
    #expect(one.encoded() == other.encoded())
    #expect(Configuration(decoding: one.encoded()) == one)
    #expect(
      String(decoding: one.encoded(), as: UTF8.self).hasPrefix(
        "d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35  b.yaml\n"))
  }

  @Test(
    "what is no list of hashes and paths is no configuration",
    arguments: ["x", "d4735e3a  b", String(repeating: "a", count: 64) + " b\n", "\n", "\u{0}"])
  func malformed(_ text: String) { #expect(Configuration(decoding: Array(text.utf8)) == nil) }

  @Test(
    "paths stay within the configuration", arguments: ["", "/a", "a//b", "a/../b", ".", "a/", "a\nb"])
  func paths(_ path: String) { #expect(Configuration.fault(ofPath: path) != nil) }

  @Test("each partition gets what it lacks, and one that lacks nothing gets nothing")
  func change() {
    var before = Configuration()
    let old = before.set("a", [1])
    var partition = ControlPartition()
    let key = Array(Configuration.fileKey(old).utf8)
    var known: [Bool] = []
    known.append(partition.hear(key: key, value: [1]))
    known.append(partition.hear(key: Array(Configuration.recordKey.utf8), value: before.encoded()))
    known.append(partition.hear(key: key, value: [2]))
    #expect(known == [true, true, false], "a content must be what its key says")
    var after = before
    let new = after.set("b", [2])
    let contents = [old: [UInt8]([1]), new: [2]]
    let change = ConfigurationChange(to: after, contents, on: [partition, ControlPartition()])
    let last = ConfigurationChange.Record(key: Configuration.recordKey, value: after.encoded())
    #expect(change.records[0] == [.init(key: Configuration.fileKey(new), value: [2]), last])
    #expect(change.records[1].count == 3 && change.records[1].last == last)
    #expect(change.set == ["a", "b"] && change.removed.isEmpty)
    #expect(ConfigurationChange(to: before, [:], on: [partition]).isEmpty)
  }
}

@Suite(.serialized) struct ControlTests {
  @Test("what is in force already is not published again, and a change publishes only what changed")
  func twice() throws {
    let world = try World(partitions: 3)
    let first = try world.configure(factor: "2", ["rules": "r"])
    #expect(first.records.map(\.count) == [3, 3, 3])
    let ends = try world.ends(["control"])
    #expect(try world.configure(factor: "2", ["rules": "r"]).isEmpty)
    #expect(try world.ends(["control"]) == ends)
    let second = try world.configure(factor: "3", ["rules": "r"])
    #expect(second.records.map(\.count) == [2, 2, 2] && second.set == ["factor"])
    let third = try world.configure(factor: "2")
    #expect(third.records.map(\.count) == [1, 1, 1], "the content of 2 stands on the topic")
    #expect(third.set == ["factor"] && third.removed == ["rules"])
  }

  @Test("of two writers at once the one that came first publishes nothing")
  func fenced() throws {
    let world = try World(partitions: 2)
    let slow = try ControlTopic(world.topic("control"), world.client)
    try world.configure(factor: "2")
    let ends = try world.ends(["control"])
    var configuration = Configuration()
    let hash = configuration.set("factor", [1])
    #expect(throws: Diagnostic.self) { try slow.apply(configuration, [hash: [1]]) }
    #expect(try ControlTopic(world.topic("control"), world.client).configuration != configuration)
    #expect(ends.count == 2)
  }

  @Test("a first epoch waits for a configuration and takes all of it before the first event")
  func waits() throws {
    let world = try World(partitions: 1)
    try world.publish([("a", "1"), ("b", "2")])
    let worker = Worker(0, [world.scaled], EngineSettings(), try world.workerPort(world.scaled))
    let start = ContinuousClock.now
    func turn() {
      let now = Moment(wallClock: systemTime(), uptime: ContinuousClock.now - start)
      if case .upTo(let duration) = worker.turn(now) { worker.port.wait(duration) }
    }
    try eventually {
      turn()
      return worker.tasks.values.contains { $0.hasGathered }
    }
    for _ in 0..<100 { turn() }
    #expect(try world.epochs()[0].isEmpty, "no event may be folded without a configuration")
    let status = worker.status(Moment(wallClock: systemTime(), uptime: ContinuousClock.now - start))
    #expect(
      status.tasks[0].waitsFor
        == "a configuration on \(world.partition("control")); ratchet control apply DIR puts one in force")
    try world.configure(factor: "5")
    try eventually {
      turn()
      return worker.tasks.values.contains { $0.memory?.last != nil && $0.sealed == nil && !$0.hasGathered }
    }
    let first = try #require(try world.epochs()[0].first)
    #expect(first.inputs.map(\.ledger.read) == [2, 2] && first.configurationHash != 0)
    #expect(first.ledger.setAside.isEmpty)
    #expect(try world.lastValues("tallies") == ["a": "5", "b": "10"])
    guard case .identical = try world.replay(world.scaled).verdict else {
      Issue.record("the epochs do not replay")
      return
    }
  }

  @Test("a changed configuration begins at one epoch of each task, moves no time, and replays")
  func changed() throws {
    let world = try World(partitions: 2)
    try world.configure(factor: "2")
    let events = ["a", "b", "c", "d"].map { (key: $0, value: "3") }
    try world.publish(events)
    // Two control records and a task's events.
    try world.run(world.scaled, workers: 2, until: 4 + 4)
    try world.configure(factor: "7")
    try world.run(world.scaled, until: 4 + 4 + 4)
    try world.publish(events)
    try world.run(world.scaled, until: 4 + 4 + 4 + 4)
    #expect(try world.lastValues("tallies") == ["a": "21", "b": "21", "c": "21", "d": "21"])
    for (number, epochs) in try world.epochs().enumerated() {
      let begins = epochs.indices.dropFirst().filter {
        epochs[$0].configurationHash != epochs[$0 - 1].configurationHash
      }
      #expect(begins.count == 1)
      let begin = try #require(begins.first)
      let control = epochs[begin].inputs.first { $0.partition.topic == world.topic("control") }
      #expect(control?.ledger.read == 2, "the epoch that reads the change is the first under it")
      let result = try world.replay(world.scaled, Int32(number))
      guard case .identical = result.verdict else {
        Issue.record("\(result.text(elapsed: .seconds(1)))")
        continue
      }
      #expect(result.compared == Int64(epochs.count))
    }
    #expect(try Set(world.epochs().map { $0.last?.configurationHash }).count == 1)
  }
}
