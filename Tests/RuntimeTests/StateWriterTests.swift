// A disk that refuses: what was not written is never written over.
import Basics
import Store
import Synchronization
import Testing

@testable import Runtime

/// Refuses writes while it is told to.
final class BrokenDisk: Sendable {
  private let left = Atomic(0)

  func breakFor(_ writes: Int) { left.store(writes, ordering: .relaxed) }

  func write(_ batch: borrowing WriteBatch, to database: Database) throws(StoreError) {
    let before = left.load(ordering: .relaxed)
    if before > 0 {
      left.store(before - 1, ordering: .relaxed)
      throw .fatal("IO error: No space left on device")
    }
    try database.write(batch)
  }
}

@Suite struct StateWriterTests {
  private struct World {
    let remains: Remains
    let disk = BrokenDisk()
    let writer: StateWriter

    init() throws {
      remains = try Remains()
      let (database, disk) = (try Database(at: remains.path), disk)
      writer = try StateWriter(database) { (batch) throws(StoreError) in try disk.write(batch, to: database) }
    }

    func task(_ name: String) throws -> (KeyValueStore<String, UInt64>, TaskState) {
      let store = KeyValueStore<String, UInt64>("s")
      return (store, try TaskState(name, [store], writer))
    }
  }

  /// Seals and commits one epoch and hands it over.
  private func commit(
    _ store: KeyValueStore<String, UInt64>, _ state: TaskState, _ epoch: Int64
  ) throws {
    var changes = OutboundRecords()
    store.takeChanges(into: &changes, as: 0, PartitionID(0), at: .zero)
    let log = LogEnd(epoch: Epoch(epoch), recordHash: UInt64(epoch), recordOffset: Offset(epoch))
    try state.committed(log, clusterID: "c", changelogs: [Offset(epoch + 1)], now: .zero)
    try state.flush()
  }

  private func decide(_ state: TaskState, _ epoch: Int64) throws -> StartUp {
    let log = LogEnd(epoch: Epoch(epoch), recordHash: UInt64(epoch), recordOffset: Offset(epoch))
    return try state.decide(clusterID: "c", log: log, tombstoneRetention: nil, now: .zero)
  }

  @Test(
    "after a write that failed nothing is written over the gap; a task that comes back finds its rows behind")
  func gap() throws {
    let world = try World()
    let (store, state) = try world.task("a")
    store["k"] = 1
    try commit(store, state, 0)
    world.disk.breakFor(1)
    store["k"] = 2
    #expect(throws: StoreError.self) { try commit(store, state, 1) }
    // The disk would take it now.
    store["other"] = 3
    #expect(throws: StoreError.self) { try commit(store, state, 2) }
    let (again, revived) = try world.task("a")
    #expect(again["k"] == 1)
    #expect(again["other"] == nil)
    let place = LogPlace(offset: .zero, recordHash: 0)
    #expect(try decide(revived, 2) == .applyTail(from: [Offset(1)], place: place))
    world.writer.shutdown()
  }

  @Test("a task that has not come back since a failure is refused, also when another one has")
  func others() throws {
    let world = try World()
    let (first, firstState) = try world.task("a")
    let (second, secondState) = try world.task("b")
    world.disk.breakFor(1)
    first["k"] = 1
    #expect(throws: StoreError.self) { try commit(first, firstState, 0) }
    let (again, revived) = try world.task("a")
    again["k"] = 1
    try commit(again, revived, 0)
    second["k"] = 1
    #expect(throws: StoreError.self) { try commit(second, secondState, 0) }
    world.writer.shutdown()
  }

  @Test("a disk that still refuses cannot be come back to")
  func stillBroken() throws {
    let world = try World()
    let (store, state) = try world.task("a")
    world.disk.breakFor(2)
    store["k"] = 1
    #expect(throws: StoreError.self) { try commit(store, state, 0) }
    #expect(throws: StoreError.self) { try world.task("a") }
    _ = try world.task("a")
    world.writer.shutdown()
  }

  @Test("metadata that cannot be read means damage, and is restored")
  func damagedMetadata() throws {
    let world = try World()
    var batch = WriteBatch()
    let family = try world.writer.database.family(StateWriter.metadataFamilyName)
    unsafe batch.put(Array("a".utf8).span.bytes, ([9, 9] as [UInt8]).span.bytes, in: family)
    try world.writer.database.write(batch)
    let (_, state) = try world.task("a")
    #expect(try decide(state, 0) == .restoreFully(.damaged))
    world.writer.shutdown()
  }

  @Test("stores and changelogs that do not pair are refused, by number and by name")
  func pairing() {
    let stores: [any TaskStore] = [
      KeyValueStore<String, UInt64>("tallies"), KeyValueStore<String, UInt64>("seen"),
    ]
    #expect(refusalOfChangelogs(["p.tallies.changelog", "p.seen.changelog"], stores) == nil)
    #expect(refusalOfChangelogs(["one.changelog", "two.changelog"], stores) == nil)
    let wrong = [["p.tallies.changelog"], ["p.seen.changelog", "p.tallies.changelog"], ["a", "a"]]
    for topics in wrong { #expect(refusalOfChangelogs(topics, stores) != nil, "\(topics)") }
  }
}
