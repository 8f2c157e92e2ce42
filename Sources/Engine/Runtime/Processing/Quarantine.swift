// Records set aside, as the quarantine topic will keep them: the original bytes, with headers that say where
// they stood and why they are here. They are published in the transaction of the epoch that set them aside.
internal import Basics

/// What the shipped quarantine topic (1 MiB + 64 KiB) takes, less 14 KiB for the headers that say where a
/// record stood and for the batch's framing.
let quarantinedBytesMax = 1_100_000

/// The quarantined records of an epoch, all in one partition of the quarantine topic.
struct Quarantine {
  let processor: String
  let inputs: [TopicPartition]
  let partition: PartitionID
  /// Of key, value and headers together, without what is added here.
  let recordBytesMax: Int
  private(set) var records = OutboundRecords()

  init(
    processor: String, inputs: [TopicPartition], partition: PartitionID,
    recordBytesMax: Int = quarantinedBytesMax
  ) {
    self.recordBytesMax = recordBytesMax
    self.processor = processor
    self.inputs = inputs
    self.partition = partition
  }

  /// A record that came compressed may be larger than its topic lets it be: then only its key is kept, if
  /// that fits, and its place says where the rest is.
  mutating func add(_ record: borrowing InputRecord, because reason: SetAsideReason, at time: Timestamp) {
    let (keyCount, byteCount) = (record.key?.byteCount ?? 0, Self.byteCount(record))
    if byteCount <= recordBytesMax {
      records.append(to: 0, partition, at: time, key: record.key, value: record.value)
      record.forEachHeader { name, value in records.appendHeader(name, value) }
    } else {
      records.append(
        to: 0, partition, at: time, key: keyCount <= recordBytesMax ? record.key : nil, value: nil)
      records.appendHeader(
        "ratchet_left_out_bytes", "\(byteCount - (keyCount <= recordBytesMax ? keyCount : 0))")
    }
    let position = inputs[record.input]
    records.appendHeader("ratchet_reason", reason.rawValue)
    records.appendHeader("ratchet_processor", processor)
    records.appendHeader("ratchet_topic", position.topic)
    records.appendHeader("ratchet_partition", "\(position.partition)")
    records.appendHeader("ratchet_offset", "\(record.offset)")
    records.appendHeader("ratchet_timestamp", "\(record.timestamp.rawValue)")
  }

  private static func byteCount(_ record: borrowing InputRecord) -> Int {
    var count = (record.key?.byteCount ?? 0) + (record.value?.byteCount ?? 0)
    // Each length takes up to five bytes.
    record.forEachHeader { name, value in count += name.byteCount + (value?.byteCount ?? 0) + 10 }
    return count
  }

  /// Names an output that could not be published; its value is left out, because it would not fit here
  /// either.
  mutating func add(_ output: FoldContext.Oversized, at time: Timestamp) {
    records.append(to: 0, partition, at: time, key: unsafe output.key.span.bytes, value: nil)
    records.appendHeader("ratchet_reason", SetAsideReason.tooLarge.rawValue)
    records.appendHeader("ratchet_processor", processor)
    records.appendHeader("ratchet_output", output.topic)
    records.appendHeader("ratchet_bytes", "\(output.byteCount)")
  }
}
