// The worker over librdkafka and an honest broker: exactly once, whatever ends in the middle of whatever.
import Basics
import Kafka
import Store
import Testing

@testable import Runtime

@Suite(.serialized) struct WorkerTests {
  /// Checks that the epochs follow each other without gap or overlap, and returns how many records they read.
  private func recordsInEpochs(_ world: CountingWorld) throws -> Int64 {
    var read: Int64 = 0
    for epochs in try world.epochs() {
      for (index, record) in epochs.enumerated() {
        #expect(record.epoch == Epoch(Int64(index)))
        #expect(record.inputs[0].first == (index == 0 ? .zero : epochs[index - 1].inputs[0].next))
        #expect(index == 0 || record.recordedTime >= epochs[index - 1].recordedTime)
        read += record.ledger.read
      }
    }
    return read
  }

  /// Waits until committed epochs have read so many records.
  private func follow(
    _ tail: Tail, until records: Int64, _ location: SourceLocation = #_sourceLocation
  ) throws {
    try eventually(location) {
      try tail.read()
      return try tail.epochs().joined().reduce(0) { $0 + $1.ledger.read } >= records
    }
  }

  private func expectCounts(_ world: CountingWorld, _ each: Int, keys: Int) throws {
    let counts = try world.counts()
    #expect(counts.count == keys)
    for (key, count) in counts { #expect(count == each, "\(key)") }
  }

  @Test("every event is counted once by two engines that share the tasks")
  func countsOnce() throws {
    let world = try CountingWorld(partitions: 4)
    try world.publish(2000, keys: 20)
    let tail = try Tail(world, "epochs")
    let first = try world.engine("a")
    try follow(tail, until: 2000)
    let second = try world.engine("b")
    for round in 2...5 {
      try world.publish(2000, keys: 20)
      try follow(tail, until: Int64(2000 * round))
    }
    second.stop(within: .seconds(5))
    first.stop(within: .seconds(5))
    #expect(try recordsInEpochs(world) == 10_000)
    try expectCounts(world, 500, keys: 20)
  }

  @Test(
    "a worker killed in the middle of an epoch costs nothing and doubles nothing",
    arguments: [TransactionSteps.State.begun, .produced, .flushed, .offered, .ready])
  func killed(_ state: TransactionSteps.State) throws {
    let world = try CountingWorld(partitions: 2)
    try world.publish(300, keys: 6)
    do {
      let victim = try HandWorker(world, "a")
      // `.ready` after an open transaction: the commit is known, and the worker dies before its next turn.
      var wasOpen = false
      try victim.turn { worker in
        wasOpen = wasOpen || worker.transaction.isOpen
        return wasOpen && worker.transaction.state == state
      }
    }
    let heir = try HandWorker(world, "a")
    try heir.turn { _ in heir.isIdle }
    try world.publish(300, keys: 6)
    try heir.turn { _ in heir.committedRecords == 600 }
    #expect(try recordsInEpochs(world) == 600)
    try expectCounts(world, 100, keys: 6)
  }

  @Test(
    "a worker that was paused until another took over fails to commit or finds its commit known",
    arguments: [TransactionSteps.State.flushed, .offered])
  func paused(_ state: TransactionSteps.State) throws {
    let world = try CountingWorld(partitions: 2)
    try world.publish(300, keys: 6)
    let sleeper = try HandWorker(world, "a", ["max.poll.interval.ms": "2000", "session.timeout.ms": "1500"])
    try sleeper.turn { $0.transaction.state == state }
    let successor = try HandWorker(
      world, "b", ["max.poll.interval.ms": "2000", "session.timeout.ms": "1500"])
    try successor.turn { $0.tasks.count == 2 }
    if state == .flushed {
      // Nothing of the sleeper's is pending, so the successor goes on at once.
      try successor.turn { _ in successor.isIdle }
    } else {
      // The sleeper's offsets are pending: however often it is turned, the successor must not go on.
      for _ in 0..<20 { successor.turn() }
    }
    try eventually {
      sleeper.turn()
      successor.turn()
      return !sleeper.worker.transaction.isOpen
    }
    try eventually {
      sleeper.turn()
      successor.turn()
      return sleeper.committedRecords + successor.committedRecords >= 300
    }
    try world.publish(300, keys: 6)
    try eventually {
      sleeper.turn()
      successor.turn()
      return sleeper.committedRecords + successor.committedRecords >= 600
    }
    #expect(try recordsInEpochs(world) == 600)
    try expectCounts(world, 100, keys: 6)
  }

  @Test(
    "a commit without a clear answer is settled by the log: what is there is not sent again, what is not is",
    arguments: [
      [DoubtfulPort.Lie.committedButUnknown], [.lostAndUnknown],
      [.lostAndUnknown, .committedButUnknown, .lostAndUnknown],
    ])
  func doubtful(_ lies: [DoubtfulPort.Lie]) throws {
    let world = try CountingWorld(partitions: 2)
    try world.publish(300, keys: 6)
    let worker = try HandWorker(world, "a", lies: lies)
    var hasRestored = false
    try worker.turn { at in
      hasRestored = hasRestored || at.tasks.values.contains { $0.phase == .restoring }
      return worker.isIdle && worker.committedRecords == 300
    }
    #expect(!hasRestored, "what is in memory is enough to go on")
    try world.publish(300, keys: 6)
    try worker.turn { _ in worker.committedRecords == 600 }
    #expect(try recordsInEpochs(world) == 600)
    try expectCounts(world, 100, keys: 6)
  }

  @Test("a group that has forgotten its offsets goes on behind the last epoch record")
  func forgottenOffsets() throws {
    let world = try CountingWorld(partitions: 2)
    try world.publish(300, keys: 6)
    let tail = try Tail(world, "epochs")
    let first = try world.engine()
    try follow(tail, until: 300)
    first.stop(within: .seconds(5))
    let (client, processor, group) = (world.client, world.processor, "\(world.prefix)-other")
    let second = try Engine.start([processor]) { (_) throws(Diagnostic) in
      try KafkaPort.make(KafkaPortSettings(client: client, group: group, instance: group), [processor])
    }
    try world.publish(300, keys: 6)
    try follow(tail, until: 600)
    second.stop(within: .seconds(5))
    #expect(try recordsInEpochs(world) == 600)
    try expectCounts(world, 100, keys: 6)
  }

  @Test("records set aside stand in quarantine in the transaction of their epoch, and the ledger counts them")
  func quarantine() throws {
    let world = try CountingWorld(partitions: 2)
    try world.publish(10, keys: 2)
    try world.publish(4, keys: 4, value: "bad")
    let tail = try Tail(world, "epochs")
    let engine = try world.engine()
    try follow(tail, until: 14)
    engine.stop(within: .seconds(5))
    let quarantined = try world.read("quarantine")
    #expect(quarantined.count == 4 && Set(quarantined).count == 4)
    #expect(quarantined.allSatisfy { $0.contains("events/") && $0.hasSuffix("=bad") })
    let ledger = try world.epochs().joined().reduce(Ledger()) { $0 + $1.ledger }
    #expect(ledger == Ledger(read: 14, folded: 10, forwarded: 0, setAside: [.invalid: 4]))
  }

  @Test("a second worker under the same instance id ends the first, as fenced, and no other way")
  func fenced() throws {
    let world = try CountingWorld(partitions: 1)
    let first = try HandWorker(world, "a")
    try first.turn { _ in first.isIdle }
    let second = try HandWorker(world, "a")
    try eventually {
      first.turn()
      second.turn()
      return first.worker.hasEnded && second.isIdle
    }
    let now = Moment(wallClock: systemTime(), uptime: .zero)
    #expect(first.worker.status(now).tasks.map(\.state) == [.fenced])
  }

  @Test("a worker that is told to stop commits what it has gathered")
  func stop() throws {
    let world = try CountingWorld(partitions: 1)
    let hand = try HandWorker(world, "a")
    try hand.turn { _ in hand.isIdle }
    try world.publish(50, keys: 5)
    let engine = hand.worker
    try hand.turn { worker in
      worker.tasks.values.contains { $0.inputs.allSatisfy { $0.end != nil && $0.next == Offset(50) } }
    }
    let now = Moment(wallClock: systemTime(), uptime: .seconds(1000))
    _ = engine.turn(now, [.stop(within: .seconds(5))])
    try hand.turn { $0.hasEnded }
    #expect(try recordsInEpochs(world) == 50)
  }

  @Test("a worker that comes back to its own rows reads at most the changelog's tail, and counts go on")
  func ownRows() throws {
    let world = try CountingWorld(partitions: 2)
    let remains = try Remains()
    try world.publish(600, keys: 300)
    for round in 1...3 {
      // Each round ends without a word to anybody, sometimes with rows that are epochs behind.
      let disk = try StateWriter(try Database(at: remains.path))
      let worker = try HandWorker(world, "a", disk: disk)
      var restored: Int64 = 0
      try worker.turn { at in
        for task in at.tasks.values { restored = max(restored, task.restore?.records ?? 0) }
        return worker.committedRecords == Int64(600 * round)
      }
      if round > 1 { #expect(restored < 300) }
      if round == 2 { for task in worker.worker.tasks.values { try task.state?.flush() } }
      disk.shutdown()
      try world.publish(600, keys: 300)
    }
    try expectCounts(world, 6, keys: 300)
  }

  @Test("rows that another cluster wrote are restored anew")
  func rowsOfAnotherLog() throws {
    let remains = try Remains()
    for _ in 1...2 {
      let world = try CountingWorld(partitions: 1)
      try world.publish(50, keys: 5)
      let disk = try StateWriter(try Database(at: remains.path))
      let worker = try HandWorker(world, "a", disk: disk)
      try worker.turn { _ in worker.committedRecords == 50 }
      for task in worker.worker.tasks.values { try task.state?.flush() }
      disk.shutdown()
      try expectCounts(world, 10, keys: 5)
    }
  }

  @Test("a task whose next record was deleted stalls and says so, and goes on when told to skip")
  func deletedRecords() throws {
    let world = try CountingWorld(partitions: 1)
    try world.publish(10, keys: 1)
    do {
      let first = try HandWorker(world, "a")
      try first.turn { _ in first.isIdle }
    }
    try world.publish(20, keys: 1)
    let events = TopicPartition(topic: world.topic("events"), partition: PartitionID(0))
    try world.admin.deleteRecords(before: [events: Offset(25)])
    let second = try HandWorker(world, "a")
    let id = TaskID(processor: "count", partition: PartitionID(0))
    try second.turn { worker in
      if case .stalled = worker.tasks[id]?.phase { true } else { false }
    }
    _ = second.worker.turn(Moment(wallClock: systemTime(), uptime: .zero), [.skip(id)])
    try second.turn { _ in second.isIdle }
    let skips = try world.epochs()[0].map { $0.inputs[0] }.filter { $0.skipped != 0 }
    #expect(skips.map(\.skipped) == [15])
    #expect(skips.map(\.first) == [Offset(25)])
    #expect(try world.counts() == ["k0": 15])
  }
}
