// LZ4 frames into bytes, in one go or piece by piece, whoever wrote them: any block size, linked blocks,
// checksums (which are verified), content size or none, several frames in a row. The input is not trusted and
// the output is bounded.
internal import CLZ4

/// Decompresses into a buffer of its own that later calls reuse. Not thread safe, as its `mutating` says.
@safe public struct LZ4Decoder: ~Copyable {
  private let context: OpaquePointer
  private var output = OutputBuffer()
  /// Whether everything read so far ends where a frame ends; true at the start.
  public private(set) var isAtFrameEnd = true

  public init() throws(CompressionError) {
    var context: OpaquePointer?
    let code = unsafe LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))
    guard LZ4F_isError(code) == 0, let context = unsafe context else { throw .outOfMemory }
    unsafe self.context = context
  }

  deinit { unsafe LZ4F_freeDecompressionContext(context) }

  /// The content of `frames`, one or more whole frames, valid until the next call. A Kafka record batch's
  /// records are one such frame. Throws `exceedsLimit` as soon as more than `limit` bytes come out.
  @_lifetime(&self)
  public mutating func decompress(_ frames: RawSpan, limit: Int) throws(CompressionError) -> RawSpan {
    reset()
    try read(frames, limit: limit)
    guard isAtFrameEnd, frames.byteCount > 0 else { throw .truncated }
    return output.span
  }

  /// What the next piece of a stream yields, at most `limit` bytes, valid until the next call. Pieces may be
  /// cut anywhere. After an error only `reset` or `decompress` may follow.
  @_lifetime(&self)
  public mutating func append(_ piece: RawSpan, limit: Int) throws(CompressionError) -> RawSpan {
    try read(piece, limit: limit)
    return output.span
  }

  /// Forgets the frame begun, to read another stream.
  public mutating func reset() {
    unsafe LZ4F_resetDecompressionContext(context)
    isAtFrameEnd = true
  }

  private mutating func read(_ input: RawSpan, limit: Int) throws(CompressionError) {
    precondition(limit >= 0 && limit < Int.max, "a limit is a count of bytes")
    output.removeAll()
    output.reserve(min(input.byteCount, limit) + 1)
    var offset = 0
    while true {
      let produced = output.count
      let consumed = try step(input, from: offset)
      offset += consumed
      guard output.count <= limit else { throw .exceedsLimit(limit) }
      // There was room and nothing came out or went in: the library waits for more input.
      if consumed == 0, output.count == produced { return }
      output.reserve(1)
    }
  }

  /// One call: decompresses from `offset` into the room there is, and answers how many bytes it has read.
  private mutating func step(_ input: RawSpan, from offset: Int) throws(CompressionError) -> Int {
    var consumed = input.byteCount - offset
    // Between frames a call without input would begin the next frame, and a whole stream would look
    // unfinished.
    if consumed == 0, isAtFrameEnd { return 0 }
    let context = unsafe context
    var hint = 0
    try unsafe output.append { (room) throws(CompressionError) in
      var produced = room.count
      hint = try checked(
        unsafe input.withUnsafeBytes { bytes in
          let rest = unsafe bytes.baseAddress.map { unsafe $0 + offset }
          return unsafe LZ4F_decompress(context, room.baseAddress, &produced, rest, &consumed, nil)
        })
      return produced
    }
    isAtFrameEnd = hint == 0
    return consumed
  }
}
