// A store's entries in memory, as typed objects. What changed since the last write to disk stays here; the
// rest may leave when memory runs short and comes back from disk when asked for.
public import Basics

/// One entry in memory.
@usableFromInline struct Resident<Value> {
  /// nil: known to be absent.
  @usableFromInline var value: Value?
  /// The seal that takes up the last change; 0: not changed since it came from disk.
  @usableFromInline var changedIn: Int64 = 0
  /// Where the value belongs; meaningless without one.
  @usableFromInline var segment: Int64
  /// Where the last seal left it; `absent` when it was not there.
  @usableFromInline var sealedSegment: Int64
  @usableFromInline var bytes: Int32 = 0
  /// Asked for since the hand last passed.
  @usableFromInline var isRecent = true

  @usableFromInline static var absent: Int64 { .min }

  @usableFromInline init(_ value: Value?, segment: Int64) {
    self.value = value
    self.segment = segment
    sealedSegment = value == nil ? Self.absent : segment
  }
}

/// The entries of one store, and the lists of those that changed.
@usableFromInline struct ResidentEntries<Key: StorableKey, Value: Storable>: ~Copyable {
  @usableFromInline var table = SlotTable<Key, Resident<Value>>()
  /// The number of the seal that will take up what changes now, from 1.
  @usableFromInline var openSeal: Int64 = 1
  /// Changes up to this seal have been handed to the disk.
  @usableFromInline var batchedSeal: Int64 = 0
  /// Changed for the open seal, in the order of first touch.
  @usableFromInline var touched: [Int32] = []
  /// Changed since the last batch for the disk.
  @usableFromInline var unbatched: [Int32] = []
  /// How many changes have been sealed since then: a key counts once for each epoch.
  @usableFromInline var waitingChanges = 0
  @usableFromInline var currentSegment: Int64 = 0
  @usableFromInline var isLent = false
  /// Entries are remembered as they are before they are changed.
  @usableFromInline var isUndoable = false
  @usableFromInline var undo: [(slot: Int, entry: Resident<Value>)] = []
  /// How long the two lists were when the record being folded began.
  var listsBefore = (touched: 0, unbatched: 0)
  @usableFromInline var disk: StoreDisk
  @usableFromInline var batch = StoreBatch()
  @usableFromInline var usedBytes = 0
  @usableFromInline let boundBytes: Int
  @usableFromInline let migration: Migration<Value>?
  @usableFromInline var hand = 0
  /// Where the written mark stood when a sweep last found nothing to let go.
  @usableFromInline var fruitlessAt: Int64 = -1
  @usableFromInline var keyScratch: [UInt8] = []
  @usableFromInline var valueScratch: [UInt8] = []

  @usableFromInline init(boundBytes: Int, migration: Migration<Value>?, disk: consuming StoreDisk) {
    self.boundBytes = boundBytes
    self.migration = migration
    self.disk = disk
  }

  var schema: StoreSchema {
    StoreSchema(current: Value.schemaVersion, oldestReadable: migration?.oldest ?? Value.schemaVersion)
  }

  /// Lends the value of `key` for a change.
  @inlinable mutating func update<Result>(_ key: Key, _ body: (inout Value?) -> Result) -> Result {
    let slot = slot(of: key)
    if isUndoable { undo.append((slot, table[slot])) }
    touch(slot)
    let wasAbsent = table[slot].value == nil
    isLent = true
    let result = body(&table[slot].value)
    isLent = false
    if wasAbsent { table[slot].segment = currentSegment }
    return result
  }

  /// Lends the value of `key` for reading.
  @inlinable mutating func read<Result>(_ key: Key, _ body: (borrowing Value?) -> Result) -> Result {
    let slot = slot(of: key)
    table[slot].isRecent = true
    isLent = true
    defer { isLent = false }
    return body(table[slot].value)
  }

  @inlinable @inline(__always)
  mutating func slot(of key: Key) -> Int {
    precondition(!isLent, "a store used while one of its values is lent")
    let hash = key.storedHash
    if let slot = table.find(key, hash: hash) { return slot }
    return load(key, hash: hash)
  }

  @inlinable @inline(__always)
  mutating func touch(_ slot: Int) {
    table[slot].isRecent = true
    let changedIn = table[slot].changedIn
    if changedIn == openSeal { return }
    if changedIn <= batchedSeal { unbatched.append(Int32(truncatingIfNeeded: slot)) }
    touched.append(Int32(truncatingIfNeeded: slot))
    table[slot].changedIn = openSeal
  }
}
