// Filling a store from its changelog, and walking over all of it.
public import Basics
internal import Store

extension ResidentEntries {
  /// Forgets all entries and lets go of the rows.
  mutating func removeAll() {
    disk.detach()
    table = SlotTable()
    touched = []
    unbatched = []
    batch = StoreBatch()
    (openSeal, batchedSeal, waitingChanges, usedBytes, hand, fruitlessAt) = (1, 0, 0, 0, 0, -1)
  }

  mutating func attach(_ rows: StoreRows) throws(StoreError) {
    removeAll()
    try disk.attach(rows)
  }

  /// Applies a change that `seal` lent. It goes to the rows; without rows it becomes an entry in memory.
  @inlinable mutating func restore(_ key: RawSpan, _ segment: Int64, _ value: RawSpan?) {
    if let value { disk.noteSchema(of: value) }
    if disk.isAttached { return disk.restore(key, segment, value) }
    guard let typed = Key(stored: key) else { return disk.failUnreadable() }
    let hash = typed.storedHash
    if let slot = table.find(typed, hash: hash) { letGo(slot) }
    guard let value else { return }
    guard let decoded = Self.decode(value, migration) else { return disk.failUnreadable() }
    let slot = table.insert(typed, hash: hash, Resident(decoded, segment: segment))
    account(slot, key.byteCount + value.byteCount)
  }

  /// Entries in memory win over their rows; both come in the order of their keys' bytes.
  mutating func forEachInOrder(_ body: (Key, Value) -> Void) {
    var residents: [(key: [UInt8], slot: Int)] = []
    for slot in 0..<table.slotLimit where table.isUsed(slot) {
      var key: [UInt8] = []
      table.key(at: slot).store(into: &key)
      residents.append((key, slot))
    }
    residents.sort { $0.key.lexicographicallyPrecedes($1.key) }
    isLent = true
    defer { isLent = false }
    var next = 0
    let migration = migration
    disk.forEachRow { key, row in
      while next < residents.count, residents[next].key.lexicographicallyPrecedes(key) {
        Self.lend(table, residents[next].slot, to: body)
        next += 1
      }
      if next < residents.count, residents[next].key == key { return true }
      guard let typed = unsafe Key(stored: key.span.bytes), let value = Self.decode(row, migration) else {
        return false
      }
      body(typed, value)
      return true
    }
    for resident in residents[next...] { Self.lend(table, resident.slot, to: body) }
  }

  private static func lend(
    _ table: borrowing SlotTable<Key, Resident<Value>>, _ slot: Int, to body: (Key, Value) -> Void
  ) {
    if let value = table[slot].value { body(table.key(at: slot), value) }
  }
}
