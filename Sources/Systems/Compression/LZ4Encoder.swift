// Bytes into LZ4 frames (lz4_Frame_format.md 1.6), in one go or piece by piece. Blocks are independent and
// the content size is left unset, because Kafka's Java clients read no other frames in record batches.
internal import CLZ4

/// Compresses into a buffer of its own that later calls reuse. Not thread safe, as its `mutating` says.
@safe public struct LZ4Encoder: ~Copyable {
  /// The most content a block holds. Larger blocks compress better, and cost reader and writer that much
  /// memory.
  public enum BlockSize: Sendable { case kb64, kb256, mb1, mb4 }

  private let context: OpaquePointer
  private var preferences: LZ4F_preferences_t
  private var output = OutputBuffer()
  /// Whether a frame has been begun by `append` and not finished.
  private var isOpen = false

  /// With `contentChecksum` the frame ends with a checksum of the content; reading is then about 3.5 times
  /// slower.
  public init(blockSize: BlockSize = .kb64, contentChecksum: Bool = false) throws(CompressionError) {
    var context: OpaquePointer?
    let code = unsafe LZ4F_createCompressionContext(&context, UInt32(LZ4F_VERSION))
    guard LZ4F_isError(code) == 0, let context = unsafe context else { throw .outOfMemory }
    unsafe self.context = context
    preferences = LZ4F_preferences_t()
    preferences.frameInfo.blockSizeID = blockSize.identifier
    preferences.frameInfo.blockMode = LZ4F_blockIndependent
    if contentChecksum { preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled }
  }

  deinit { unsafe LZ4F_freeCompressionContext(context) }

  /// `bytes` as one whole frame, valid until the next call. A frame that `append` has begun is abandoned.
  @_lifetime(&self)
  public mutating func compress(_ bytes: RawSpan) throws(CompressionError) -> RawSpan {
    isOpen = false
    output.removeAll()
    unsafe output.reserve(LZ4F_compressFrameBound(bytes.byteCount, &preferences))
    var preferences = preferences
    try unsafe output.append { (room) throws(CompressionError) in
      try checked(
        unsafe bytes.withUnsafeBytes {
          unsafe LZ4F_compressFrame(room.baseAddress, room.count, $0.baseAddress, $0.count, &preferences)
        })
    }
    return output.span
  }

  /// The next part of a frame that goes on until `finish`, with its header if it begins here. What comes back
  /// may be empty, since blocks are filled before they are written; it is valid until the next call.
  @_lifetime(&self)
  public mutating func append(_ bytes: RawSpan) throws(CompressionError) -> RawSpan {
    output.removeAll()
    try begin()
    unsafe output.reserve(LZ4F_compressBound(bytes.byteCount, &preferences))
    let context = unsafe context
    try unsafe output.append { (room) throws(CompressionError) in
      try checked(
        unsafe bytes.withUnsafeBytes {
          unsafe LZ4F_compressUpdate(context, room.baseAddress, room.count, $0.baseAddress, $0.count, nil)
        })
    }
    return output.span
  }

  /// The end of the frame that `append` has begun, or a whole empty one; valid until the next call.
  @_lifetime(&self)
  public mutating func finish() throws(CompressionError) -> RawSpan {
    output.removeAll()
    try begin()
    unsafe output.reserve(LZ4F_compressBound(0, &preferences))
    let context = unsafe context
    try unsafe output.append { (room) throws(CompressionError) in
      try checked(unsafe LZ4F_compressEnd(context, room.baseAddress, room.count, nil))
    }
    isOpen = false
    return output.span
  }

  private mutating func begin() throws(CompressionError) {
    guard !isOpen else { return }
    output.reserve(Int(LZ4F_HEADER_SIZE_MAX))
    let context = unsafe context
    var preferences = preferences
    try unsafe output.append { (room) throws(CompressionError) in
      try checked(unsafe LZ4F_compressBegin(context, room.baseAddress, room.count, &preferences))
    }
    isOpen = true
  }
}

extension LZ4Encoder.BlockSize {
  fileprivate var identifier: LZ4F_blockSizeID_t {
    switch self {
    case .kb64: LZ4F_max64KB
    case .kb256: LZ4F_max256KB
    case .mb1: LZ4F_max1MB
    case .mb4: LZ4F_max4MB
    }
  }
}

/// The library answers a count of bytes or an error in the same number.
func checked(_ answer: Int) throws(CompressionError) -> Int {
  guard LZ4F_isError(answer) != 0 else { return answer }
  let name = unsafe String(cString: LZ4F_getErrorName(answer))
  throw name == "ERROR_allocation_failed" ? .outOfMemory : .damaged(name)
}
