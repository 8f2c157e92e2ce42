// What has come in on a connection and is not yet taken out, as whole frames.
public import Basics

/// A buffer that grows with what arrives, never with what is announced, and gives out frames as blocks of
/// their own.
@safe public struct ReceiveBuffer: ~Copyable {
  private var memory: UnsafeMutableRawBufferPointer
  private var start = 0
  private var end = 0

  /// Enough for most requests; a larger one makes the buffer grow for as long as it takes.
  private static let usualCapacity = 64 << 10

  public init() {
    unsafe memory = .allocate(byteCount: Self.usualCapacity, alignment: ByteBlock.alignment)
  }

  deinit { unsafe memory.deallocate() }

  /// How many bytes wait.
  public var count: Int { end - start }

  /// The length in front of the next frame, or nil when not all four bytes of it are there.
  public var announcedLength: Int32? {
    guard count >= 4 else { return nil }
    return unsafe Int32(bigEndian: memory.loadUnaligned(fromByteOffset: start, as: Int32.self))
  }

  /// Reads once from `socket`. With `frame`, the size of an unfinished frame with its length, the buffer
  /// grows towards it, at most to twice what has come, and nothing beyond that frame is read if it is a large
  /// one. A frame that is there whole must be taken first.
  public mutating func receive(from socket: Socket, frame: Int?) -> Transfer {
    precondition(frame.map { $0 > count } ?? true, "reading on behind a whole frame")
    makeRoom(for: frame ?? Self.usualCapacity)
    var room = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[end...])
    if let frame, frame > Self.usualCapacity, frame - count < room.count {
      unsafe room = UnsafeMutableRawBufferPointer(rebasing: room[..<(frame - count)])
    }
    let outcome = unsafe socket.receive(into: room)
    if case .bytes(let received) = outcome { end += received }
    return outcome
  }

  /// The frame at the front without its length; it must be there whole. A large frame takes the buffer's
  /// memory with it, a small one is copied, so that whoever keeps a part of it does not keep a whole buffer
  /// alive.
  public mutating func takeFrame(ofLength length: Int) -> ByteSlice {
    precondition(length >= 0 && length + 4 <= count, "a frame that is not there")
    let frame = start + 4..<start + 4 + length
    start = frame.upperBound
    guard length + 4 <= Self.usualCapacity || start != end else { return givenAway(frame) }
    let block = unsafe ByteBlock(count: length) {
      unsafe $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[frame]))
    }
    if start == end { (start, end) = (0, 0) }
    return ByteSlice(block)
  }

  private mutating func givenAway(_ frame: Range<Int>) -> ByteSlice {
    let block = unsafe ByteBlock(adopting: memory)
    unsafe memory = .allocate(byteCount: Self.usualCapacity, alignment: ByteBlock.alignment)
    (start, end) = (0, 0)
    return ByteSlice(block, range: frame)
  }

  private mutating func makeRoom(for frame: Int) {
    if start > 0 {
      unsafe memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[start..<end]))
      (start, end) = (0, end - start)
    }
    let wanted = min(max(frame, Self.usualCapacity), max(2 * end, Self.usualCapacity))
    guard unsafe wanted > memory.count else { return }
    let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: wanted, alignment: ByteBlock.alignment)
    unsafe larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<end]))
    unsafe memory.deallocate()
    unsafe memory = larger
  }
}
