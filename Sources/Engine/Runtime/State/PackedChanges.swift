// A segmented store's changes of one epoch, packed into as few changelog records as the topic's limit allows.
// A packed record is an LZ4 frame; unpacked it is one change after the other: segment (i64, least significant
// byte first), key (u32 count, bytes), value (u32 count, bytes; the count 0xffffffff and no bytes: deleted).
internal import Basics
internal import Compression

struct PackedChanges {
  /// Unpacked bytes of one record: with LZ4's worst case still below Kafka's usual limit of 1 MB for a
  /// record.
  private static let recordBytesMax = 900_000
  /// A frame that unpacks to more than this is not ours. One change may be larger than a record's usual
  /// share.
  private static let unpackedBytesMax = 64 << 20

  private var bytes: [UInt8] = []

  /// Adds a change; lends the packed record of those before it when there is no room for more.
  mutating func append(
    _ key: RawSpan, _ segment: Int64, _ value: RawSpan?, _ full: (RawSpan) -> Void
  ) throws(CompressionError) {
    let size = 16 + key.byteCount + (value?.byteCount ?? 0)
    if !bytes.isEmpty, bytes.count + size > Self.recordBytesMax { try finish(full) }
    bytes.append(littleEndian: segment)
    bytes.append(countedField: key)
    if let value { bytes.append(countedField: value) } else { bytes.append(littleEndian: UInt32.max) }
  }

  /// Lends the packed record of all changes since the last one, if there are any.
  mutating func finish(_ full: (RawSpan) -> Void) throws(CompressionError) {
    guard !bytes.isEmpty else { return }
    var encoder = try LZ4Encoder()
    full(try unsafe encoder.compress(bytes.span.bytes))
    bytes.removeAll(keepingCapacity: true)
  }

  /// How large the packed record of this change alone is; as large as can be when it cannot be packed.
  static func byteCount(_ key: RawSpan, _ segment: Int64, _ value: RawSpan) -> Int {
    // Most are far too small for packing to matter.
    guard key.byteCount + value.byteCount > recordBytesMax else { return key.byteCount + value.byteCount }
    var (packed, count) = (PackedChanges(), 0)
    do throws(CompressionError) {
      try packed.append(key, segment, value) { count = max(count, $0.byteCount) }
      try packed.finish { count = max(count, $0.byteCount) }
    } catch { return .max }
    return count
  }

  /// Lends the changes of a packed record in order; false when it is not one.
  static func unpack(
    _ record: RawSpan, _ body: (_ key: RawSpan, _ segment: Int64, _ value: RawSpan?) -> Void
  ) -> Bool {
    do throws(CompressionError) {
      var decoder = try LZ4Decoder()
      var reader = ByteReader(try decoder.decompress(record, limit: unpackedBytesMax))
      while !reader.isAtEnd {
        guard let segment = reader.integer(Int64.self), let key = reader.field(),
          let count = reader.integer(UInt32.self)
        else { return false }
        if count == .max {
          body(key, segment, nil)
        } else {
          guard let value = reader.bytes(Int(count)) else { return false }
          body(key, segment, value)
        }
      }
      return true
    } catch {
      return false
    }
  }
}
