// A live run's past, folded again: the same bytes, or the first difference down to its field.
import Basics
import Foundation
import Kafka
import Testing

@testable import Replay
@testable import Runtime

@Suite(.serialized) struct ReplayTests {
  private func events(_ count: Int, keys: Int, value: String = "7") -> [(key: String, value: String)] {
    (0..<count).map { ("k\($0 % keys)", value) }
  }

  private func expectIdentical(
    _ world: World, _ processor: ProcessorDefinition, _ location: SourceLocation = #_sourceLocation
  ) throws {
    for (number, epochs) in try world.epochs().enumerated() {
      let result = try world.replay(processor, Int32(number))
      guard case .identical = result.verdict else {
        Issue.record("\(result.text(elapsed: .seconds(1)))", sourceLocation: location)
        continue
      }
      #expect(result.compared == Int64(epochs.count), sourceLocation: location)
      #expect(result.records == epochs.reduce(0) { $0 + $1.ledger.read }, sourceLocation: location)
      #expect(result.last == epochs.last?.epoch, sourceLocation: location)
    }
  }

  @Test(
    """
    a live run with aborted transactions on both sides, a kill, restores and changing numbers of workers \
    replays to the same hashes, and a replay publishes nothing
    """)
  func identical() throws {
    let world = try World(partitions: 3)
    let tally = world.tally()
    try world.publish(events(200, keys: 20))
    try world.publish(events(50, keys: 20, value: "9"), transaction: .aborted)
    try world.run(tally, workers: 2, until: 200)
    try world.publish(events(100, keys: 20, value: "11"), transaction: .committed)
    try world.killInTransaction(tally)
    try world.run(tally, workers: 1, until: 300)
    try world.publish([("k1", "no number"), ("k2", "500"), ("k3", "1")])
    try world.run(tally, workers: 3, instance: "b", until: 303)
    let topics = ["events", "tallies", "epochs", "changelog"]
    let before = try world.ends(topics)
    try expectIdentical(world, tally)
    #expect(try world.ends(topics) == before)
  }

  @Test("one worker and three make the same values of the same events, and each log replays to its hashes")
  func workers() throws {
    var values: [[String: String]] = []
    for workers in [1, 3] {
      let world = try World(partitions: 3)
      for round in 1...2 {
        try world.publish(events(100, keys: 20, value: "\(round)"))
        try world.run(world.tally(), workers: workers, until: Int64(100 * round))
      }
      try expectIdentical(world, world.tally())
      values.append(try world.lastValues("tallies"))
    }
    #expect(values[0] == values[1])
    #expect(values[0]["k1"] == #"{"key":"k1","count":10,"total":15}"#)
  }

  @Test("a log that goes on from changelogs alone, its state folder deleted, replays to the same hashes")
  func restored() throws {
    let world = try World(partitions: 3)
    let path = FileManager.default.temporaryDirectory.path + "/ratchet-restored-\(UUID().uuidString)"
    for (round, workers) in [(1, 1), (2, 3)] {
      try world.publish(events(100, keys: 20, value: "\(round)"))
      let engine = try Engine.start(
        [world.tally()], workers: workers, client: world.client, group: world.prefix,
        folder: DataFolder(path), sessionTimeout: .milliseconds(1500))
      let reader = try EpochReader(world)
      let isRead = Result { try eventually { try reader.records() >= Int64(100 * round) } }
      engine.stop(within: .seconds(5))
      try isRead.get()
      #expect(FileManager.default.fileExists(atPath: "\(path)/state/CURRENT"), "a database was there")
      try FileManager.default.removeItem(atPath: path)
    }
    #expect(try world.lastValues("tallies")["k1"] == #"{"key":"k1","count":10,"total":15}"#)
    try expectIdentical(world, world.tally())
  }

  @Test("an epoch that set records aside because they would outgrow the state replays to its hashes")
  func oversized() throws {
    let world = try World(partitions: 1)
    let hoard = ProcessorDefinition(
      "hoard", epochsTopic: world.topic("epochs"), quarantineTopic: world.topic("quarantine"),
      inputs: [ProcessorInput(world.topic("events"), .outside)], changelogTopics: [world.topic("changelog")],
      codeHash: 1
    ) { _ in Hoard() }
    let large = String(repeating: "x", count: 500_000)
    try world.publish([
      ("k", "small"), ("k", large), ("k", large), ("j", "small"), ("k", large), ("k", "small"),
    ])
    try world.run(hoard, until: 6)
    let ledger = try world.epochs()[0].reduce(Ledger()) { $0 + $1.ledger }
    #expect(ledger == Ledger(read: 6, folded: 4, forwarded: 0, setAside: [.stateTooLarge: 2]))
    try expectIdentical(world, hoard)
  }

  /// Three rounds of events, of which only the second holds a value that `cap` changes; returns the epoch
  /// that read it.
  private func capped(_ world: World, _ processor: ProcessorDefinition) throws -> Epoch {
    try world.publish(events(10, keys: 5))
    try world.run(processor, until: 10)
    try world.publish([("k1", "1"), ("k3", "100"), ("k1", "2")])
    try world.run(processor, until: 13)
    try world.publish(events(10, keys: 5))
    try world.run(processor, until: 23)
    let epochs = try world.epochs()[0]
    // Nothing of the log is thrown away, so offsets count records.
    return try #require(epochs.first { $0.inputs[0].first <= Offset(11) && Offset(11) < $0.inputs[0].next })
      .epoch
  }

  @Test("a fold changed by one constant is told by the first epoch, key and field it changes")
  func difference() throws {
    let world = try World(partitions: 1)
    let epoch = try capped(world, world.tally())
    let result = try world.replay(world.tally(cap: 99))
    guard case .different(let difference) = result.verdict else {
      Issue.record("\(result.text(elapsed: .seconds(1)))")
      return
    }
    #expect(difference.epoch == epoch)
    try #require(difference.details.map(\.part) == [.output, .state])
    let (output, state) = (difference.details[0], difference.details[1])
    #expect(output.partition == world.partition("tallies"))
    #expect((output.key, output.field) == ("k3", "total"))
    #expect((output.published, output.recomputed) == ("114", "113"))
    #expect(output.offset != nil)
    #expect(state.partition == world.partition("changelog"))
    #expect((state.key, state.field) == ("k3", "total"))
    #expect((state.published, state.recomputed) == ("114", "113"))
    #expect(result.compared == epoch.rawValue + 1)
  }

  @Test("an epoch asked for with from is the first to be compared, over the state that those before it leave")
  func from() throws {
    let world = try World(partitions: 1)
    let epoch = try capped(world, world.tally())
    let last = try #require(try world.epochs()[0].last).epoch
    let same = try world.replay(world.tally(), from: last.rawValue)
    #expect(same.compared == 1 && same.folded == last.rawValue + 1)
    let other = try world.replay(world.tally(cap: 99), from: epoch.rawValue + 1)
    guard case .different(let difference) = other.verdict else {
      Issue.record("\(other.text(elapsed: .seconds(1)))")
      return
    }
    #expect(difference.epoch > epoch)
    let none = try world.replay(world.tally(), from: last.rawValue + 1)
    guard case .unknown(.nothingRecorded) = none.verdict else {
      Issue.record("\(none.text(elapsed: .seconds(1)))")
      return
    }
  }

  @Test("epochs of other code are told as such; what they left behind makes no difference of today's code")
  func otherCode() throws {
    let world = try World(partitions: 1)
    try world.publish([("k1", "100")])
    try world.run(world.tally(cap: 99, code: 1), until: 1)
    try world.publish([("k2", "5")])
    try world.run(world.tally(cap: 100, code: 2), until: 2)
    let unrelated = try world.replay(world.tally(cap: 100, code: 2))
    let first = try #require(unrelated.otherCode.first)
    #expect(unrelated.otherCode.count == 1 && first.codeHash == 1)
    #expect(first.epochs.lowerBound == Epoch(0) && first.same < first.epochs.upperBound.rawValue + 1)
    guard case .identical = unrelated.verdict else {
      Issue.record("\(unrelated.text(elapsed: .seconds(1)))")
      return
    }
    try world.publish([("k1", "1")])
    try world.run(world.tally(cap: 100, code: 2), until: 3)
    let touched = try world.replay(world.tally(cap: 100, code: 2))
    guard case .unknown(.otherCode(_, let since)) = touched.verdict else {
      Issue.record("\(touched.text(elapsed: .seconds(1)))")
      return
    }
    #expect(first.epochs.contains(since))
  }

  @Test("inputs that were deleted are told with the epoch from which all are there")
  func missing() throws {
    let world = try World(partitions: 1)
    try world.publish(events(10, keys: 2))
    try world.run(world.tally(), until: 10)
    try world.publish(events(10, keys: 2))
    try world.run(world.tally(), until: 20)
    try world.admin.deleteRecords(before: [world.partition("events"): Offset(5)])
    let retained = try #require(try world.epochs()[0].first { $0.inputs[0].first >= Offset(5) })
    let result = try world.replay(world.tally())
    guard case .unknown(.missing(let missing)) = result.verdict else {
      Issue.record("\(result.text(elapsed: .seconds(1)))")
      return
    }
    #expect(missing.partition == world.partition("events") && missing.earliest == Offset(5))
    #expect(result.retainedFrom?.epoch == retained.epoch)
    let survey = try world.survey(world.tally())
    #expect(!survey.isWhole && survey.lastGone?.epoch.next == retained.epoch)
  }

  @Test("a processor without stores can be asked from any epoch whose inputs are there")
  func stateless() throws {
    let world = try World(partitions: 1)
    for round in 1...3 {
      try world.publish(events(10, keys: 2))
      try world.run(world.passOn, until: Int64(10 * round))
    }
    try world.admin.deleteRecords(before: [world.partition("events"): Offset(5)])
    guard case .unknown(.missing) = try world.replay(world.passOn).verdict else {
      Issue.record("records that are gone were not missed")
      return
    }
    let epochs = try world.epochs()[0]
    let retained = try #require(epochs.first { $0.inputs[0].first >= Offset(5) }).epoch
    let result = try world.replay(world.passOn, from: retained.rawValue)
    guard case .identical = result.verdict else {
      Issue.record("\(result.text(elapsed: .seconds(1)))")
      return
    }
    #expect(result.compared == Int64(epochs.count) - retained.rawValue)
  }
}

@Suite struct FieldTests {
  private func paths(_ text: String) -> [String]? {
    JSONFields(Array(text.utf8))?.fields.map { "\($0.path)=\($0.text)" }
  }

  @Test("a JSON text is taken apart into the leaves that differ one by one")
  func leaves() {
    #expect(
      paths(#" {"a": 1, "b": {"c": [true, {"d": "x\"}"}]}, "e": [], "f": {}} "#) == [
        "a=1", "b.c[0]=true", #"b.c[1].d="x\"}""#, "e=[]", "f={}",
      ])
    #expect(paths("5") == ["=5"])
  }

  @Test(
    "what is not one JSON text is none",
    arguments: ["", "{", "[1,]", "{\"a\"}", "{\"a\":1} 2", "\"a", "{a:1}", "\u{1}", "[1 2]"])
  func malformed(_ text: String) { #expect(paths(text) == nil) }

  @Test("a text nested without end is none")
  func deep() { #expect(paths(String(repeating: "[", count: 100_000)) == nil) }
}

/// Keeps all that a key was ever sent.
private struct Hoard: Processor {
  let hoard = KeyValueStore<String, String>("hoard")
  var stores: [any TaskStore] { [hoard] }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    guard let key = record.key, let value = record.value, let name = String(stored: key),
      let text = String(stored: value)
    else { return .setAside(.undecodable) }
    hoard.update(name) { $0 = ($0 ?? "") + text }
    return .folded
  }
}
