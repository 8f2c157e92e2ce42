// What can go wrong between bytes and their compressed form, told apart by what the caller can do.

public enum CompressionError: Error, Equatable, Sendable {
  /// The input is no LZ4 frame, or a checksum, a length or a back reference in it is wrong: set it aside.
  case damaged(String)
  /// The input ends inside a frame: wait for more, or set it aside.
  case truncated
  /// The output would be longer than the caller allows, in bytes.
  case exceedsLimit(Int)
  /// The library could not get memory.
  case outOfMemory
}
