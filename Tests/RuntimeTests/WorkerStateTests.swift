// A worker's state over librdkafka and RocksDB: damage, refusals, versions, segments, sizes.
import Basics
import Foundation
import Kafka
import Store
import Testing

@testable import Runtime

@Suite(.serialized) struct WorkerStateTests {
  private let id = TaskID(processor: "count", partition: PartitionID(0))

  private func counts(_ world: CountingWorld, are each: Int, keys: Int) throws {
    let counts = try world.counts()
    #expect(counts.count == keys)
    for (key, count) in counts { #expect(count == each, "\(key)") }
  }

  /// Why the task has stalled, once it has.
  private func stallReason(_ worker: HandWorker) throws -> String {
    var reason = ""
    try worker.turn { at in
      guard case .stalled(let found) = at.tasks[id]?.phase else { return false }
      reason = found
      return true
    }
    return reason
  }

  @Test("a write that fails sends tasks back to their rows and changelogs, and nothing committed is lost")
  func failingDisk() throws {
    let (world, remains, broken) = (try CountingWorld(partitions: 2), try Remains(), BrokenDisk())
    let database = try Database(at: remains.path)
    let disk = try StateWriter(database) { (batch) throws(StoreError) in
      try broken.write(batch, to: database)
    }
    try world.publish(300, keys: 30)
    let worker = try HandWorker(world, "a", disk: disk)
    try worker.turn { _ in worker.committedRecords == 300 }
    for task in worker.worker.tasks.values { try task.state?.flush() }
    // Enough for the failing write, and for some attempts to come back.
    broken.breakFor(5)
    var hasRestored = false
    for round in 2...40 {
      try world.publish(300, keys: 30)
      try worker.turn { at in
        hasRestored = hasRestored || at.tasks.values.contains { $0.phase == .restoring }
        return worker.committedRecords == Int64(300 * round)
      }
      if hasRestored && round > 20 { break }
    }
    #expect(hasRestored)
    let published = Int(worker.committedRecords)
    disk.shutdown()
    try counts(world, are: published / 30, keys: 30)
  }

  @Test("rows that turn out damaged are restored from the changelog, not served and not waited on")
  func damagedRows() throws {
    let (world, remains) = (try CountingWorld(partitions: 1), try Remains())
    try world.publish(300, keys: 30)
    for life in 1...2 {
      let disk = try StateWriter(try Database(at: remains.path))
      let worker = try HandWorker(world, "a", disk: disk)
      try worker.turn { _ in worker.committedRecords == 300 }
      if life == 1 {
        try worker.worker.tasks[id]?.state?.flush()
        var batch = WriteBatch()
        let family = try disk.database.family("count.counts")
        #expect(disk.database.familyNames.contains("count.counts"))
        unsafe batch.put(Array("\0\0\0\0k7".utf8).span.bytes, ([1, 2, 3] as [UInt8]).span.bytes, in: family)
        try disk.database.write(batch)
      } else {
        try world.publish(300, keys: 30)
        try worker.turn { _ in worker.committedRecords == 600 }
      }
      disk.shutdown()
    }
    try counts(world, are: 20, keys: 30)
  }

  @Test("a database that cannot be opened is moved aside and restored, and the start says so")
  func damagedDatabase() throws {
    let (world, remains) = (try CountingWorld(partitions: 1), try Remains())
    for life in 1...3 {
      try world.publish(300, keys: 30)
      let folder = try DataFolder(remains.path)
      let engine = try Engine.start(
        [world.processor], client: world.client, group: world.prefix, folder: folder,
        sessionTimeout: .milliseconds(1500))
      #expect((engine.notice != nil) == (life == 2), "life \(life)")
      let tail = try Tail(world, "epochs")
      try eventually {
        try tail.read()
        return try tail.epochs().joined().reduce(0) { $0 + $1.ledger.read } == Int64(300 * life)
      }
      engine.stop(within: .seconds(5))
      guard life == 1 else { continue }
      let state = remains.path + "/state"
      for name in try FileManager.default.contentsOfDirectory(atPath: state) where name.hasPrefix("MANIFEST")
      {
        try Data("no manifest".utf8).write(to: URL(fileURLWithPath: "\(state)/\(name)"))
      }
    }
    #expect(FileManager.default.fileExists(atPath: remains.path + "/state.damaged-1"))
    try counts(world, are: 30, keys: 30)
  }

  @Test("rows behind another log of the same cluster are found out by the hash of their own epoch")
  func behindAnotherLog() throws {
    let remains = try Remains()
    var reasons: Set<String> = []
    for life in 1...2 {
      let world = try CountingWorld(partitions: 1)
      if life == 2 {
        // This log gets ahead of the rows of the other one.
        for round in 1...3 {
          try world.publish(50, keys: 5)
          let worker = try HandWorker(world, "a")
          try worker.turn { _ in worker.committedRecords == Int64(50 * round) }
        }
      }
      try world.publish(50, keys: 5)
      let disk = try StateWriter(try Database(at: remains.path))
      let worker = try HandWorker(world, "a", disk: disk)
      try worker.turn { at in
        if let reason = at.tasks[id]?.restore?.reason { reasons.insert(reason) }
        return worker.committedRecords == Int64(life == 1 ? 50 : 200)
      }
      try worker.worker.tasks[id]?.state?.flush()
      disk.shutdown()
      try counts(world, are: life == 1 ? 10 : 40, keys: 5)
    }
    #expect(reasons == [StartUp.RestoreReason.differentLog.rawValue])
  }

  @Test("an epoch log that is empty beside a changelog that is not stalls the task, and says what to do")
  func orphanedChangelog() throws {
    let world = try CountingWorld(partitions: 1)
    try world.publish(50, keys: 5)
    let first = try HandWorker(world, "a")
    try first.turn { _ in first.committedRecords == 50 }
    try world.admin.createTopic(world.topic("epochs2"), partitions: 1)
    var processor = world.processor
    processor.epochsTopic = world.topic("epochs2")
    let second = try HandWorker(world, "b", processor: processor, group: "\(world.prefix)-2")
    let reason = try stallReason(second)
    #expect(reason.contains("is empty, but the changelog"))
    #expect(reason.contains("delete and create both topics"))
  }

  @Test("a changelog of nothing but an aborted epoch is as good as empty")
  func abortedChangelog() throws {
    let world = try CountingWorld(partitions: 1)
    try world.publish(50, keys: 5)
    do {
      let victim = try HandWorker(world, "a")
      try victim.turn { $0.transaction.state == .flushed }
    }
    let heir = try HandWorker(world, "a")
    try heir.turn { _ in heir.committedRecords == 50 }
    try counts(world, are: 10, keys: 5)
  }

  @Test(
    "a record that would make a value outgrow its changelog is set aside, and its task goes on",
    arguments: [false, true])
  func oversizedRecord(hasDisk: Bool) throws {
    let (world, remains) = (try CountingWorld(partitions: 1), try Remains())
    let disk = hasDisk ? try StateWriter(try Database(at: remains.path)) : nil
    let worker = try HandWorker(world, "a", disk: disk, processor: world.hoarding())
    try world.publish(40, keys: 10, value: "small")
    try worker.turn { _ in worker.committedRecords == 40 }
    // The second and the third do not fit beside what is there.
    try world.publish(3, keys: 1, value: String(repeating: "x", count: 500_000))
    try world.publish(40, keys: 10, value: "small")
    try worker.turn { _ in worker.committedRecords == 83 }
    let ledger = try world.epochs()[0].reduce(Ledger()) { $0 + $1.ledger }
    #expect(ledger == Ledger(read: 83, folded: 81, forwarded: 0, setAside: [.stateTooLarge: 2]))
    let (tail, changes) = (try Tail(world, "quarantine"), try Tail(world, "changelog"))
    try tail.readToEnd()
    #expect(tail.records[0].map(\.key) == [41, 42].map { "\(world.topic("events"))/0@\($0)" })
    try changes.readToEnd()
    #expect(changes.records[0].last { $0.key == "k0" }?.value.count == 500_000 + 8 * 5 + 1)
    disk?.shutdown()
  }

  @Test("a value that has outgrown its changelog by no record stalls its task, and the others go on")
  func oversizedState() throws {
    let world = try CountingWorld(partitions: 2)
    let worker = try HandWorker(world, "a", processor: world.hoarding(atTheEnd: true))
    try world.publish(40, keys: 10, value: "small")
    try worker.turn { _ in worker.committedRecords == 40 }
    // k0 alone, thrice as much as a record may hold.
    try world.publish(3, keys: 1, value: String(repeating: "x", count: 500_000))
    let stalled = murmur2Partition(ofKey: "k0", of: 2)
    try worker.turn { at in
      guard case .stalled(let reason) = at.tasks[TaskID(processor: "count", partition: stalled)]?.phase else {
        return false
      }
      return reason.contains("a value of the store \"hoard\" has grown to")
    }
    try world.publish(40, keys: 10, value: "small")
    let other = TaskID(processor: "count", partition: PartitionID(1 - stalled.rawValue))
    try worker.turn { at in at.tasks[other]?.inputs[0].end != nil && !at.transaction.isOpen }
    #expect(try world.epochs()[Int(stalled.rawValue)].last?.inputs[0].next.rawValue ?? 0 <= 40)
  }

  @Test("a record that its topic refuses stalls the one task that sends it, and the others go on")
  func refusedRecord() throws {
    let world = try CountingWorld(partitions: 2)
    // Below the engine's own limit, so that only the broker can refuse.
    try world.admin.createTopic(
      world.topic("narrow"), partitions: 2, settings: ["max.message.bytes": "2000"])
    var processor = world.processor
    processor.outputs[1] = ProcessorOutput(world.topic("narrow"))
    let worker = try HandWorker(world, "a", processor: processor)
    try worker.turn { _ in worker.isIdle }
    let stalled = murmur2Partition(ofKey: "k0", of: 2)
    try world.publish(1, keys: 1, value: "away" + String(repeating: " ", count: 5000))
    try world.publish(40, keys: 10)
    try worker.turn { at in
      guard case .stalled(let reason) = at.tasks[TaskID(processor: "count", partition: stalled)]?.phase else {
        return false
      }
      return reason.contains("MSG_SIZE_TOO_LARGE")
    }
    let other = TaskID(processor: "count", partition: PartitionID(1 - stalled.rawValue))
    try worker.turn { at in at.tasks[other]?.memory?.last != nil && !at.transaction.isOpen }
    #expect(try !world.epochs()[Int(other.partition.rawValue)].isEmpty)
  }

  @Test("a restore tells how far it is, and how fast it goes")
  func progress() throws {
    let world = try CountingWorld(partitions: 1)
    for round in 1...3 {
      try world.publish(3000, keys: 3000)
      let worker = try HandWorker(world, "a")
      var left: Int64?
      try worker.turn { at in
        let now = Moment(wallClock: systemTime(), uptime: .seconds(3600))
        let status = at.status(now).tasks.first
        if case .restoring(let records, let perSecond) = status?.state, let found = status?.restoreLeft {
          #expect(found <= (left ?? .max))
          #expect(perSecond > 0 || records == 0)
          left = found
        }
        return worker.committedRecords == Int64(3000 * round)
      }
      if round > 1 { #expect(left != nil) }
    }
  }
}

extension CountingWorld {
  /// Keeps all that a key was ever sent.
  func hoarding(atTheEnd: Bool = false) -> ProcessorDefinition {
    ProcessorDefinition(
      "count", epochsTopic: topic("epochs"), quarantineTopic: topic("quarantine"),
      inputs: [ProcessorInput(topic("events"), .outside)], changelogTopics: [topic("changelog")], codeHash: 1
    ) { _ in Hoard(isAtTheEnd: atTheEnd) }
  }
}

private struct Hoard: Processor {
  let isAtTheEnd: Bool
  let hoard = KeyValueStore<String, String>("hoard")
  private var waiting: [(key: String, value: String)] = []

  init(isAtTheEnd: Bool) { self.isAtTheEnd = isAtTheEnd }

  var stores: [any TaskStore] { [hoard] }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    guard let key = record.key, let value = record.value else { return .setAside(.undecodable) }
    waiting.append((key.text, value.text))
    if !isAtTheEnd { keep() }
    return .folded
  }

  mutating func closeEpoch(in context: inout FoldContext) { keep() }

  private mutating func keep() {
    for (key, value) in waiting { hoard.update(key) { $0 = ($0 ?? "") + value } }
    waiting = []
  }
}
