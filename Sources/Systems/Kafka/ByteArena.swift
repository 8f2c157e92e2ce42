// Bytes that keep their address while C reads them, which an Array does not promise.

/// Bytes appended one after the other. Their address holds until the next append.
@safe struct ByteArena: ~Copyable {
  private(set) var base: UnsafeMutableRawPointer
  private(set) var count = 0
  private var capacity: Int

  init(capacity: Int) {
    self.capacity = max(1, capacity)
    unsafe base = .allocate(byteCount: max(1, capacity), alignment: 16)
  }

  deinit { unsafe base.deallocate() }

  /// Appends a copy of `span`; returns where it lies.
  mutating func append(_ span: RawSpan) -> Range<Int> {
    let start = count
    reserve(span.byteCount)
    unsafe span.withUnsafeBytes {
      unsafe UnsafeMutableRawBufferPointer(start: base + start, count: $0.count).copyMemory(from: $0)
    }
    count += span.byteCount
    return start..<count
  }

  mutating func append(_ byte: UInt8) {
    reserve(1)
    unsafe base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count += 1
  }

  /// Forgets its bytes and keeps its memory.
  mutating func removeAll() { count = 0 }

  private mutating func reserve(_ added: Int) {
    guard count + added > capacity else { return }
    capacity = max(2 * capacity, count + added)
    let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    unsafe larger.copyMemory(from: base, byteCount: count)
    unsafe base.deallocate()
    unsafe base = larger
  }
}
