// The fixed part of a record batch, version 2 (KIP-98): what a broker reads of a batch without opening it.
// Only these 61 bytes are ever decoded on the way in; the records behind them stay as the producer wrote
// them.
public import Basics

/// The bits of a batch's `attributes`.
public struct RecordBatchAttributes: RawRepresentable, Hashable, Sendable {
  public enum Codec: Int16, Sendable, CaseIterable { case none, gzip, snappy, lz4, zstd }

  public var rawValue: Int16
  public init(rawValue: Int16) { self.rawValue = rawValue }

  private static let codecBits: Int16 = 0x07
  private static let logAppendTimeBit: Int16 = 0x08
  private static let transactionalBit: Int16 = 0x10
  private static let controlBit: Int16 = 0x20
  private static let deleteHorizonBit: Int16 = 0x40

  public init(codec: Codec = .none, isTransactional: Bool = false, isControl: Bool = false) {
    rawValue = codec.rawValue
    if isTransactional { rawValue |= Self.transactionalBit }
    if isControl { rawValue |= Self.controlBit }
  }

  /// How the records are compressed; nil for a number that no codec has.
  public var codec: Codec? { Codec(rawValue: rawValue & Self.codecBits) }
  /// Every record's time is the batch's `maxTimestamp`, stamped by the broker.
  public var hasLogAppendTime: Bool {
    get { rawValue & Self.logAppendTimeBit != 0 }
    set { rawValue = newValue ? rawValue | Self.logAppendTimeBit : rawValue & ~Self.logAppendTimeBit }
  }
  public var isTransactional: Bool { rawValue & Self.transactionalBit != 0 }
  /// The batch holds a transaction's marker, not records for consumers.
  public var isControl: Bool { rawValue & Self.controlBit != 0 }
  /// `baseTimestamp` is when compaction may drop the batch's tombstones (KIP-534).
  public var hasDeleteHorizon: Bool {
    get { rawValue & Self.deleteHorizonBit != 0 }
    set { rawValue = newValue ? rawValue | Self.deleteHorizonBit : rawValue & ~Self.deleteHorizonBit }
  }
}

/// The decoded fixed part. `baseOffset` and `leaderEpoch` are the broker's to set: the checksum leaves them
/// out.
public struct RecordBatchHeader: Hashable, Sendable {
  public static let size = 61
  static let magic: UInt8 = 2
  /// `batchLength` counts what follows it, so it is this much less than the batch's size.
  static let uncountedBytes = 12
  /// The checksum covers everything from `attributes` on.
  static let checksummedFrom = 21

  public var baseOffset: Offset
  public var leaderEpoch: Int32
  public var crc: UInt32
  public var attributes: RecordBatchAttributes
  public var lastOffsetDelta: Int32
  public var baseTimestamp: Timestamp
  public var maxTimestamp: Timestamp
  public var producerID: ProducerID
  public var producerEpoch: ProducerEpoch
  public var baseSequence: Int32
  public var recordCount: Int32

  /// The offset of the batch's last record, or where it was before compaction.
  public var lastOffset: Offset { baseOffset + Int64(lastOffsetDelta) }
  /// The offset after the batch's last.
  public var nextOffset: Offset { baseOffset + Int64(lastOffsetDelta) + 1 }
  /// The sequence number of the batch's last record; it wraps to 0 after `Int32.max`.
  public var lastSequence: Int32 {
    Int32(truncatingIfNeeded: (Int64(baseSequence) + Int64(lastOffsetDelta)) & Int64(Int32.max))
  }
  /// Whether an idempotent producer wrote it, so that sequence checks apply.
  public var isIdempotent: Bool { producerID.rawValue >= 0 }
}

extension RecordBatchHeader {
  /// Decodes the fixed part and the size of the whole batch from the first 61 bytes of `bytes`.
  public static func decode(_ bytes: UnsafeRawBufferPointer) throws(RecordBatchError) -> (Self, size: Int) {
    guard bytes.count > 16 else { throw .truncated }
    guard unsafe bytes[16] == magic else { throw unsafe .magic(bytes[16]) }
    guard bytes.count >= size else { throw .truncated }
    func load<T: FixedWidthInteger>(_ at: Int, _: T.Type) -> T {
      unsafe T(bigEndian: bytes.loadUnaligned(fromByteOffset: at, as: T.self))
    }
    let length = Int(load(8, Int32.self))
    guard length >= size - uncountedBytes else { throw .length(length) }
    let header = RecordBatchHeader(
      baseOffset: Offset(load(0, Int64.self)), leaderEpoch: load(12, Int32.self), crc: load(17, UInt32.self),
      attributes: RecordBatchAttributes(rawValue: load(21, Int16.self)),
      lastOffsetDelta: load(23, Int32.self),
      baseTimestamp: Timestamp(milliseconds: load(27, Int64.self)),
      maxTimestamp: Timestamp(milliseconds: load(35, Int64.self)),
      producerID: ProducerID(load(43, Int64.self)), producerEpoch: ProducerEpoch(load(51, Int16.self)),
      baseSequence: load(53, Int32.self), recordCount: load(57, Int32.self))
    guard header.lastOffsetDelta >= 0, header.recordCount >= 0 else { throw .counts }
    // Keeps the arithmetic on offsets clear of overflow, whatever the bytes say.
    guard header.baseOffset.rawValue >= -1, header.baseOffset.rawValue < Int64.max >> 1 else { throw .counts }
    return (header, length + uncountedBytes)
  }

  /// The header as bytes, in front of `recordBytes` bytes of records.
  func encode(recordBytes: Int, into out: UnsafeMutableRawBufferPointer) {
    precondition(out.count == Self.size, "a header needs 61 bytes")
    func store<T: FixedWidthInteger>(_ value: T, _ at: Int) {
      unsafe out.storeBytes(of: value.bigEndian, toByteOffset: at, as: T.self)
    }
    store(baseOffset.rawValue, 0)
    store(Int32(Self.size - Self.uncountedBytes + recordBytes), 8)
    store(leaderEpoch, 12)
    store(Self.magic, 16)
    store(crc, 17)
    store(attributes.rawValue, 21)
    store(lastOffsetDelta, 23)
    store(baseTimestamp.rawValue, 27)
    store(maxTimestamp.rawValue, 35)
    store(producerID.rawValue, 43)
    store(producerEpoch.rawValue, 51)
    store(baseSequence, 53)
    store(recordCount, 57)
  }
}
