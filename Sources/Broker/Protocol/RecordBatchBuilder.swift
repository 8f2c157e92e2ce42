// Makes record batches where the broker is their author: transaction markers, what compaction leaves of a
// batch, tests.
public import Basics

/// Collects records, then seals them into a batch.
public struct RecordBatchBuilder: Sendable {
  /// Everything but the counts, the maximum and the checksum, which `build` fills in. `baseTimestamp` must be
  /// set before the first record, because the records' times are relative to it.
  public var header: RecordBatchHeader
  private var payload: [UInt8] = []
  private var lastOffsetDelta: Int32 = -1
  private var maxTimestamp = Timestamp.none

  public init(
    baseOffset: Offset = .zero, baseTimestamp: Timestamp,
    attributes: RecordBatchAttributes = RecordBatchAttributes(),
    producerID: ProducerID = .none, producerEpoch: ProducerEpoch = .none, baseSequence: Int32 = -1
  ) {
    header = RecordBatchHeader(
      baseOffset: baseOffset, leaderEpoch: onlyLeaderEpoch, crc: 0, attributes: attributes,
      lastOffsetDelta: -1,
      baseTimestamp: baseTimestamp, maxTimestamp: .none, producerID: producerID, producerEpoch: producerEpoch,
      baseSequence: baseSequence, recordCount: 0)
  }

  /// For what is left of the batch that had `header`; its offsets stay as they were.
  public init(rewriting header: RecordBatchHeader) {
    self.header = header
    self.header.recordCount = 0
    lastOffsetDelta = header.lastOffsetDelta
  }

  public var isEmpty: Bool { header.recordCount == 0 }
  /// The records appended so far, in bytes.
  public var recordBytes: Int { payload.count }

  /// Appends a record at the next offset.
  public mutating func append(
    key: ByteSlice?, value: ByteSlice?, headers: [(name: String, value: ByteSlice?)] = [],
    timestamp: Timestamp? = nil
  ) {
    var encodedHeaders: [UInt8] = []
    encodedHeaders.appendVarint(Int64(headers.count))
    for header in headers {
      encodedHeaders.appendVarint(bytes: ByteSlice(Array(header.name.utf8)))
      encodedHeaders.appendVarint(bytes: header.value)
    }
    let delta_ms = timestamp.map { $0.rawValue - header.baseTimestamp.rawValue } ?? 0
    append(
      BatchRecord(
        timestampDelta_ms: delta_ms, offsetDelta: Int64(lastOffsetDelta) + 1, key: key, value: value,
        encodedHeaders: ByteSlice(encodedHeaders)))
  }

  /// Appends a record as it is, at its own offset.
  public mutating func append(_ record: BatchRecord) {
    var body: [UInt8] = [0]
    body.appendVarint(record.timestampDelta_ms)
    body.appendVarint(record.offsetDelta)
    body.appendVarint(bytes: record.key)
    body.appendVarint(bytes: record.value)
    unsafe record.encodedHeaders.withUnsafeBytes { unsafe body.append(contentsOf: $0) }
    payload.appendVarint(Int64(body.count))
    payload += body
    header.recordCount += 1
    lastOffsetDelta = max(lastOffsetDelta, Int32(clamping: record.offsetDelta))
    let time = header.baseTimestamp.rawValue &+ record.timestampDelta_ms
    maxTimestamp = max(maxTimestamp, Timestamp(milliseconds: time))
  }

  /// The batch, with its records as `compress` leaves them; the header's codec must say which codec that is.
  public consuming func build<Failure: Error>(
    compress: ([UInt8]) throws(Failure) -> [UInt8]
  ) throws(Failure) -> RecordBatch {
    header.lastOffsetDelta = max(0, lastOffsetDelta)
    if !header.attributes.hasLogAppendTime { header.maxTimestamp = maxTimestamp }
    var batch = RecordBatch(header: header, records: ByteSlice(try compress(payload)))
    batch.header.crc = batch.computedChecksum()
    return batch
  }

  /// The batch, uncompressed.
  public consuming func build() -> RecordBatch { build { $0 } }
}

/// How a transaction ended, as its marker says (KIP-98).
public enum TransactionOutcome: Int16, Sendable {
  case abort = 0
  case commit = 1
}

extension RecordBatch {
  /// The marker that ends a producer's transaction in one partition.
  public static func marker(
    _ outcome: TransactionOutcome, at offset: Offset, timestamp: Timestamp, producerID: ProducerID,
    producerEpoch: ProducerEpoch, coordinatorEpoch: Int32
  ) -> RecordBatch {
    var builder = RecordBatchBuilder(
      baseOffset: offset, baseTimestamp: timestamp,
      attributes: RecordBatchAttributes(isTransactional: true, isControl: true),
      producerID: producerID, producerEpoch: producerEpoch)
    let epoch = UInt32(bitPattern: coordinatorEpoch)
    builder.append(
      key: ByteSlice([0, 0, 0, UInt8(outcome.rawValue)]),
      value: ByteSlice([0, 0] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: epoch >> $0) }))
    return builder.build()
  }

  /// What a control batch says, or nil for any other batch and for control types we do not know.
  public var markedOutcome: TransactionOutcome? {
    guard header.attributes.isControl else { return nil }
    var reader = RecordReader(records)
    guard let key = try? reader.next()?.key, key.count >= 4 else { return nil }
    let bytes = key.bytes
    return TransactionOutcome(rawValue: Int16(bytes[2]) << 8 | Int16(bytes[3]))
  }
}
