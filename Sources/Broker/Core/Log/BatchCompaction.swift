// What compaction leaves of one batch: a decision about bytes, without a file in sight.
import Basics
import BrokerProtocol
import Compression

struct BatchCompaction: ~Copyable {
  private let rules: CompactionRules
  private var codec: BatchCodec
  private(set) var lastOffsets = LastOffsets()

  /// Batches left as they are, which may hold earlier values of any key: tombstones behind them have to stay.
  private(set) var batchesUnread = 0
  /// When the last of the tombstones that stay may go.
  private(set) var lastHorizon: Timestamp?

  init(_ rules: CompactionRules) throws(CompressionError) {
    self.rules = rules
    codec = try BatchCodec()
  }

  /// Takes note of the batch's keys.
  mutating func note(_ batch: RecordBatch) throws(RecordBatchError) {
    try batch.validate()
    guard !batch.header.attributes.isControl, !rules.isAborted(batch.header) else { return }
    for record in records(of: batch) ?? [] {
      if let key = record.key { lastOffsets.note(key, at: batch.header.baseOffset + record.offsetDelta) }
    }
  }

  /// The batch as it stays; nil when nothing of it does.
  mutating func compact(_ batch: RecordBatch) throws(RecordBatchError) -> RecordBatch? {
    // What is written anew gets a new checksum, which must not vouch for what the disk has changed.
    try batch.validate()
    if batch.header.attributes.isControl { return keeps(marker: batch) ? batch : nil }
    if rules.isAborted(batch.header) { return nil }
    guard let records = records(of: batch) else {
      batchesUnread += 1
      return batch
    }
    let (kept, needsHorizon) = keptRecords(of: batch.header, among: records)
    if kept.isEmpty { return nil }
    if kept.count == records.count, !needsHorizon { return batch }
    guard let rewritten = rewritten(batch.header, kept, needsHorizon: needsHorizon) else {
      batchesUnread += 1
      return batch
    }
    return rewritten
  }

  /// Nil when the batch is of a codec that is not opened, or its producer compressed what its header does not
  /// say: Produce looks at the outside only.
  private mutating func records(of batch: RecordBatch) -> [BatchRecord]? {
    guard let payload = codec.open(batch) else { return nil }
    var records: [BatchRecord] = []
    var reader = RecordReader(payload)
    do throws(RecordBatchError) {
      while let record = try reader.next() {
        guard record.offsetDelta > records.last?.offsetDelta ?? -1 else { return nil }
        records.append(record)
      }
    } catch { return nil }
    let isWithin = records.last.map { $0.offsetDelta <= Int64(batch.header.lastOffsetDelta) } ?? true
    return isWithin && records.count == Int(batch.header.recordCount) ? records : nil
  }

  private func keeps(marker: RecordBatch) -> Bool {
    switch marker.markedOutcome {
    case .commit: false
    case .abort: rules.isAborted(marker.header)
    case nil: true
    }
  }

  /// The records that stay, and whether a tombstone among them has no horizon yet.
  private mutating func keptRecords(
    of header: RecordBatchHeader, among records: [BatchRecord]
  ) -> (kept: [BatchRecord], needsHorizon: Bool) {
    var kept: [BatchRecord] = []
    var needsHorizon = false
    for record in records {
      if let key = record.key {
        if lastOffsets.isSuperseded(key, at: header.baseOffset + record.offsetDelta) { continue }
        if record.value == nil {
          let isDue = header.attributes.hasDeleteHorizon && rules.now >= header.baseTimestamp
          if isDue, batchesUnread == 0 { continue }
          if batchesUnread == 0 { note(horizonOf: header) }
          needsHorizon = needsHorizon || !header.attributes.hasDeleteHorizon
        }
      }
      kept.append(record)
    }
    return (kept, needsHorizon)
  }

  private mutating func note(horizonOf header: RecordBatchHeader) {
    let horizon =
      header.attributes.hasDeleteHorizon ? header.baseTimestamp : rules.now + rules.deleteRetention
    lastHorizon = max(lastHorizon ?? horizon, horizon)
  }

  private mutating func rewritten(
    _ header: RecordBatchHeader, _ kept: [BatchRecord], needsHorizon: Bool
  ) -> RecordBatch? {
    var builder = RecordBatchBuilder(rewriting: header)
    if needsHorizon {
      builder.header.attributes.hasDeleteHorizon = true
      builder.header.baseTimestamp = rules.now + rules.deleteRetention
    }
    let shift = header.baseTimestamp.rawValue &- builder.header.baseTimestamp.rawValue
    for var record in kept {
      record.timestampDelta_ms = record.timestampDelta_ms &+ shift
      builder.append(record)
    }
    return codec.seal(builder)
  }
}
