// What a start would do with stores, told before it: checked against rows that a live engine has left.
import Basics
import Foundation
import Kafka
import Store
import Testing

@testable import Replay
@testable import Runtime

/// A sum as a later build has it; it reads the older layout only by a migration.
private struct NewSum: Storable {
  static let schemaVersion: UInt8 = 2
  var sum = Sum()

  init(_ sum: Sum) { self.sum = sum }
  init?(stored bytes: RawSpan) {
    guard let sum = Sum(stored: bytes) else { return nil }
    self.sum = sum
  }
  func store(into bytes: inout [UInt8]) { sum.store(into: &bytes) }
}

private struct NewTally: Processor {
  let sums: KeyValueStore<String, NewSum>
  let more: KeyValueStore<String, NewSum>?
  var stores: [any TaskStore] { more.map { [sums, $0] } ?? [sums] }

  init(migrates: Bool, adds store: String?) {
    more = store.map { KeyValueStore($0) }
    let migration = Migration<NewSum>(from: 1) { bytes, _ in Sum(stored: bytes).map(NewSum.init) }
    sums = KeyValueStore("sums", migration: migrates ? migration : nil)
  }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict { .folded }
}

@Suite(.serialized) struct ForecastTests {
  private let world: World
  private let folder: String

  init() throws {
    world = try World(partitions: 1)
    folder = FileManager.default.temporaryDirectory.path + "/ratchet-plan-\(UUID().uuidString)"
  }

  private func withDisk<Answer>(_ body: (StateWriter) throws -> Answer) throws -> Answer {
    let writer = try StateWriter(Database(at: folder))
    defer { writer.shutdown() }
    return try body(writer)
  }

  private func forecast(_ processor: ProcessorDefinition, _ disk: StateWriter?) throws -> TaskForecast {
    let port = try KafkaPort(
      KafkaPortSettings(client: world.client, group: "", instance: ""), epochsTopics: [], partitions: 2)
    return try TaskForecast(
      PartitionID(0), of: processor, port, disk: disk, tombstoneRetention: .seconds(1000), now: systemTime())
  }

  private func action(_ processor: ProcessorDefinition, _ disk: StateWriter?) throws -> TaskForecast.Action? {
    try forecast(processor, disk).stores.first?.action
  }

  private func newTally(
    migrates: Bool, changelog: String = "changelog", adds store: String? = nil, code: UInt64 = 2
  ) -> ProcessorDefinition {
    ProcessorDefinition(
      "tally", epochsTopic: world.topic("epochs"), quarantineTopic: world.topic("quarantine"),
      inputs: [ProcessorInput(world.topic("events"), .outside)],
      outputs: [ProcessorOutput(world.topic("tallies"))],
      changelogTopics: [world.topic(changelog)] + (store == nil ? [] : [world.topic("new")]),
      codeHash: code
    ) { _ in NewTally(migrates: migrates, adds: store) }
  }

  /// Runs live with the disk until so many records have been folded, and ends with all rows written.
  private func run(until records: Int64) throws {
    try withDisk { disk in
      let worker = Worker(
        0, [world.tally()], EngineSettings(), try world.workerPort(world.tally()), disk: disk)
      let start = ContinuousClock.now
      try eventually {
        let now = Moment(wallClock: systemTime(), uptime: ContinuousClock.now - start)
        if case .upTo(let duration) = worker.turn(now) { worker.port.wait(duration) }
        let done = worker.tasks.values.first?.memory?.last?.record.inputs[0].next.rawValue ?? 0
        return done >= records && !worker.transaction.isOpen
      }
      for task in worker.tasks.values { try task.state?.flush() }
    }
  }

  @Test("each store is begun, reused, migrated, restored or refused as a start would do, and nothing changes")
  func actions() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(try action(world.tally(), nil) == .begin)
    try world.publish((0..<10).map { ("k\($0)", "1") })
    try run(until: 10)
    #expect(try action(world.tally(), nil) == .restore)
    try withDisk { disk in
      let ends = try world.ends(["epochs", "changelog"])
      #expect(try action(world.tally(), disk) == .reuse)
      #expect(try action(newTally(migrates: true), disk) == .migrate)
      #expect(try forecast(newTally(migrates: true), disk).isOtherCode)
      let refused = try forecast(newTally(migrates: false), disk)
      #expect(refused.isRefused && refused.stores[0].why.contains("schema version 1"))
      #expect(try world.ends(["epochs", "changelog"]) == ends)
    }
    try world.publish([("k1", "1")])
    try world.run(world.tally(), instance: "b", until: 11)
    try withDisk { disk in
      let behind = try forecast(world.tally(), disk)
      #expect(behind.stores[0].action == .reuse && behind.stores[0].why.contains("from offset"))
    }
  }

  @Test("a start whose changelog is gone or is another topic by now is refused, because state would be lost")
  func loss() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try world.publish((0..<10).map { ("k\($0)", "1") })
    try run(until: 10)
    try withDisk { disk in
      let empty = try forecast(newTally(migrates: true, changelog: "control"), disk)
      #expect(empty.isRefused && empty.stores[0].why.contains("another topic"))
      let gone = try forecast(newTally(migrates: true, changelog: "nowhere"), disk)
      #expect(gone.isRefused && gone.stores[0].why.contains("not there"))
      #expect(try forecast(newTally(migrates: true, changelog: "nowhere"), nil).isRefused)
      // A store that the rows know nothing of: new with other code, lost with the same.
      let newer = try forecast(newTally(migrates: true, changelog: "nowhere", adds: "more"), disk)
      #expect(newer.stores.map(\.action) == [.refuse, .begin])
      let same = try forecast(newTally(migrates: true, changelog: "changelog", adds: "more", code: 1), disk)
      #expect(same.stores.map(\.action) == [.restore, .refuse])
      #expect(try forecast(newTally(migrates: true, adds: "more"), nil).stores[1].action == .refuse)
      // The worker's own start says the same.
      try expectStall(of: newTally(migrates: true, changelog: "control"), disk)
    }
    // Also of rows that are behind the log.
    try world.publish([("k1", "1")])
    try world.run(world.tally(), instance: "b", until: 11)
    try withDisk { disk in try expectStall(of: newTally(migrates: true, changelog: "control"), disk) }
  }

  private func expectStall(of definition: ProcessorDefinition, _ disk: StateWriter) throws {
    let worker = Worker(0, [definition], EngineSettings(), try world.workerPort(definition), disk: disk)
    let start = ContinuousClock.now
    try eventually {
      let now = Moment(wallClock: systemTime(), uptime: ContinuousClock.now - start)
      if case .upTo(let duration) = worker.turn(now) { worker.port.wait(duration) }
      guard case .stalled(let reason)? = worker.tasks.values.first?.phase else { return false }
      return reason.contains("another topic")
    }
  }

  @Test("inputs that were deleted before the task read them are told")
  func deletedInputs() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try world.publish((0..<10).map { ("k\($0)", "1") })
    try run(until: 10)
    try world.publish((0..<10).map { ("k\($0)", "1") })
    try world.admin.deleteRecords(before: [world.partition("events"): Offset(15)])
    let forecast = try forecast(world.tally(), nil)
    #expect(forecast.warnings.count == 1 && !forecast.isRefused)
  }
}
