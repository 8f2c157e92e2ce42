import Basics
import Testing

@testable import Runtime

@Suite struct StartUpTests {
  private let now = Timestamp(milliseconds: 100_000_000_000)

  private func metadata(
    epoch: Int64 = 7, hash: UInt64 = 70, cluster: String = "c", age: Duration = .zero, schema: UInt8 = 1,
    store: String = "s", place: Offset? = Offset(9)
  ) -> TaskMetadata {
    TaskMetadata(
      epoch: Epoch(epoch), recordHash: hash, recordOffset: place, clusterID: cluster,
      writtenAt: now + (.zero - age),
      stores: [TaskMetadata.StorePosition(store, next: Offset(40), oldestSchema: schema)])
  }

  private func decide(
    _ metadata: TaskMetadata?, log: LogEnd? = LogEnd(epoch: Epoch(7), recordHash: 70),
    schema: StoreSchema = StoreSchema(current: 1, oldestReadable: 1),
    retention: Duration? = .seconds(7 * 86_400)
  ) throws(Diagnostic) -> StartUp {
    try StartUp.decide(
      metadata,
      StartUpFacts(
        clusterID: "c", log: log, stores: [("s", schema)], tombstoneRetention: retention, now: now))
  }

  @Test("the same epoch with the same hash is ready, however old")
  func equal() throws {
    #expect(try decide(metadata(age: .seconds(30 * 86_400))) == .ready)
    #expect(try decide(nil, log: nil) == .ready)
  }

  @Test("a store behind the log applies its changelog's tail, if its own epoch's place in the log is known")
  func behind() throws {
    #expect(try decide(metadata(epoch: 5, hash: 1)) == tail(1))
    #expect(try decide(metadata(epoch: 5, place: nil)) == .restoreFully(.unknownPlace))
  }

  private func tail(_ hash: UInt64) -> StartUp {
    .applyTail(from: [Offset(40)], place: LogPlace(offset: Offset(9), recordHash: hash))
  }

  @Test("a store ahead of the log, or another's, is restored fully")
  func others() throws {
    #expect(try decide(metadata(epoch: 8)) == .restoreFully(.ahead))
    #expect(try decide(metadata(hash: 71)) == .restoreFully(.differentLog))
    #expect(try decide(metadata(cluster: "d")) == .restoreFully(.differentCluster))
    #expect(try decide(metadata(store: "t")) == .restoreFully(.differentStores))
    #expect(try decide(metadata(), log: nil) == .restoreFully(.differentLog))
  }

  @Test("a store behind by more than half of the tombstones' retention is stale, and not before")
  func stale() throws {
    let half = Duration.milliseconds(7 * 86_400 * 500)
    #expect(try decide(metadata(epoch: 5, age: half)) == tail(70))
    #expect(
      try decide(metadata(epoch: 5, age: half + .milliseconds(1))) == .restoreFully(.stale))
    #expect(try decide(metadata(epoch: 5, age: half * 9), retention: nil) == tail(70))
  }

  @Test("nothing on disk and a log is absent")
  func absent() throws { #expect(try decide(nil) == .absent) }

  @Test("an older schema is read by a migration or refused, a newer one is refused")
  func schemas() throws {
    let migrating = StoreSchema(current: 3, oldestReadable: 2)
    #expect(try decide(metadata(schema: 2), schema: migrating) == .ready)
    #expect(throws: Diagnostic.self) { try decide(metadata(schema: 1), schema: migrating) }
    #expect(throws: Diagnostic.self) { try decide(metadata(schema: 4), schema: migrating) }
  }

  @Test("metadata is what its bytes say, and cut bytes are none")
  func bytes() {
    let original = metadata(epoch: 1 << 40, hash: .max, cluster: "lkc-é", schema: 9)
    var bytes: [UInt8] = []
    original.store(into: &bytes)
    #expect(unsafe TaskMetadata(stored: bytes.span.bytes) == original)
    for end in bytes.indices {
      #expect(unsafe TaskMetadata(stored: bytes.span.bytes.extracting(first: end)) == nil)
    }
  }
}
