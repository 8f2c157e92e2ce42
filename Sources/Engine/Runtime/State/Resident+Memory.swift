// Coming from disk and leaving memory: a hand walks over the entries and lets go of those that are on disk
// and have not been asked for since its last round (the clock algorithm).
public import Basics

extension ResidentEntries {
  /// What an entry costs besides the bytes of its key and value: its slot, its share of the index, and
  /// the headers of what it allocates.
  @inlinable static var entryBytes: Int {
    MemoryLayout<Resident<Value>>.stride + MemoryLayout<Key>.stride + 8 + 12 + 64
  }

  /// Brings `key` into memory, from disk or as absent.
  @inlinable @inline(never)
  mutating func load(_ key: Key, hash: UInt64) -> Int {
    makeRoom()
    keyScratch.removeAll(keepingCapacity: true)
    key.store(into: &keyScratch)
    var entry = Resident<Value>(nil, segment: currentSegment)
    var contentBytes = keyScratch.count
    let migration = migration
    disk.find(keyScratch) { segment, row in
      guard let value = Self.decode(row, migration) else { return false }
      entry = Resident(value, segment: segment)
      contentBytes += row.byteCount
      return true
    }
    let slot = table.insert(key, hash: hash, entry)
    account(slot, contentBytes)
    return slot
  }

  /// A value from behind its schema version, by the migration when the version is an older one.
  @inlinable static func decode(_ bytes: RawSpan, _ migration: Migration<Value>?) -> Value? {
    var reader = ByteReader(bytes)
    guard let version = reader.integer(UInt8.self) else { return nil }
    let content = bytes.extracting(droppingFirst: 1)
    return version == Value.schemaVersion ? Value(stored: content) : migration?.read(content, version)
  }

  @inlinable mutating func account(_ slot: Int, _ contentBytes: Int) {
    let bytes = Int32(clamping: Self.entryBytes + contentBytes)
    usedBytes += Int(bytes) - Int(table[slot].bytes)
    table[slot].bytes = bytes
  }

  /// Lets entries go until memory is within its bound, or nothing more can go before the writer has moved on.
  @inlinable mutating func makeRoom() {
    guard usedBytes > boundBytes, disk.isAttached else { return }
    let written = disk.writtenSeal
    if written == fruitlessAt { return }
    // Two rounds: the first may only find entries that were asked for lately.
    var steps = 2 * table.slotLimit
    while usedBytes > boundBytes, steps > 0 {
      steps -= 1
      hand = hand + 1 < table.slotLimit ? hand + 1 : 0
      guard table.isUsed(hand), table[hand].changedIn <= written else { continue }
      if table[hand].isRecent { table[hand].isRecent = false } else { letGo(hand) }
    }
    fruitlessAt = usedBytes > boundBytes ? written : -1
  }

  /// Forgets an entry that the disk knows as well, or that is of no more use.
  @inlinable mutating func letGo(_ slot: Int) {
    if table[slot].value != nil { disk.holdsMore = true }
    usedBytes -= Int(table[slot].bytes)
    table.remove(slot)
  }
}
