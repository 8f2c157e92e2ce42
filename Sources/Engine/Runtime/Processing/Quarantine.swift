// Records set aside, as the quarantine topic will keep them: the original bytes, with headers that say where
// they stood and why they are here. They are published in the transaction of the epoch that set them aside.
internal import Basics

/// The quarantined records of an epoch, all in one partition of the quarantine topic.
struct Quarantine {
  let processor: String
  let inputs: [TopicPartition]
  let partition: PartitionID
  private(set) var records = OutboundRecords()

  init(processor: String, inputs: [TopicPartition], partition: PartitionID) {
    self.processor = processor
    self.inputs = inputs
    self.partition = partition
  }

  mutating func add(_ record: borrowing InputRecord, because reason: SetAsideReason, at time: Timestamp) {
    records.append(to: 0, partition, at: time, key: record.key, value: record.value)
    record.forEachHeader { name, value in records.appendHeader(name, value) }
    let position = inputs[record.input]
    records.appendHeader("ratchet_reason", reason.rawValue)
    records.appendHeader("ratchet_processor", processor)
    records.appendHeader("ratchet_topic", position.topic)
    records.appendHeader("ratchet_partition", "\(position.partition)")
    records.appendHeader("ratchet_offset", "\(record.offset)")
    records.appendHeader("ratchet_timestamp", "\(record.timestamp.rawValue)")
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
