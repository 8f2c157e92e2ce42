// Time through two stages of tasks: the second follows what the first announces, with traffic and without.
import Basics
import Testing

@testable import Runtime

/// Sends every record on under its key.
struct Relay: Processor {
  var stores: [any TaskStore] { [] }
  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    guard let key = record.key else { return .setAside(.invalid) }
    context.emit(0, key: key, value: record.value)
    return .folded
  }
}

/// Sends on, when it is closed, when each key was last heard of.
private struct Last: Processor {
  var times: [(key: String, time: String)] = []
  var stores: [any TaskStore] { [] }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    times.append((record.key?.text ?? "", "\(record.timestamp.rawValue)"))
    return .folded
  }

  mutating func closeEpoch(in context: inout FoldContext) {
    for (key, time) in times {
      let (key, value) = (Array(key.utf8), Array(time.utf8))
      context.emit(0, key: unsafe key.span.bytes, value: unsafe value.span.bytes)
    }
    times = []
  }
}

@Suite struct TwoStageTests {
  private let relay: ProcessorDefinition
  private let watch: ProcessorDefinition
  private let log: QuietWatch.Log

  init() {
    let processor = QuietWatch()
    log = processor.log
    relay = ProcessorDefinition(
      "relay", epochsTopic: "relay.epochs", quarantineTopic: "quarantine",
      inputs: [ProcessorInput("events", .outside)], outputs: [ProcessorOutput("relayed", isAnnounced: true)],
      codeHash: 1
    ) { _ in Relay() }
    let log = log
    watch = ProcessorDefinition(
      "watch", epochsTopic: "watch.epochs", quarantineTopic: "quarantine",
      inputs: [
        ProcessorInput("relayed", writtenBy: [.init("relay", epochsTopic: "relay.epochs")])
      ], timeTopic: "watch.time", codeHash: 1
    ) { _ in QuietWatch(log: log) }
  }

  /// A world with `tasks` tasks of the first stage and one of the second.
  private func world(_ tasks: Int32 = 1, at wallClock: Int64 = 1_000_000) -> VirtualWorld {
    let world = VirtualWorld(at: wallClock)
    for topic in ["events", "relay.epochs"] { world.cluster.topic(topic, tasks) }
    for topic in ["relayed", "watch.epochs", "watch.time", "quarantine"] { world.cluster.topic(topic, 1) }
    return world
  }

  private func recordedTime(_ world: VirtualWorld) throws -> Int64 {
    try world.cluster.epochs("watch.epochs").last?.recordedTime.rawValue ?? 0
  }

  @Test(
    "a timer of the second stage fires when all traffic has ended, because idle tasks announce their time")
  func noTraffic() throws {
    let world = world()
    world.cluster.publish("events", at: 1_000_000, "a")
    world.start("w", [relay, watch])
    world.run(.seconds(6))
    #expect(
      log.lines == ["1000000 a", "1000100 a quiet", "1000150 a! quiet", "1000200 a!! quiet"])
    let announced = try world.cluster.epochs("relay.epochs").dropFirst()
    #expect(announced.count == 1, "an idle task makes an epoch every 5 s, for its announcement")
    #expect(announced.allSatisfy { $0.ledger.read == 0 })
  }

  @Test("announcements count as folded, and the fold does not see them")
  func ledger() throws {
    let world = world()
    world.cluster.publish("events", at: 1_000_000, "a", "stop")
    world.start("w", [relay, watch])
    world.run(.seconds(11))
    let ledger = try world.cluster.epochs("watch.epochs").reduce(Ledger()) { $0 + $1.ledger }
    #expect(ledger == Ledger(read: 4, folded: 4, forwarded: 0, setAside: [:]))
    #expect(log.lines == ["1000000 a"])
    #expect(world.cluster.logs[partition("relayed")]?.count { $0.key == nil } == 3)
  }

  @Test("a record without a key that is no announcement is set aside")
  func notAnAnnouncement() throws {
    let world = world()
    world.cluster.logs[partition("relayed")] = [
      .init(timestamp: Timestamp(milliseconds: 1_000_000), key: nil, value: [1, 2])
    ]
    world.start("w", [relay, watch])
    world.run(.seconds(1))
    let ledger = try world.cluster.epochs("watch.epochs").reduce(Ledger()) { $0 + $1.ledger }
    #expect(ledger.setAside == [.undecodable: 1])
  }

  @Test("an upstream task without traffic holds time back by no more than its announcements' interval")
  func idleUpstream() throws {
    let world = world(2)
    world.start("w", [relay, watch])
    for second in 0..<20 {
      world.cluster.publish("events", 0, at: world.wallClock, "k\(second)", "stop")
      world.run(.seconds(1))
    }
    #expect(try world.wallClock - recordedTime(world) <= 5100)
    #expect(try world.cluster.epochs("watch.epochs").allSatisfy { $0.passedOver.isEmpty })
  }

  @Test("an upstream task that has never announced anything holds time, and nothing is stamped 1970")
  func neverAnnounced() throws {
    let world = world(2)
    // The first stage runs for its task 0 alone.
    var first = relay
    first.epochsTopic = "relay.first"
    world.cluster.topic("relay.first", 1)
    world.cluster.publish("events", 0, at: 999_000, "a")
    world.start("first", [first])
    world.start("second", [watch])
    world.run(.seconds(60))
    #expect(try recordedTime(world) == 999_000)
    #expect(log.lines == ["999000 a"])
    let task = try #require(world.task("second", "watch"))
    #expect(
      task.waitsFor(world.now) == "relay/1, which has not said on relayed how far it has come",
      "a person is told whom time waits for")
  }

  @Test("an upstream task that died is passed over after 30 s, and waited for again when it has caught up")
  func diedUpstream() throws {
    let world = world(2)
    var (first, second) = (relay, relay)
    (first.epochsTopic, second.epochsTopic) = ("relay.first", "relay.epochs")
    world.cluster.topic("relay.first", 1)
    world.start("both", [second])
    world.start("watch", [watch])
    world.run(.seconds(10))
    // From here on only task 0 goes on, as another worker's.
    world.kill("both")
    let end = try #require(try world.cluster.epochs("relay.epochs", 0).last)
    world.cluster.logs[partition("relay.first")] = world.cluster.logs[partition("relay.epochs")]
    world.cluster.offsets[partition("relay.first")] = Offset(end.epoch.rawValue + 1)
    world.start("first", [first])
    let held = try recordedTime(world)
    world.run(.seconds(24))
    #expect(try recordedTime(world) - held <= 5000, "held by the one that is silent")
    let waitsFor = world.task("watch", "watch")?.waitsFor(world.now)
    #expect(waitsFor?.hasPrefix("relay/1, of which nothing was heard on relayed for 2") == true)
    world.run(.seconds(16))
    #expect(try world.wallClock - recordedTime(world) <= 5100)
    let silent = UpstreamTask(topic: "relayed", processor: "relay", task: PartitionID(1))
    #expect(try world.cluster.epochs("watch.epochs").last?.passedOver == [silent])
    #expect(world.task("watch", "watch")?.waitsFor(world.now) == nil, "time goes on without it")
    // A restart of the second stage knows it from its last epoch's record.
    world.kill("watch")
    world.start("watch", [watch])
    world.run(.seconds(6))
    #expect(try world.cluster.epochs("watch.epochs").last?.passedOver == [silent])
    world.kill("first")
    world.cluster.offsets[partition("relay.epochs")] = nil
    world.cluster.logs[partition("relay.epochs")] = world.cluster.logs[partition("relay.first")]
    world.start("both", [second])
    world.run(.seconds(12))
    #expect(try world.cluster.epochs("watch.epochs").last?.passedOver == [])
    #expect(try world.wallClock - recordedTime(world) <= 5100)
    let times = try world.cluster.epochs("watch.epochs").map(\.recordedTime)
    #expect(times == times.sorted())
  }

  @Test("a second stage that restarts knows what was announced, and does not wait for the next announcement")
  func restart() throws {
    let world = world()
    world.cluster.publish("events", at: 1_000_000, "a")
    world.start("first", [relay])
    world.start("second", [watch])
    world.run(.seconds(1))
    world.kill("first")
    world.kill("second")
    log.lines = []
    world.start("second", [watch])
    world.run(.seconds(40))
    #expect(log.lines == ["1000100 a quiet", "1000150 a! quiet", "1000200 a!! quiet"])
  }

  @Test("a year through two stages in one go fires each timer at its due time, long before the next record")
  func year() throws {
    let (start, step): (Int64, Int64) = (1_700_000_000_000, 12 * 3_600_000)
    let world = world(at: start + 366 * 2 * step)
    var expected: [String] = []
    for number in 0..<365 * 2 {
      let time = start + Int64(number) * step
      world.cluster.publish("events", at: time, "k\(number)")
      let (key, marks): (String, [(Int64, String)]) = ("k\(number)", [(100, ""), (150, "!"), (200, "!!")])
      expected += ["\(time) \(key)"] + marks.map { "\(time + $0) \(key)\($1) quiet" }
    }
    world.start("w", [relay, watch])
    world.run(.seconds(12))
    #expect(log.lines == expected)
  }

  @Test("a month of partials in one epoch comes in time for windows without grace, as it would have live")
  func partialsInTime() throws {
    let world = world(at: 1_700_000_000_000)
    for topic in ["windows.epochs", "windows.out", "windows.log", "windows.due", "windows.time"] {
      world.cluster.topic(topic, 1)
    }
    let start: Int64 = 1_690_000_000_000
    for number in 0..<500 {
      world.cluster.publish("events", at: start + Int64(number) * 5_000_000, "k\(number % 3)")
    }
    let last = ProcessorDefinition(
      "relay", epochsTopic: "relay.epochs", quarantineTopic: "quarantine",
      inputs: [ProcessorInput("events", .outside)], outputs: [ProcessorOutput("relayed", isAnnounced: true)],
      codeHash: 1
    ) { _ in Last() }
    let windows = ProcessorDefinition(
      "windows", epochsTopic: "windows.epochs", quarantineTopic: "quarantine",
      inputs: [ProcessorInput("relayed", writtenBy: [.init("relay", epochsTopic: "relay.epochs")])],
      outputs: [ProcessorOutput("windows.out")], changelogTopics: ["windows.log", "windows.due"],
      timeTopic: "windows.time", codeHash: 1
    ) { _ in SumWindows(.tumbling(.seconds(10), grace: .zero)) }
    world.start("w", [last, windows])
    world.run(.seconds(12))
    let ledger = try world.cluster.epochs("windows.epochs").reduce(Ledger()) { $0 + $1.ledger }
    #expect(ledger.setAside.isEmpty && ledger.folded > 500)
    #expect(world.cluster.logs[partition("windows.out")]?.count == 500)
  }

  @Test("history through two stages in one go fires timers as it did live", arguments: [1, 2, 3])
  func historyAsLive(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var events: [(Int64, String)] = []
    var time: Int64 = 1_000_000
    for _ in 0..<200 {
      time += Int64(random.int(in: 0..<90))
      events.append((time, "k\(random.int(in: 0..<4))"))
    }
    let live = world()
    live.start("w", [relay, watch])
    var rest = events[...]
    while live.wallClock < time + 12_000 {
      while let event = rest.first, event.0 <= live.wallClock {
        live.cluster.publish("events", at: event.0, event.1)
        rest = rest.dropFirst()
      }
      live.run(.milliseconds(20))
    }
    let liveLines = log.lines
    log.lines = []
    let later = world(at: time + 1_000_000)
    for event in events { later.cluster.publish("events", at: event.0, event.1) }
    later.start("w", [relay, watch])
    later.run(.seconds(12))
    #expect(liveLines.count > 400)
    #expect(log.lines == liveLines)
  }
}
