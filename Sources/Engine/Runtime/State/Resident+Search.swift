// Finding entries by what they hold: a walk over everything there is, for what happens seldom, as an erasure.
internal import Basics

extension ResidentEntries {
  /// The keys of all values that `matches`, in the order of the keys' bytes.
  mutating func keys(where matches: (Key, Value) -> Bool) -> [Key] {
    var found: [(bytes: [UInt8], key: Key)] = []
    func take(_ key: Key) {
      var bytes: [UInt8] = []
      key.store(into: &bytes)
      found.append((bytes, key))
    }
    isLent = true
    for slot in 0..<table.slotLimit where table.isUsed(slot) {
      let key = table.key(at: slot)
      if let value = table[slot].value, matches(key, value) { take(key) }
    }
    var onDisk: [Key] = []
    let migration = migration
    disk.forEachLiveRow { bytes, row in
      guard let key = Key(stored: bytes), let value = Self.decode(row, migration) else { return false }
      if matches(key, value) { onDisk.append(key) }
      return true
    }
    isLent = false
    // Entries in memory have been asked; their rows may be older.
    for key in onDisk where table.find(key, hash: key.storedHash) == nil { take(key) }
    found.sort { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    return found.map(\.key)
  }
}

extension StoreDisk {
  /// Lends every row that has not expired, by its key alone.
  mutating func forEachLiveRow(_ body: (_ key: RawSpan, _ row: RawSpan) -> Bool) {
    let (isSegmented, oldest) = (isSegmented, oldestSegment)
    forEachRow { address, row in
      let bytes = unsafe address.span.bytes
      guard isSegmented else { return body(bytes, row) }
      guard let segment = Self.segment(of: bytes) else { return false }
      return segment < oldest || body(bytes.extracting(droppingFirst: 8), row)
    }
  }
}

extension KeyValueStore {
  /// The keys of all values that `matches`, in the order of the keys' bytes; it costs a walk over all of
  /// them.
  public func keys(where matches: (Key, Value) -> Bool) -> [Key] { entries.value.keys(where: matches) }
}

extension SegmentedStore {
  /// The keys of all values that `matches`, in the order of the keys' bytes; it costs a walk over all of
  /// them.
  public func keys(where matches: (Key, Value) -> Bool) -> [Key] { entries.value.keys(where: matches) }
}
