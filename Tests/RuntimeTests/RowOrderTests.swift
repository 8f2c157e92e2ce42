// Rows follow the log: at no step of a transaction do they hold what is not committed, and what they have
// forgotten stays forgotten.
import Basics
import Store
import Synchronization
import Testing

@testable import Runtime

@Suite(.serialized) struct RowOrderTests {
  private let id = TaskID(processor: "count", partition: PartitionID(0))

  @Test(
    "a worker that dies in a transaction leaves rows that hold no more than the log",
    arguments: [.begun, .produced, .flushed, .offered, .ready] as [TransactionSteps.State])
  func neverAhead(state: TransactionSteps.State) throws {
    let (world, remains) = (try CountingWorld(partitions: 1), try Remains())
    let disk = try StateWriter(try Database(at: remains.path))
    try world.publish(30, keys: 10)
    do {
      let victim = try HandWorker(world, "a", disk: disk, processor: world.impatient)
      try victim.turn { _ in victim.committedRecords == 30 }
      try world.publish(30, keys: 10)
      try victim.turn { at in
        at.tasks[id]?.sealed != nil && (at.transaction.state == state || state == .ready)
      }
    }
    try disk.drain()
    let metadata = try #require(try disk.metadata(of: id))
    let logged = try world.epochs()[0]
    #expect(metadata.epoch <= (try #require(logged.last)).epoch)
    let record = try #require(logged.first { $0.epoch == metadata.epoch })
    #expect(unsafe XXH64.hash(record.encoded().span.bytes) == metadata.recordHash)
    disk.shutdown()
  }

  /// Loses, from some moment on, every write that was not to be waited for.
  private final class Cache: Sendable {
    let isLosing = Atomic(false)

    func write(_ batch: borrowing WriteBatch, to database: Database) throws(StoreError) {
      if isLosing.load(ordering: .relaxed), !batch.isSynced { return }
      try database.write(batch)
    }
  }

  @Test("after a loss of power during a full restore the task is absent, not full of nothing")
  func powerLoss() throws {
    let (remains, cache) = (try Remains(), Cache())
    do {
      let first = try TaskProcess(remains, KeyValueStore<String, Tally>("s")) {
        (database, batch) throws(StoreError) in try cache.write(batch, to: database)
      }
      first.store["k"] = Tally(1)
      try first.commit()
      try first.state.flush()
      cache.isLosing.store(true, ordering: .relaxed)
      try first.state.clear()
      first.crash()
    }
    try withProcess(remains, KeyValueStore<String, Tally>("s")) { second in
      #expect(second.startUp == .absent)
      #expect(second.store["k"] == Tally(1))
    }
  }
}

extension CountingWorld {
  /// Has so little memory that each epoch's changes are written at once.
  fileprivate var impatient: ProcessorDefinition {
    ProcessorDefinition(
      "count", epochsTopic: topic("epochs"), quarantineTopic: topic("quarantine"),
      inputs: [ProcessorInput(topic("events"), .outside)], changelogTopics: [topic("changelog")], codeHash: 1
    ) { _ in Impatient() }
  }
}

private struct Impatient: Processor {
  let counts = KeyValueStore<String, UInt64>("counts", memory: 1)
  var stores: [any TaskStore] { [counts] }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    guard let key = record.key else { return .setAside(.undecodable) }
    counts.update(key.text) { $0 = ($0 ?? 0) + 1 }
    return .folded
  }
}
