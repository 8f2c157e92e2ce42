// Integers and byte strings in the store's own files: little-endian, as every machine we run on has them in
// memory.
import Basics

extension [UInt8] {
  mutating func append<T: FixedWidthInteger>(field value: T) {
    var stored = value.littleEndian
    unsafe Swift.withUnsafeBytes(of: &stored) { unsafe append(contentsOf: $0) }
  }
}

/// Reads fields in the order they were written; nil when the bytes end too soon.
struct FieldReader {
  let slice: ByteSlice
  private(set) var position = 0

  init(_ slice: ByteSlice) { self.slice = slice }

  var remaining: Int { slice.count - position }

  mutating func next<T: FixedWidthInteger>(_: T.Type = T.self) -> T? {
    let size = MemoryLayout<T>.size
    guard remaining >= size else { return nil }
    defer { position += size }
    return unsafe slice.withUnsafeBytes {
      unsafe T(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: T.self))
    }
  }

  mutating func bytes(_ count: Int) -> ByteSlice? {
    guard count >= 0, count <= remaining else { return nil }
    defer { position += count }
    return slice[position, position + count]
  }
}

extension Offset {
  /// No log gets there: a stored offset beyond it is damage, and arithmetic below it cannot overflow.
  static let limit = Offset(Int64.max >> 1)
}

/// CRC-32C over several pieces in order.
func crc32c(_ pieces: [ByteSlice], continuing crc: UInt32 = 0) -> UInt32 {
  pieces.reduce(crc) { crc, piece in
    unsafe piece.withUnsafeBytes { unsafe crc32c($0, continuing: crc) }
  }
}
