// A task's epoch log, read in order from its first record to where it ended when the replay began; a live
// engine may go on appending behind that.
internal import Basics
internal import Runtime

/// The committed epochs of one task.
struct RecordedEpochs {
  private let reader: PartitionReader?
  private let end: Offset
  private var batch = RecordBatch()
  private var index = 0
  private var last: Epoch?
  /// How far through the log the last record was, from 0 to 1.
  private(set) var progress = 0.0
  private let first: Offset

  init(_ partition: TopicPartition, _ port: any ClientPort) throws(Diagnostic) {
    let bounds = try port.knownBounds(of: partition)
    (first, end) = (bounds.lowerBound, bounds.upperBound)
    reader = bounds.isEmpty ? nil : try PartitionReader(partition, at: bounds.lowerBound, port)
  }

  func stop() { reader?.stop() }

  /// The next epoch's record; nil behind the last one.
  mutating func next() throws(Diagnostic) -> EpochRecord? {
    guard let reader else { return nil }
    while index == batch.count {
      guard let more = try reader.read(upTo: end) else { return nil }
      (batch, index) = (more, 0)
    }
    let offset = batch.offset(at: index)
    progress = Double(offset - first + 1) / Double(max(1, end - first))
    let place = Diagnostic.Place.record(reader.partition, offset)
    let record: EpochRecord
    do throws(EpochRecordError) { record = try EpochRecord(decoding: batch.value(at: index)) } catch {
      throw Diagnostic(
        "the epoch record cannot be read", at: place, why: error.text,
        next: "replay with a build that writes this layout")
    }
    index += 1
    if let last, record.epoch != last.next {
      throw Diagnostic(
        "the epoch log has a gap", at: place, why: "epoch \(record.epoch) follows epoch \(last)")
    }
    last = record.epoch
    return record
  }
}

extension RecordBatch {
  /// A record's value; a null one, which no epoch record has, as no bytes.
  fileprivate func value(at index: Int) -> [UInt8] {
    guard let value = self[index].value else { return [] }
    return unsafe value.withUnsafeBytes { unsafe [UInt8]($0) }
  }
}

extension EpochRecordError {
  fileprivate var text: String {
    switch self {
    case .truncated: "it ends too early"
    case .unknownVersion(let version): "its layout is version \(version), which this build does not know"
    case .invalid(let reason): reason
    }
  }
}

extension ClientPort {
  /// A partition's bounds, asked again while a broker asks for patience.
  func knownBounds(of partition: TopicPartition) throws(Diagnostic) -> Range<Offset> {
    for _ in 0..<20 {
      do throws(ClientFailure) { return try bounds(of: partition) } catch {
        guard case .retry = error else { throw PartitionReader.diagnostic(error, partition) }
      }
    }
    throw Diagnostic("the broker does not say where the partition begins", at: .record(partition, nil))
  }
}
