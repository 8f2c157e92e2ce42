// Counts by key, where keys are bytes borrowed from records: a count costs one hash and one comparison, and
// memory is taken only for a key met for the first time. Keys are numbered in the order of first touch, so
// whatever is read out of it has the same order in every run.
internal import Basics

/// Counts per key of bytes.
struct ByteTally: Sendable {
  private struct Entry {
    var hash: UInt64
    var start: Int
    var byteCount: Int
    var count: UInt64
  }

  private var entries: [Entry] = []
  private var bytes: [UInt8] = []
  /// Entry numbers plus one, 0 where free; a power of two long, at most half full.
  private var slots: [UInt32] = Array(repeating: 0, count: 64)

  var count: Int { entries.count }
  var isEmpty: Bool { entries.isEmpty }

  /// Adds `amount` to the key's count and returns the key's number.
  @discardableResult
  mutating func add(_ key: RawSpan, _ amount: UInt64 = 1) -> Int {
    let hash = XXH64.hash(key)
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] != 0 {
      let number = Int(slots[slot]) - 1
      if entries[number].hash == hash, holds(number, key) {
        entries[number].count += amount
        return number
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    let start = bytes.count
    unsafe key.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    entries.append(Entry(hash: hash, start: start, byteCount: key.byteCount, count: amount))
    slots[slot] = UInt32(entries.count)
    if entries.count * 2 > slots.count { grow() }
    return entries.count - 1
  }

  /// Lends the keys in the order of first touch, with their counts.
  func forEach(_ body: (_ number: Int, _ key: RawSpan, _ count: UInt64) -> Void) {
    let all = unsafe bytes.span.bytes
    for (number, entry) in entries.enumerated() {
      body(number, all.extracting(entry.start..<entry.start + entry.byteCount), entry.count)
    }
  }

  /// Forgets everything and keeps its memory.
  mutating func removeAll() {
    entries.removeAll(keepingCapacity: true)
    bytes.removeAll(keepingCapacity: true)
    for slot in slots.indices { slots[slot] = 0 }
  }

  private func holds(_ number: Int, _ key: RawSpan) -> Bool {
    let entry = entries[number]
    guard entry.byteCount == key.byteCount else { return false }
    return unsafe bytes.withUnsafeBytes { all in
      unsafe key.withUnsafeBytes {
        unsafe UnsafeRawBufferPointer(rebasing: all[entry.start..<entry.start + entry.byteCount])
          .elementsEqual($0)
      }
    }
  }

  private mutating func grow() {
    slots = Array(repeating: 0, count: slots.count * 2)
    for (number, entry) in entries.enumerated() {
      var slot = Int(truncatingIfNeeded: entry.hash) & (slots.count - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = UInt32(number + 1)
    }
  }
}
