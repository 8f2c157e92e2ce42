// A record batch, version 2 (KIP-98): its decoded header and its records as the producer wrote them. Setting
// the base offset changes the header alone, so a payload goes from the socket to the disk without being
// copied.
public import Basics

/// Why bytes are no record batch.
public enum RecordBatchError: Error, Hashable, Sendable {
  case truncated
  /// Message formats 0 and 1 are not kept.
  case magic(UInt8)
  case length(Int)
  case counts
  case codec
  case checksum
  /// The records do not read as the header says.
  case records
}

public struct RecordBatch: Equatable, Sendable {
  public var header: RecordBatchHeader
  /// The records, compressed if the header's codec says so.
  public let records: ByteSlice

  init(header: RecordBatchHeader, records: ByteSlice) {
    self.header = header
    self.records = records
  }

  /// The batch at the start of `bytes`; lengths and counts are checked, the checksum is not.
  public init(firstOf bytes: ByteSlice) throws(RecordBatchError) {
    let (header, size) = try unsafe bytes.withUnsafeBytes { bytes throws(RecordBatchError) in
      try unsafe RecordBatchHeader.decode(bytes)
    }
    guard size <= bytes.count else { throw .truncated }
    self.init(header: header, records: bytes[RecordBatchHeader.size, size])
  }

  /// All batches of `bytes`, which must hold nothing else.
  public static func all(in bytes: ByteSlice) throws(RecordBatchError) -> [RecordBatch] {
    var batches: [RecordBatch] = []
    var rest = bytes
    while !rest.isEmpty {
      let batch = try RecordBatch(firstOf: rest)
      rest = rest[batch.size, rest.count]
      batches.append(batch)
    }
    return batches
  }

  /// Header and records, in bytes.
  public var size: Int { RecordBatchHeader.size + records.count }

  /// The 61 bytes in front of `records`.
  public var encodedHeader: ByteSlice {
    ByteSlice(
      unsafe ByteBlock(count: RecordBatchHeader.size) {
        unsafe header.encode(recordBytes: records.count, into: $0)
      })
  }

  /// The whole batch in one piece; copies the records.
  public var bytes: [UInt8] { encodedHeader.bytes + records.bytes }

  /// CRC-32C of everything behind the checksum field.
  func computedChecksum() -> UInt32 {
    let head = encodedHeader[RecordBatchHeader.checksummedFrom, RecordBatchHeader.size]
    let crc = unsafe head.withUnsafeBytes { unsafe crc32c($0) }
    return unsafe records.withUnsafeBytes { unsafe crc32c($0, continuing: crc) }
  }

  /// Checks what a stored batch must fulfil: its checksum and a known codec.
  public func validate() throws(RecordBatchError) {
    guard header.attributes.codec != nil else { throw .codec }
    guard computedChecksum() == header.crc else { throw .checksum }
  }

  /// Checks what a producer's batch must fulfil besides: at least one record, and every offset taken. The
  /// records themselves are opened only when they are not compressed.
  public func validateAsProduced() throws(RecordBatchError) {
    try validate()
    guard header.recordCount > 0, header.lastOffsetDelta == header.recordCount - 1 else { throw .counts }
    guard header.attributes.codec == RecordBatchAttributes.Codec.none else { return }
    var walk = RecordWalk(records.span)
    var expected: Int64 = 0
    while !walk.isAtEnd {
      guard try walk.next() == expected else { throw .records }
      expected += 1
    }
    guard expected == Int64(header.recordCount) else { throw .records }
  }
}

extension RecordBatch {
  /// Gives every record the broker's time (message.timestamp.type=LogAppendTime).
  public mutating func stamp(_ time: Timestamp) {
    header.attributes.hasLogAppendTime = true
    header.maxTimestamp = time
    header.crc = computedChecksum()
  }
}
