// Bytes that are written once, then shared without copying: a request's payload on its way to the disk.

/// A block of memory with one owner count, filled by whoever made it and never changed once shared.
@safe public final class ByteBlock: @unchecked Sendable {
  // Unchecked: the memory is written only before the block is shared; from then on it is read only.
  public let count: Int
  let base: UnsafeMutableRawPointer

  /// `count` bytes, uninitialized until `fill` has written them.
  public init(count: Int, fill: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
    self.count = count
    unsafe base = .allocate(byteCount: max(1, count), alignment: Self.alignment)
    try unsafe fill(UnsafeMutableRawBufferPointer(start: base, count: count))
  }

  /// What memory to be adopted must have been allocated with.
  public static let alignment = 16

  /// Takes memory over that holds what the block is to hold, and frees it in the end.
  public init(adopting memory: UnsafeMutableRawBufferPointer) {
    precondition(unsafe memory.baseAddress != nil, "a block of no memory")
    count = memory.count
    unsafe base = memory.baseAddress!
  }

  deinit { unsafe base.deallocate() }
}

/// A range of a shared block's bytes; passing it on copies a reference, not the bytes.
public struct ByteSlice: Sendable {
  public let block: ByteBlock
  public let range: Range<Int>

  public init(_ block: ByteBlock) {
    self.block = block
    range = 0..<block.count
  }

  public init(_ block: ByteBlock, range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= block.count, "a slice outside its block")
    self.block = block
    self.range = range
  }

  /// A slice of a copy of `bytes`.
  public init(_ bytes: [UInt8]) {
    unsafe self.init(
      ByteBlock(count: bytes.count) { target in
        unsafe bytes.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
      })
  }

  public var count: Int { range.count }
  public var isEmpty: Bool { range.isEmpty }

  /// The bytes from `lower` up to `upper`, counted from this slice's own start.
  public subscript(lower: Int, upper: Int) -> ByteSlice {
    precondition(lower >= 0 && upper >= lower && upper <= count, "a slice outside its slice")
    return ByteSlice(block, range: range.lowerBound + lower..<range.lowerBound + upper)
  }

  /// Lends the bytes for the length of the call.
  @inline(__always)
  public func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let start = unsafe UnsafeRawPointer(block.base) + range.lowerBound
    return try unsafe body(UnsafeRawBufferPointer(start: start, count: range.count))
  }

  /// A copy of the bytes.
  public var bytes: [UInt8] { unsafe withUnsafeBytes { unsafe [UInt8]($0) } }

  /// The bytes, borrowed: valid while this slice is.
  public var span: RawSpan {
    @_lifetime(borrow self)
    get {
      let start = unsafe UnsafeRawPointer(block.base) + range.lowerBound
      return unsafe _overrideLifetime(RawSpan(_unsafeStart: start, byteCount: range.count), borrowing: self)
    }
  }
}

extension ByteSlice: Equatable {
  public static func == (a: ByteSlice, b: ByteSlice) -> Bool {
    unsafe a.withUnsafeBytes { left in unsafe b.withUnsafeBytes { unsafe left.elementsEqual($0) } }
  }
}
