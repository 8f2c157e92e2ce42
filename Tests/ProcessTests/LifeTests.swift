// Real processes of the product, started, ended and killed: whatever ends in the middle of whatever, what is
// published follows from the inputs, once.
import Basics
import Foundation
import Kafka
import POSIX
import Runtime
import Testing

@testable import ratchet

/// One after another: two cores serve a broker and up to three instances at a time.
@Suite(.serialized) enum Processes {}

extension Processes {
  @Suite(.serialized) struct LifeTests {
    @Test(
      "kill -9 of everything in one process costs nothing, and it goes on where it was",
      .enabled(if: World.hasOwnBroker))
    func wholeProcess() throws {
      let world = try World(partitions: 4)
      let folder = "\(world.folder.path)/all-in-one"
      try #require(world.broker).kill()
      let instance = Instance(
        "one", world, ["--listen", world.bootstrap], data: folder)
      let audit = Audit(world: world)
      var times: [Duration] = []
      for round in 1...3 {
        let start = ContinuousClock.now
        try instance.start()
        try waitUntil("tasks run", or: { instance.printed }) { instance.isRunning }
        times.append(ContinuousClock.now - start)
        try Load(world, burst: 500, limit: 500).wait()
        // The third time everything has been counted before the kill.
        if round < 3 { instance.kill() }
      }
      try audit.settle { instance.printed }
      #expect(try audit.check() == 1500)
      #expect(instance.stop() == 0, "\(instance.printed)")
      print("start to running, all in one process: \(times)")
    }

    @Test("SIGTERM commits what is open and ends with 0; the next start goes on behind it")
    func sigterm() throws {
      let world = try World(partitions: 2)
      let instance = Instance("a", world)
      try instance.start()
      try waitUntil("tasks run", or: { instance.printed }) { instance.isRunning }
      let load = try Load(world)
      let audit = Audit(world: world)
      for _ in 0..<2 {
        try waitUntil("epochs are committed") {
          instance.tasks.contains { ($0.epoch ?? 0) > 3 }
        }
        #expect(instance.stop() == 0, "\(instance.printed)")
        try instance.start()
        try waitUntil("tasks run", or: { instance.printed }) { instance.isRunning }
      }
      try load.stop()
      try audit.settle { instance.printed }
      try audit.check()
      #expect(instance.stop() == 0, "\(instance.printed)")
    }

    @Test(
      "a second signal ends it at once, though the first one's commit cannot finish",
      .enabled(if: World.hasOwnBroker))
    func secondSignal() throws {
      let world = try World(partitions: 2)
      let broker = try #require(world.broker)
      let instance = Instance("a", world)
      try instance.start()
      try waitUntil("tasks run", or: { instance.printed }) { instance.isRunning }
      let load = try Load(world)
      try waitUntil("epochs are committed") {
        instance.tasks.contains { ($0.epoch ?? 0) > 3 }
      }
      broker.send(.pause)
      instance.send(.terminate)
      try waitUntil("it is stopping", or: { instance.printed }) {
        instance.printed.contains("SIGTERM received")
      }
      instance.send(.interrupt)
      // 128 + SIGINT: the signal ended it, it did not end by itself.
      #expect(try eventually("it is over") { instance.ended } == 130)
      broker.send(.proceed)
      try instance.start()
      try load.stop()
      let audit = Audit(world: world)
      try audit.settle { instance.printed }
      try audit.check()
      #expect(instance.stop() == 0, "\(instance.printed)")
    }

    @Test("a process that is started twice under one instance id ends with 1, says why, and doubles nothing")
    func twins() throws {
      let world = try World(partitions: 2)
      let (first, second) = (Instance("first", world), Instance("second", world))
      try first.start()
      try waitUntil("tasks run", or: { first.printed }) { first.isRunning }
      let load = try Load(world)
      // As when a data folder is copied to another machine, and both are started.
      try makeFolder("\(second.data)/engine")
      try FileManager.default.copyItem(
        atPath: "\(first.data)/engine/instance-id", toPath: "\(second.data)/engine/instance-id")
      try second.start()
      let ended = try eventually("the first is fenced", or: { first.printed + second.printed }) {
        first.ended
      }
      #expect(ended == 1 && first.printed.contains("worker_fenced"), "\(first.printed)")
      try waitUntil("the second runs", or: { second.printed }) { second.isRunning }
      try load.stop()
      let audit = Audit(world: world)
      try audit.settle { second.printed }
      try audit.check()
      #expect(second.stop() == 0, "\(second.printed)")
    }

    @Test("a data folder is one process's, and a start that waits for brokers ends at the first signal")
    func starts() throws {
      let world = try World(partitions: 1)
      let instance = Instance("a", world)
      try instance.start()
      try waitUntil("tasks run", or: { instance.printed }) { instance.isRunning }
      let intruder = Instance("intruder", world, data: instance.data)
      try intruder.start()
      #expect(try eventually("it is refused") { intruder.ended } == 1)
      #expect(intruder.printed.contains("the data folder is in use"))
      #expect(instance.stop() == 0)
      let waiting = Running(
        "waiting",
        [
          "up", "--data", "\(world.folder.path)/w", "--topology", world.topology, "--bootstrap",
          "127.0.0.1:1",
        ],
        in: world.folder.path)
      try waiting.start()
      try waitUntil("it has its folder") {
        FileManager.default.fileExists(atPath: "\(world.folder.path)/w/engine")
      }
      #expect(
        waiting.stop() == 0 && waiting.printed.contains("before anything had begun"), "\(waiting.printed)")
    }

    @Test("a group whose offsets were deleted while nobody ran goes on exactly where it was")
    func deletedOffsets() throws {
      let world = try World(partitions: 4)
      let instance = Instance("a", world, ["--session-seconds", "1"])
      let audit = Audit(world: world)
      for round in 1...3 {
        try instance.start()
        try waitUntil("tasks run", or: { instance.printed }) { instance.isRunning }
        try Load(world, burst: 300, limit: 300).wait()
        try audit.settle { instance.printed }
        #expect(instance.stop() == 0, "\(instance.printed)")
        guard round < 3 else { continue }
        // Its seat is kept until its session times out; a group with a member cannot be deleted.
        try waitUntil("the group is gone") {
          do throws(KafkaError) {
            try world.admin.deleteGroup(world.prefix)
            return true
          } catch {
            guard error.cause?.name == "NON_EMPTY_GROUP" else { throw error }
            return false
          }
        }
      }
      #expect(try audit.check() == 900)
    }

    @Test("a start that would make a lost changelog anew is refused and says which store, as plan does")
    func lostChangelog() throws {
      let world = try World(partitions: 2)
      let instance = Instance("a", world)
      try instance.start()
      try waitUntil("tasks run", or: { instance.printed }) { instance.isRunning }
      try Load(world, burst: 200, limit: 200).wait()
      try waitUntil("epochs are committed") { instance.tasks.contains { ($0.epoch ?? 0) > 3 } }
      #expect(instance.stop() == 0, "\(instance.printed)")
      let lost = world.topic("collect.executions.changelog")
      try #require(try world.admin.topics()[lost] != nil)
      try world.admin.deleteTopic(lost)
      try instance.start()
      try waitUntil("the start is refused", or: { instance.printed }) { instance.ended != nil }
      #expect(instance.ended == 1)
      #expect(instance.printed.contains("would be lost"), "\(instance.printed)")
      #expect(try world.admin.topics()[lost] == nil)
      // Under another prefix, with the same inputs, nothing has run yet.
      for (prefix, code) in [(world.prefix, Int32(1)), ("other", 0)] {
        let plan = Running(
          "plan-\(prefix)",
          [
            "plan", "--data", "\(world.folder.path)/none", "--topology", world.topology, "--prefix", prefix,
            "--inputs", world.prefix, "--bootstrap", world.bootstrap,
          ], in: world.folder.path)
        try plan.start()
        try waitUntil("the plan", or: { plan.printed }) { plan.ended != nil }
        #expect(plan.ended == code, "\(plan.printed)")
      }
    }

    @Test("a task whose records were deleted unread stalls, is listed so, and goes on when told to skip")
    func skip() throws {
      let world = try World(partitions: 1)
      let instance = Instance("a", world)
      let epochs = try startCounting(world, instance, 300)
      #expect(throws: Diagnostic.self) { try TaskDesk.ask(.skip(collect), data: instance.data) }
      #expect(instance.stop() == 0)
      try Load(world, burst: 300, limit: 300).wait()
      // A third of the events is feedback: of the second hundred, the first forty go.
      try world.admin.deleteRecords(before: [world.partition("feedback", 0): Offset(140)])
      try instance.start()
      try waitUntil("the task stalls", or: { instance.printed }) {
        instance.tasks.first { $0.name == "collect/0" }?.state == "stalled"
      }
      #expect(try TaskDesk.ask(.skip(collect), data: instance.data).hasPrefix("collect/0 goes on"))
      try waitUntil("the rest is read", or: { instance.printed }) { try recordsRead(epochs) == 560 }
      #expect(instance.stop() == 0)
      let skipped = try epochs.records.joined().flatMap { try EpochRecord(decoding: $0.value ?? []).inputs }
      #expect(skipped.reduce(0) { $0 + $1.skipped } == 40)
    }

    private let collect = TaskID(processor: "collect", partition: PartitionID(0))

    /// Runs the instance until it has committed so many events; returns the epoch log of `collect`.
    private func startCounting(_ world: World, _ instance: Instance, _ events: Int) throws -> Tail {
      try instance.start()
      try waitUntil("tasks run", or: { instance.printed }) { instance.isRunning }
      try Load(world, burst: events, limit: events).wait()
      let epochs = try Tail(world, "collect.epochs")
      try waitUntil("events are read", or: { instance.printed }) { try recordsRead(epochs) == events }
      return epochs
    }

    private func recordsRead(_ epochs: Tail) throws -> Int {
      try epochs.read()
      let inputs = try epochs.records.joined().flatMap { try EpochRecord(decoding: $0.value ?? []).inputs }
      return inputs.filter { !$0.partition.topic.hasSuffix(".control") }.reduce(0) {
        $0 + Int($1.ledger.read)
      }
    }
  }
}
