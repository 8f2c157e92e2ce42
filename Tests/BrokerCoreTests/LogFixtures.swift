// What the store's tests share: batches that can be recognized, and a store driven by hand.
import Basics
import BrokerProtocol

@testable import BrokerCore

extension RecordBatch {
  /// `count` records whose value begins with `tag`, at `base`.
  static func tagged(
    _ tag: UInt64, at base: Offset, count: Int = 1, bytes: Int = 8, timestamp: Timestamp = .zero
  ) -> RecordBatch {
    var builder = RecordBatchBuilder(baseOffset: base, baseTimestamp: timestamp)
    let padding = [UInt8](repeating: UInt8(truncatingIfNeeded: tag), count: max(0, bytes - 8))
    let value = ByteSlice(unsafe withUnsafeBytes(of: tag.littleEndian) { unsafe Array($0) } + padding)
    for index in 0..<count {
      builder.append(
        key: nil, value: value, timestamp: Timestamp(milliseconds: timestamp.rawValue + Int64(index)))
    }
    return builder.build()
  }
}

extension RecordBatch {
  /// One record, under one of five keys.
  static func keyed(_ tag: UInt64, at base: Offset) -> RecordBatch {
    var builder = RecordBatchBuilder(baseOffset: base, baseTimestamp: .zero)
    builder.append(
      key: ByteSlice([UInt8(tag % 5)]), value: ByteSlice([UInt8](repeating: 1, count: Int(tag % 50))))
    return builder.build()
  }

  var firstKey: [UInt8]? {
    var reader = RecordReader(records)
    return (try? reader.next())?.key?.bytes
  }
}

extension LogStore {
  static func open(
    on disk: any Disk, _ settings: LogStoreSettings = LogStoreSettings()
  ) throws(StoreError) -> LogStore {
    try open(on: disk, settings: settings) { _ throws(StoreError) in }.store
  }

  /// Appends at the log's end.
  @discardableResult
  func append(tag: UInt64, to log: LogID, count: Int = 1, bytes: Int = 8, timestamp: Timestamp = .zero)
    -> JournalPosition
  {
    append([
      .append(
        log, .tagged(tag, at: endOffset(of: log), count: count, bytes: bytes, timestamp: timestamp))
    ])
  }

  func flush() throws(StoreError) {
    while let job = takeFlush() {
      try job.run()
      completed(job)
    }
  }

  func takeWholeCheckpoint(_ state: [ByteSlice] = []) throws(StoreError) {
    checkpoint(state)
    try flush()
    guard let job = takeCheckpoint() else { preconditionFailure("the checkpoint is not ready after a flush") }
    try job.run()
    completed(job)
  }

  /// Everything readers can see of the log.
  func batches(of log: LogID, from: Offset = .zero, maxBytes: Int = .max) throws -> [RecordBatch] {
    let chunks = try read(log, from: from, below: Offset(.max), maxBytes: maxBytes, atLeastOneBatch: true)
    return try chunks.flatMap { chunk throws(RecordBatchError) in
      guard case .memory(let bytes) = chunk else { return [RecordBatch]() }
      return try RecordBatch.all(in: bytes)
    }
  }
}
