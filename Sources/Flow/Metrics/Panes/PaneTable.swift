// The series and panes that an epoch has touched, found by bytes: one hash and one comparison an event,
// memory only for what is met for the first time, in the order of first touch.
internal import Basics

/// Numbers keys of bytes, and keeps cells behind each.
struct PaneTable: Sendable {
  /// What a metric has come to in a pane, as far as two numbers and a time can say it.
  struct Cell: Sendable {
    var sum = 0.0
    /// Of a mean, the weights; of all else, 0 until something was added.
    var weight = 0.0
    var time: Int64 = .min
    /// In `histograms`, `distincts` or `states`; -1 without one.
    var extra: Int32 = -1
    var isTouched = false
  }

  struct Entry: Sendable {
    var hash: UInt64
    var start: Int
    var byteCount: Int
    var firstCell: Int
  }

  private(set) var entries: [Entry] = []
  private(set) var bytes: [UInt8] = []
  var cells: [Cell] = []
  /// Entry numbers plus one, 0 where free; a power of two long, at most half full.
  private var slots: [UInt32] = Array(repeating: 0, count: 256)

  /// The first of the `cellCount` cells of a key.
  @inline(__always)
  mutating func find(_ key: borrowing [UInt8], cellCount: Int) -> Int {
    let hash = unsafe XXH64.hash(key.span.bytes)
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      let entry = entries[Int(slots[slot]) - 1]
      if entry.hash == hash, holds(entry, key) { return entry.firstCell }
      slot = (slot + 1) & mask
    }
    return insert(key, hash, at: slot, cellCount)
  }

  private mutating func insert(_ key: [UInt8], _ hash: UInt64, at slot: Int, _ cellCount: Int) -> Int {
    let first = cells.count
    entries.append(Entry(hash: hash, start: bytes.count, byteCount: key.count, firstCell: first))
    bytes += key
    for _ in 0..<cellCount { cells.append(Cell()) }
    slots[slot] = UInt32(truncatingIfNeeded: entries.count)
    if entries.count * 2 > slots.count { grow() }
    return first
  }

  @inline(__always)
  private func holds(_ entry: Entry, _ key: borrowing [UInt8]) -> Bool {
    guard entry.byteCount == key.count else { return false }
    let (known, wanted) = (unsafe bytes.span.bytes, unsafe key.span.bytes)
    var place = 0
    while place &+ 8 <= entry.byteCount {
      let a = unsafe known.unsafeLoadUnaligned(
        fromUncheckedByteOffset: entry.start &+ place, as: UInt64.self)
      let b = unsafe wanted.unsafeLoadUnaligned(fromUncheckedByteOffset: place, as: UInt64.self)
      if a != b { return false }
      place &+= 8
    }
    while place < entry.byteCount {
      let a = unsafe known.unsafeLoad(fromUncheckedByteOffset: entry.start &+ place, as: UInt8.self)
      let b = unsafe wanted.unsafeLoad(fromUncheckedByteOffset: place, as: UInt8.self)
      if a != b { return false }
      place &+= 1
    }
    return true
  }

  private mutating func grow() {
    slots = Array(repeating: 0, count: slots.count * 2)
    for (number, entry) in entries.enumerated() {
      var slot = Int(truncatingIfNeeded: entry.hash) & (slots.count - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = UInt32(truncatingIfNeeded: number + 1)
    }
  }

  /// Forgets everything and keeps its memory.
  mutating func removeAll() {
    guard !entries.isEmpty else { return }
    entries.removeAll(keepingCapacity: true)
    bytes.removeAll(keepingCapacity: true)
    cells.removeAll(keepingCapacity: true)
    for slot in slots.indices { slots[slot] = 0 }
  }
}
