// What stores promise beyond equalling a dictionary: bounds, versions, failures.
import Basics
import Store
import Testing

@testable import Runtime

@Suite struct StateTests {
  @Test("ten times more keys than memory holds stay within its bound, and each keeps its value")
  func boundedMemory() throws {
    let bound = 200_000
    let process = try TaskProcess(
      try Remains(), KeyValueStore<UInt64, Tally>("tallies", memory: bound))
    let note = String(repeating: "n", count: 100)
    // Ten thousand entries of about 250 bytes are more than ten times the bound.
    for round in 0..<2 as Range<UInt64> {
      for key in 0..<10_000 as Range<UInt64> {
        process.store.update(key) { $0 = Tally(($0?.count ?? 0) + key, note) }
        if key % 100 == 99 { try process.commit() }
        if key % 1000 == 999 {
          try process.state.flush()
          process.store.read(key) { _ in }
          process.store.read(UInt64.max - key) { #expect($0 == nil) }
          #expect(process.state.usedBytes <= bound + 500, "round \(round), key \(key)")
        }
      }
    }
    for key in 0..<10_000 as Range<UInt64> { #expect(process.store[key] == Tally(2 * key, note)) }
    #expect(process.state.usedBytes <= bound + 500)
    process.crash()
  }

  @Test("a disk that lags is waited for: memory stays within its bound, and each key keeps its value")
  func boundedMemoryBehindASlowDisk() throws {
    let bound = 200_000
    let process = try TaskProcess(try Remains(), KeyValueStore<UInt64, Tally>("tallies", memory: bound)) {
      (database, batch) throws(StoreError) in
      for _ in 0..<30 { try database.write(batch) }
    }
    let note = String(repeating: "n", count: 100)
    var most = 0
    for round in 1...2 as ClosedRange<UInt64> {
      for key in 0..<10_000 as Range<UInt64> {
        process.store.update(key) { $0 = Tally(($0?.count ?? 0) + key, note) }
        if key % 7 == 0 { process.store.update(key / 2) { $0?.note += "!" } }
        if key % 50 == 49 { try process.commit() }
        most = max(most, process.state.usedBytes)
      }
      for key in 0..<10_000 as Range<UInt64> { #expect(process.store[key]?.count == round * key) }
    }
    // Above it by what `wantsBatch` lets gather, and by one epoch's changes.
    #expect(most <= bound + bound / 4 + 60 * 300)
    process.crash()
  }

  @Test("changes are sealed in the order of first touch, each key once, and the same hash follows")
  func changes() throws {
    func run(memory: Int) throws -> (records: [String], hash: UInt64) {
      let process = try TaskProcess(try Remains(), KeyValueStore<String, Tally>("s", memory: memory))
      process.store["b"] = Tally(1)
      process.store["a"] = Tally(1)
      process.store["gone"] = Tally(1)
      try process.commit()
      try process.state.flush()
      process.store["a"] = Tally(2)
      process.store["gone"] = nil
      process.store["b"] = Tally(2)
      process.store["never"] = nil
      process.store["a"] = Tally(3)
      let changes = try process.commit()
      process.crash()
      return ((0..<changes.count).map { describe(changes, $0) }, changes.hash())
    }
    let roomy = try run(memory: 1 << 20)
    #expect(roomy.records == ["a=3", "gone=nil", "b=2"])
    #expect(try run(memory: 1).hash == roomy.hash)
  }

  private func describe(_ changes: OutboundRecords, _ index: Int) -> String {
    let record = changes[index]
    let key = record.key.flatMapString
    guard let value = record.value else { return "\(key)=nil" }
    return "\(key)=\(Tally(stored: value.extracting(droppingFirst: 1))?.count ?? 0)"
  }

  /// `Tally` as it was before it had a note.
  private struct OldTally: Storable {
    var count: UInt64
    func store(into bytes: inout [UInt8]) { count.store(into: &bytes) }
    init(_ count: UInt64) { self.count = count }
    init?(stored bytes: RawSpan) {
      guard let count = UInt64(stored: bytes) else { return nil }
      self.init(count)
    }
  }

  /// `Tally` as it is, after its schema version was raised.
  private struct NewTally: Storable, Equatable {
    static var schemaVersion: UInt8 { 2 }
    var tally: Tally
    func store(into bytes: inout [UInt8]) { tally.store(into: &bytes) }
    init(_ tally: Tally) { self.tally = tally }
    init?(stored bytes: RawSpan) {
      guard let tally = Tally(stored: bytes) else { return nil }
      self.init(tally)
    }
  }

  @Test("values of an older schema are read through the migration; without one the start is refused")
  func migration() throws {
    let remains = try Remains()
    try withProcess(remains, KeyValueStore<String, OldTally>("s")) { process in
      process.store["a"] = OldTally(5)
      process.store["b"] = OldTally(6)
      try process.commit()
      try process.state.flush()
    }
    #expect(throws: Diagnostic.self) {
      try withProcess(remains, KeyValueStore<String, NewTally>("s")) { _ in }
    }
    let migration = Migration<NewTally>(from: 1) { bytes, _ in
      OldTally(stored: bytes).map { NewTally(Tally($0.count, "migrated")) }
    }
    for life in 1...3 as ClosedRange<UInt64> {
      try withProcess(remains, KeyValueStore<String, NewTally>("s", migration: migration)) { process in
        #expect(process.startUp == .ready)
        #expect(process.store["b"] == NewTally(Tally(6, "migrated")))
        process.store.update("a") { $0?.tally.count += 1 }
        #expect(process.store["a"] == NewTally(Tally(5 + life, "migrated")))
        try process.commit()
        try process.state.flush()
      }
    }
  }

  @Test("rows that cannot be read are a failure that the engine sees before it commits")
  func unreadableRow() throws {
    let remains = try Remains()
    let process = try TaskProcess(remains, KeyValueStore<String, Tally>("s"))
    process.store["a"] = Tally(1)
    try process.commit()
    try process.state.flush()
    var batch = WriteBatch()
    let family = try process.writer.database.family("task.s")
    unsafe batch.put(Array("\0\0\0\0a".utf8).span.bytes, ([1, 2, 3] as [UInt8]).span.bytes, in: family)
    try process.writer.database.write(batch)
    let state = try TaskState(process.task, [process.store], process.writer)
    #expect(process.store["a"] == nil)
    #expect(throws: StoreError.self) { try state.checkStores() }
    process.crash()
  }

  @Test("a kill during a full restore leaves the task absent, not half restored")
  func killedRestore() throws {
    let remains = try Remains()
    try withProcess(remains, KeyValueStore<String, Tally>("s")) { process in
      for key in 0..<100 { process.store["\(key)"] = Tally(1) }
      try process.commit()
      try process.state.flush()
      try process.state.clear()
      for record in remains.changelog[..<50] {
        unsafe process.store.restore(key: record.key.span.bytes, value: record.value?.span.bytes)
      }
    }
    try withProcess(remains, KeyValueStore<String, Tally>("s")) { process in
      #expect(process.startUp == .absent)
      for key in 0..<100 { #expect(process.store["\(key)"] == Tally(1)) }
    }
  }

  @Test("an expired segment leaves the disk with its files, and a key may come again")
  func expiry() throws {
    let remains = try Remains()
    let store = SegmentedStore<String, Tally>("recent", lifetime: .seconds(8))
    let process = try TaskProcess(remains, store)
    store.advance(to: Timestamp(milliseconds: 1500))
    for key in 0..<100 { store["\(key)"] = Tally(1) }
    try process.commit()
    try process.state.flush()
    store.advance(to: Timestamp(milliseconds: 9999))
    #expect(store["5"] == Tally(1))
    store.advance(to: Timestamp(milliseconds: 10_000))
    #expect(store["5"] == nil)
    store["5"] = Tally(2)
    try process.commit()
    try process.state.flush()
    var cursor = try process.writer.database.family("task.recent").cursor()
    var rows = 0
    while try cursor.next() { rows += 1 }
    #expect(rows == 1)
    process.crash()
  }
}

extension RawSpan? {
  fileprivate var flatMapString: String {
    guard let self else { return "nil" }
    return String(stored: self) ?? "?"
  }
}
