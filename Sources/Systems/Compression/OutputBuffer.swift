// Memory that coders write into again and again, never cleared and never shrunk.

/// Bytes of which the first `count` are filled. Lent out as a `RawSpan` until the next call that changes it.
@safe struct OutputBuffer: ~Copyable {
  private var base: UnsafeMutableRawPointer
  private var capacity: Int
  private(set) var count = 0

  init() {
    capacity = 4096
    unsafe base = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 16)
  }

  deinit { unsafe base.deallocate() }

  mutating func removeAll() { count = 0 }

  /// Makes room for at least `additional` more bytes; grows by doubling.
  mutating func reserve(_ additional: Int) {
    guard capacity - count < additional else { return }
    let grown = max(count + additional, capacity * 2)
    let target = UnsafeMutableRawPointer.allocate(byteCount: grown, alignment: 16)
    unsafe target.copyMemory(from: base, byteCount: count)
    unsafe base.deallocate()
    unsafe base = target
    capacity = grown
  }

  /// Lends the free room; `fill` answers how many bytes it has written there.
  mutating func append<Failure: Error>(
    _ fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
  ) throws(Failure) {
    let room = unsafe UnsafeMutableRawBufferPointer(start: base + count, count: capacity - count)
    let written = try unsafe fill(room)
    precondition(written >= 0 && written <= room.count, "written past the buffer's end")
    count += written
  }

  var span: RawSpan {
    @_lifetime(borrow self)
    get { unsafe _overrideLifetime(RawSpan(_unsafeStart: base, byteCount: count), borrowing: self) }
  }
}
