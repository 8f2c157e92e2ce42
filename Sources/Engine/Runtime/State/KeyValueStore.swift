// A fold's memory by key: typed values in bounded memory, the rest on disk, every change in a changelog.
public import Basics
internal import Store

/// Values by key. Used on its task's thread alone; a value lent to a closure must not be used with the same
/// store.
///
/// No call fails: when the disk does, values are missing from then on, and the engine finds out before it
/// commits anything that was folded without them.
public final class KeyValueStore<Key: StorableKey, Value: Storable> {
  public let name: String
  @usableFromInline let entries: Cell<ResidentEntries<Key, Value>>
  @usableFromInline let operations: StoreOperations<Key, Value>

  /// `memory` bounds in bytes what entries take in memory; changes that are not on disk yet may exceed it.
  @inlinable public init(_ name: String, memory: Int = 64 << 20, migration: Migration<Value>? = nil) {
    self.name = name
    operations = StoreOperations()
    entries = Cell(
      ResidentEntries(
        boundBytes: memory, migration: migration, disk: StoreDisk(storeName: name, isSegmented: false)))
  }

  /// Lends the value of `key` to be changed in place: nil where there is none, and nil removes it. Counts
  /// as a change whatever the closure does.
  @inlinable public func update<Result>(_ key: Key, _ body: (inout Value?) -> Result) -> Result {
    entries.value.update(key, body)
  }

  /// Lends the value of `key`, nil where there is none.
  @inlinable public func read<Result>(_ key: Key, _ body: (borrowing Value?) -> Result) -> Result {
    entries.value.read(key, body)
  }

  /// The value of `key`.
  @inlinable public subscript(key: Key) -> Value? {
    get { entries.value.read(key) { copy $0 } }
    set { entries.value.update(key) { $0 = newValue } }
  }

  /// Lends all entries in the order of their keys' bytes, at the cost of sorting those in memory.
  public func forEachInOrder(_ body: (Key, Value) -> Void) { entries.value.forEachInOrder(body) }
}

extension KeyValueStore: TaskStore {
  public func takeChanges(
    into changes: inout OutboundRecords, as output: Int, _ partition: PartitionID, at time: Timestamp
  ) {
    operations.seal(entries) { key, _, value in
      changes.append(to: output, partition, at: time, key: key, value: value)
    }
  }

  public func restore(key: RawSpan, value: RawSpan?) { entries.value.restore(key, 0, value) }

  public func removeAll() { entries.value.removeAll() }
}

extension KeyValueStore: StateStore {
  var schema: StoreSchema { entries.value.schema }
  var failure: StoreError? { entries.value.disk.failure }
  var wantsBatch: Bool { entries.value.wantsBatch }
  var waitingChanges: Int { entries.value.waitingChanges }
  var isOverfull: Bool { entries.value.isOverfull }
  var usedBytes: Int { entries.value.usedBytes }
  var restoredSchemas: ClosedRange<UInt8>? { entries.value.disk.restoredSchemas }

  func attach(_ rows: StoreRows) throws(StoreError) { try entries.value.attach(rows) }

  func takeBatch() -> (batch: StoreBatch, mark: WrittenMark, seal: Int64) {
    let (batch, seal) = operations.takeBatch(entries)
    return (batch, entries.value.disk.mark, seal)
  }

  func beginRecord() { entries.value.beginRecord() }
  var isRecordOversized: Bool { entries.value.isRecordOversized { $0.byteCount + $2.byteCount } }
  func takeRecordBack() { entries.value.takeRecordBack() }
  func keepRecord() { entries.value.keepRecord() }

  func finishRestore() throws(StoreError) { try entries.value.disk.writeRestored() }
}
