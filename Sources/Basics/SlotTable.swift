// A hash table whose entries stay where they are: an index by open addressing points to numbered slots. So a
// list of slots can be kept beside it, a hand can walk over them, and growing moves no entry.

/// Entries found by key. The caller brings the hash, the same for equal keys; order of slots means nothing.
@safe public struct SlotTable<Key: Equatable, Value>: ~Copyable {
  @usableFromInline struct Entry {
    @usableFromInline let hash: UInt64
    @usableFromInline let key: Key
    @usableFromInline var value: Value

    @usableFromInline init(hash: UInt64, key: Key, value: Value) {
      self.hash = hash
      self.key = key
      self.value = value
    }
  }

  @inlinable static var chunkBits: Int { 8 }
  @inlinable static var chunkSize: Int { 1 << chunkBits }
  /// An entry of this size or less then costs one miss of the cache, not two.
  private static var cacheLine: Int { 64 }

  /// Per bucket the low half of the hash and, above it, the slot's number + 1; 0 is an empty bucket. A power
  /// of two.
  @usableFromInline var index: [UInt64]
  @usableFromInline var mask: Int
  @usableFromInline var chunks: [UnsafeMutablePointer<Entry>] = unsafe []
  @usableFromInline var isUsed: [Bool] = []
  @usableFromInline var free: [Int32] = []
  public private(set) var count = 0

  public init() {
    index = Array(repeating: 0, count: 16)
    mask = 15
  }

  deinit {
    for slot in isUsed.indices where isUsed[slot] {
      unsafe (chunks[slot >> Self.chunkBits] + (slot & (Self.chunkSize - 1))).deinitialize(count: 1)
    }
    unsafe chunks.forEach { unsafe UnsafeMutableRawPointer($0).deallocate() }
  }

  /// One more than the greatest slot ever used.
  public var slotLimit: Int { isUsed.count }

  public func isUsed(_ slot: Int) -> Bool { isUsed[slot] }

  @inlinable @inline(__always)
  func entry(_ slot: Int) -> UnsafeMutablePointer<Entry> {
    unsafe chunks[slot >> Self.chunkBits] + (slot & (Self.chunkSize - 1))
  }

  /// The slot of `key`, nil when it has none.
  @inlinable public func find(_ key: Key, hash: UInt64) -> Int? {
    let tag = UInt32(truncatingIfNeeded: hash)
    var bucket = Int(tag) & mask
    while true {
      let word = index[bucket]
      if word == 0 { return nil }
      if UInt32(truncatingIfNeeded: word) == tag {
        let slot = Int(word >> 32) - 1
        let entry = unsafe entry(slot)
        // The hash first: keys that are equal to `==` alone, as strings of different normalization, stay
        // apart.
        if unsafe entry.pointee.hash == hash && entry.pointee.key == key { return slot }
      }
      bucket = (bucket + 1) & mask
    }
  }

  /// The value in a used slot, in place.
  @inlinable public subscript(slot: Int) -> Value {
    _read { yield unsafe entry(slot).pointee.value }
    _modify { yield unsafe &entry(slot).pointee.value }
  }

  @inlinable public func key(at slot: Int) -> Key { unsafe entry(slot).pointee.key }

  /// Adds a key that is not there, and answers its slot.
  @inlinable public mutating func insert(_ key: Key, hash: UInt64, _ value: Value) -> Int {
    let slot = takeSlot()
    unsafe entry(slot).initialize(to: Entry(hash: hash, key: key, value: value))
    link(slot, hash)
    return slot
  }

  /// Takes a used slot's entry out.
  @inlinable public mutating func remove(_ slot: Int) {
    unlink(slot, unsafe entry(slot).pointee.hash)
    unsafe entry(slot).deinitialize(count: 1)
  }
}

extension SlotTable {
  @usableFromInline mutating func takeSlot() -> Int {
    count += 1
    if let slot = free.popLast() {
      isUsed[Int(slot)] = true
      return Int(slot)
    }
    let slot = isUsed.count
    precondition(slot < Int32.max, "a table of two thousand million entries")
    if unsafe slot == chunks.count << Self.chunkBits {
      unsafe chunks.append(Self.makeChunk())
    }
    isUsed.append(true)
    return slot
  }

  private static func makeChunk() -> UnsafeMutablePointer<Entry> {
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: chunkSize * MemoryLayout<Entry>.stride, alignment: cacheLine)
    return unsafe memory.bindMemory(to: Entry.self, capacity: chunkSize)
  }

  /// Three quarters full is where probing begins to cost more than the memory saved.
  @usableFromInline mutating func link(_ slot: Int, _ hash: UInt64) {
    if count * 4 > index.count * 3 { growIndex() }
    place(UInt64(slot + 1) << 32 | hash & 0xffff_ffff)
  }

  private mutating func place(_ word: UInt64) {
    var bucket = Int(UInt32(truncatingIfNeeded: word)) & mask
    while index[bucket] != 0 { bucket = (bucket + 1) & mask }
    index[bucket] = word
  }

  private mutating func growIndex() {
    let old = index
    index = Array(repeating: 0, count: old.count * 2)
    mask = index.count - 1
    for word in old where word != 0 { place(word) }
  }

  /// Frees the bucket, then moves later entries of its run back so that probing never meets a hole.
  @usableFromInline mutating func unlink(_ slot: Int, _ hash: UInt64) {
    let word = UInt64(slot + 1) << 32 | hash & 0xffff_ffff
    var hole = Int(UInt32(truncatingIfNeeded: hash)) & mask
    while index[hole] != word { hole = (hole + 1) & mask }
    var bucket = hole
    while true {
      bucket = (bucket + 1) & mask
      let next = index[bucket]
      if next == 0 { break }
      let home = Int(UInt32(truncatingIfNeeded: next)) & mask
      if (bucket - home) & mask >= (bucket - hole) & mask {
        index[hole] = next
        hole = bucket
      }
    }
    index[hole] = 0
    isUsed[slot] = false
    free.append(Int32(slot))
    count -= 1
  }
}
