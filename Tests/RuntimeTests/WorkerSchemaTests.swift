// What a worker does with state that other code wrote, and with state that is meant to expire.
import Basics
import Kafka
import Store
import Testing

@testable import Runtime

/// A count as the first build kept it.
private struct FirstCount: Storable {
  var count: UInt64
  func store(into bytes: inout [UInt8]) { count.store(into: &bytes) }
  init(_ count: UInt64) { self.count = count }
  init?(stored bytes: RawSpan) {
    guard let count = UInt64(stored: bytes) else { return nil }
    self.init(count)
  }
}

/// As the second build keeps it.
private struct SecondCount: Storable {
  static var schemaVersion: UInt8 { 2 }
  var count: UInt64
  var isMigrated = false

  func store(into bytes: inout [UInt8]) {
    bytes.append(isMigrated ? 1 : 0)
    count.store(into: &bytes)
  }
  init(_ count: UInt64) { self.count = count }
  init?(stored bytes: RawSpan) {
    guard bytes.byteCount == 9, let count = UInt64(stored: bytes.extracting(droppingFirst: 1)) else {
      return nil
    }
    self.init(count)
    isMigrated = unsafe bytes.unsafeLoad(as: UInt8.self) == 1
  }
}

private protocol Countable: Storable {
  var count: UInt64 { get set }
  init(_ count: UInt64)
}
extension FirstCount: Countable {}
extension SecondCount: Countable {}

/// Publishes each key's count at once.
private struct CountIn<Value: Countable>: Processor {
  let counts: KeyValueStore<String, Value>
  var stores: [any TaskStore] { [counts] }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    guard let key = record.key else { return .setAside(.undecodable) }
    let count = counts.update(key.text) { value in
      var new = value ?? Value(0)
      new.count += 1
      value = new
      return new.count
    }
    let text = Array("\(count)".utf8)
    context.emit(0, key: key, value: unsafe text.span.bytes)
    return .folded
  }
}

/// Counts what lately happened, by recorded time.
private struct CountLately: Processor {
  let recent = SegmentedStore<String, UInt64>("recent", lifetime: .seconds(8))
  var stores: [any TaskStore] { [recent] }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    guard let key = record.key else { return .setAside(.undecodable) }
    recent.advance(to: context.time)
    let count = recent.update(key.text) { value in
      let new = (value ?? 0) + 1
      value = new
      return new
    }
    let text = Array("\(count)".utf8)
    context.emit(0, key: key, value: unsafe text.span.bytes)
    return .folded
  }
}

extension CountingWorld {
  fileprivate func processor<P: Processor>(_ make: @escaping @Sendable () -> P) -> ProcessorDefinition {
    ProcessorDefinition(
      "count", epochsTopic: topic("epochs"), quarantineTopic: topic("quarantine"),
      inputs: [ProcessorInput(topic("events"), .outside)], outputs: [ProcessorOutput(topic("counts"))],
      changelogTopics: [topic("changelog")], codeHash: 1
    ) { _ in make() }
  }

  /// Publishes one event for each key, stamped with this time.
  fileprivate func publish(_ keys: [String], at time_ms: Int64) throws {
    let producer = try Producer(client)
    let batch = ProduceBatch(topic: topic("events"))
    for key in keys {
      let bytes = Array(key.utf8)
      batch.append(
        to: PartitionID(0), key: unsafe bytes.span.bytes, value: RawSpan(),
        timestamp: Timestamp(milliseconds: time_ms))
    }
    try producer.produce(batch)
    try producer.flush(.seconds(20))
  }
}

@Suite(.serialized) struct WorkerSchemaTests {
  private let id = TaskID(processor: "count", partition: PartitionID(0))

  private func life(
    _ world: CountingWorld, _ processor: ProcessorDefinition, rows: Remains, until records: Int64
  ) throws {
    let disk = try StateWriter(try Database(at: rows.path))
    let worker = try HandWorker(world, "a", disk: disk, processor: processor)
    try worker.turn { _ in worker.committedRecords == records }
    try worker.worker.tasks[id]?.state?.flush()
    disk.shutdown()
  }

  private func refusal(
    _ world: CountingWorld, _ processor: ProcessorDefinition, rows: Remains
  ) throws -> String {
    let disk = try StateWriter(try Database(at: rows.path))
    let worker = try HandWorker(world, "a", disk: disk, processor: processor)
    var reason = ""
    try worker.turn { at in
      guard case .stalled(let found) = at.tasks[id]?.phase else { return false }
      reason = found
      return true
    }
    disk.shutdown()
    return reason
  }

  @Test(
    "state of an older schema stalls its task without a migration, not with one, from rows or changelog",
    arguments: [true, false])
  func schema(hasRows: Bool) throws {
    let (world, rows) = (try CountingWorld(partitions: 1), try Remains())
    let first = world.processor { CountIn(counts: KeyValueStore<String, FirstCount>("counts")) }
    let strict = world.processor { CountIn(counts: KeyValueStore<String, SecondCount>("counts")) }
    let migrating = world.processor {
      let migration = Migration<SecondCount>(from: 1) { bytes, _ in
        FirstCount(stored: bytes).map {
          var new = SecondCount($0.count)
          new.isMigrated = true
          return new
        }
      }
      return CountIn(counts: KeyValueStore<String, SecondCount>("counts", migration: migration))
    }
    try world.publish(60, keys: 6)
    try life(world, first, rows: rows, until: 60)
    let known = hasRows ? rows : try Remains()
    let reason = try refusal(world, strict, rows: known)
    #expect(reason.contains("schema version 1"))
    #expect(reason.contains("give the store a migration"))
    try world.publish(60, keys: 6)
    try life(world, migrating, rows: hasRows ? rows : try Remains(), until: 120)
    #expect(try world.counts().values.allSatisfy { $0 == 20 })
    // The build that wrote the older version cannot read the newer one.
    #expect(try refusal(world, first, rows: try Remains()).contains("run the newer build"))
  }

  @Test(
    "a segmented store forgets by recorded time, alike from memory, from its rows and from its changelog",
    arguments: ["memory", "rows", "changelog"])
  func segments(source: String) throws {
    let world = try CountingWorld(partitions: 1)
    var rows = try Remains()
    let processor = world.processor { CountLately() }
    let keys = (0..<50).map { "k\($0)" }
    let start = Int64(1_800_000_000_000)
    let times = [0, 4000, 8999, 10_000, 12_999].map { start + $0 }
    var worker: HandWorker?
    var disk: StateWriter?
    for (index, time) in times.enumerated() {
      try world.publish(keys, at: time)
      if worker == nil || source != "memory" {
        worker = nil
        disk?.shutdown()
        disk = nil
        if source == "changelog" { rows = try Remains() }
        let found = try StateWriter(try Database(at: rows.path))
        disk = found
        worker = try HandWorker(world, "a", disk: found, processor: processor)
      }
      worker?.wallClock = Timestamp(milliseconds: time)
      try worker?.turn { _ in worker?.committedRecords == Int64(50 * (index + 1)) }
      try worker?.worker.tasks[id]?.state?.flush()
    }
    worker = nil
    disk?.shutdown()
    // Eight segments of a second each and the one begun: what came to be at 0 is gone from 9 s on.
    let seen = try world.read("counts").filter { $0.hasPrefix("k7=") }
    #expect(seen == ["k7=1", "k7=2", "k7=3", "k7=1", "k7=2"])
  }
}
