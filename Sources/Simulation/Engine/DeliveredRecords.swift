// A fetched partition as consumers hand it on: without markers, and without what was aborted when only
// committed records are wanted.
internal import Basics
internal import BrokerProtocol

/// One record with everything that a reader can tell of it.
struct DeliveredRecord: Hashable {
  struct Header: Hashable {
    var name: String
    var value: [UInt8]?
  }

  var offset: Offset
  var timestamp: Timestamp
  var key: [UInt8]?
  var value: [UInt8]?
  var headers: [Header] = []

  var valueText: String { String(decoding: value ?? [], as: UTF8.self) }

  /// The text of the last header of that name.
  func header(_ name: String) -> String? {
    headers.last { $0.name == name }?.value.map { String(decoding: $0, as: UTF8.self) }
  }
}

struct DeliveredRecords {
  private(set) var records: [DeliveredRecord] = []
  /// Where to go on.
  private(set) var next: Offset

  init(_ part: FetchResponse.Partition, from start: Offset, committedOnly: Bool = true) {
    next = start
    var aborted = (part.abortedTransactions ?? []).sorted { $0.firstOffset < $1.firstOffset }
    var skipped: Set<ProducerID> = []
    for chunk in part.records {
      guard case .memory(let bytes) = chunk, let batches = try? RecordBatch.all(in: bytes) else { return }
      for batch in batches {
        next = max(next, batch.header.nextOffset)
        while let first = aborted.first, first.firstOffset <= batch.header.lastOffset {
          skipped.insert(first.producerID)
          aborted.removeFirst()
        }
        let producer = batch.header.producerID
        if let outcome = batch.markedOutcome {
          if outcome == .abort { skipped.remove(producer) }
        } else if !committedOnly || !batch.header.attributes.isTransactional || !skipped.contains(producer) {
          take(batch, from: start)
        }
      }
    }
  }

  private mutating func take(_ batch: RecordBatch, from start: Offset) {
    var reader = RecordReader(batch.records)
    while let record = try? reader.next() {
      let offset = batch.header.baseOffset + record.offsetDelta
      // A batch may begin before what was asked for.
      guard offset >= start, let headers = try? record.headers() else { continue }
      records.append(
        DeliveredRecord(
          offset: offset, timestamp: batch.header.baseTimestamp + .milliseconds(record.timestampDelta_ms),
          key: record.key?.bytes, value: record.value?.bytes,
          headers: headers.map {
            .init(name: String(decoding: $0.name.bytes, as: UTF8.self), value: $0.value?.bytes)
          }))
    }
  }
}
