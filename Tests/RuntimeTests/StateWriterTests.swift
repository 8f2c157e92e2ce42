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

    func task(
      _ processor: String, _ partition: PartitionID = PartitionID(0)
    ) throws -> (KeyValueStore<String, UInt64>, TaskState) {
      let store = KeyValueStore<String, UInt64>("s")
      return (store, try TaskState(TaskID(processor: processor, partition: partition), [store], writer))
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
    unsafe batch.put(Array("a/0".utf8).span.bytes, ([9, 9] as [UInt8]).span.bytes, in: family)
    try world.writer.database.write(batch)
    let (_, state) = try world.task("a")
    #expect(try decide(state, 0) == .restoreFully(.damaged))
    world.writer.shutdown()
  }

  @Test("the tasks of a processor share families and nothing else; clearing one leaves the others whole")
  func sharedFamilies() throws {
    let world = try World()
    let partitions = [0, 1, 2, 256, .max].map { PartitionID($0) }
    // The empty key is the first that a task can have.
    let keys = ["", "k", "\u{10FFFF}"]
    for (index, partition) in partitions.enumerated() {
      let (store, state) = try world.task("a", partition)
      for key in keys { store[key] = UInt64(index) }
      try commit(store, state, 0)
    }
    try world.writer.database.flush()
    #expect(world.writer.database.familyNames == ["a.s", "default", StateWriter.metadataFamilyName])
    try world.task("a", partitions[1]).1.clear()
    for (index, partition) in partitions.enumerated() {
      let (store, state) = try world.task("a", partition)
      for key in keys { #expect(store[key] == (index == 1 ? nil : UInt64(index))) }
      var found: [String] = []
      store.forEachInOrder { key, _ in found.append(key) }
      #expect(found == (index == 1 ? [] : keys))
      #expect(try decide(state, 0) == (index == 1 ? .absent : .ready))
    }
    world.writer.shutdown()
  }

  @Test("rows given up take their family with them: its tasks come back absent, other processors' behind")
  func condemned() throws {
    let world = try World()
    let (first, firstState) = try world.task("a")
    let (second, secondState) = try world.task("a", PartitionID(1))
    let (other, otherState) = try world.task("b")
    for (store, state) in [(first, firstState), (second, secondState), (other, otherState)] {
      store["k"] = 1
      try commit(store, state, 0)
    }
    try firstState.condemn()
    for (store, state) in [(second, secondState), (other, otherState)] {
      store["k"] = 2
      #expect(throws: StoreError.self) { try commit(store, state, 1) }
    }
    for partition in [0, 1] as [Int32] {
      let (store, state) = try world.task("a", PartitionID(partition))
      #expect(store["k"] == nil)
      #expect(try decide(state, 1) == .absent)
      store["k"] = 3
      try commit(store, state, 2)
    }
    let (again, revived) = try world.task("b")
    #expect(again["k"] == 1)
    #expect(try decide(revived, 0) == .ready)
    world.writer.shutdown()
  }

  @Test("a task that gives up a damaged family goes on in the new one, without beginning a second time")
  func damagedFamily() throws {
    let world = try World()
    var batch = WriteBatch()
    let short: [UInt8] = [0, 0, 0, 0, 1]
    unsafe batch.put(short.span.bytes, short.span.bytes, in: try world.writer.database.family("a.recent"))
    try world.writer.database.write(batch)
    let store = SegmentedStore<String, UInt64>("recent", lifetime: .seconds(8))
    let state = try TaskState(TaskID(processor: "a", partition: PartitionID(0)), [store], world.writer)
    #expect(try decide(state, 0) == .restoreFully(.damaged))
    try state.clear()
    let log = LogEnd(epoch: Epoch(0), recordHash: 0, recordOffset: .zero)
    try state.restored(log, clusterID: "c", changelogs: [Offset(1)], now: .zero)
    try state.flush()
    #expect(try decide(state, 0) == .ready)
    world.writer.shutdown()
  }

  @Test("rows of builds that gave each task families of its own go, and are restored")
  func olderLayout() throws {
    let remains = try Remains()
    do {
      let database = try Database(at: remains.path)
      var batch = WriteBatch()
      for name in ["a/0.s", StateWriter.metadataFamilyName] {
        unsafe batch.put(
          Array("a/0".utf8).span.bytes, ([1] as [UInt8]).span.bytes, in: try database.family(name))
      }
      try database.write(batch)
    }
    let writer = try StateWriter(try Database(at: remains.path))
    let store = KeyValueStore<String, UInt64>("s")
    let state = try TaskState(TaskID(processor: "a", partition: PartitionID(0)), [store], writer)
    #expect(try decide(state, 0) == .absent)
    #expect(writer.database.familyNames == ["a.s", "default", StateWriter.metadataFamilyName])
    writer.shutdown()
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
