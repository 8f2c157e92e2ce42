// Records set aside, as the quarantine topic will keep them: the original bytes, with headers that say where
// they stood and why they are here. Each is keyed by the place it came from, so that a tombstone under that
// key erases it (R14.8). They are published in the transaction of the epoch that set them aside.
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

  /// The key under which a record that stood there is kept: `ratchet.feedback/3@17`.
  static func key(_ partition: TopicPartition, _ offset: Offset) -> [UInt8] {
    Array("\(partition)@\(offset)".utf8)
  }

  /// A record that came compressed may be larger than its topic lets it be: then only its key is kept, if
  /// that fits, and its place says where the rest is.
  mutating func add(
    _ record: borrowing InputRecord, because reason: SetAsideReason,
    _ explanation: FoldContext.Explanation? = nil, at time: Timestamp
  ) {
    let (keyCount, byteCount) = (record.key?.byteCount ?? 0, Self.byteCount(record))
    let (position, isWhole) = (inputs[record.input], byteCount <= recordBytesMax)
    let place = Self.key(position, record.offset)
    // Never null: with a key that would be a tombstone.
    if isWhole, let value = record.value {
      records.append(to: 0, partition, at: time, key: unsafe place.span.bytes, value: value)
    } else {
      records.append(to: 0, partition, at: time, key: unsafe place.span.bytes, value: RawSpan())
    }
    let keepsKey = keyCount <= recordBytesMax
    if isWhole { record.forEachHeader { name, value in records.appendHeader(name, value) } }
    let leftOut = isWhole ? 0 : byteCount - (keepsKey ? keyCount : 0)
    records.appendHeader("ratchet_rule", explanation?.rule ?? "")
    records.appendHeader("ratchet_pointer", explanation?.pointer ?? "")
    records.appendHeader("ratchet_key", keepsKey ? record.key : nil)
    records.appendHeader(
      "ratchet_value", leftOut > 0 ? "left out \(leftOut)" : record.value == nil ? "null" : "whole")
    note(reason, position, record.offset, record.timestamp)
  }

  /// Names a record that was folded and has waited in vain since.
  mutating func add(_ aside: FoldContext.LateAside, at time: Timestamp) {
    let place = Self.key(aside.partition, aside.offset)
    records.append(to: 0, partition, at: time, key: unsafe place.span.bytes, value: RawSpan())
    records.appendHeader("ratchet_rule", aside.rule)
    records.appendHeader("ratchet_pointer", "")
    records.appendHeader("ratchet_key", nil)
    records.appendHeader("ratchet_value", "left out 0")
    note(aside.reason, aside.partition, aside.offset, time)
  }

  private mutating func note(
    _ reason: SetAsideReason, _ position: TopicPartition, _ offset: Offset, _ timestamp: Timestamp
  ) {
    records.appendHeader("ratchet_reason", reason.rawValue)
    records.appendHeader("ratchet_processor", processor)
    records.appendHeader("ratchet_topic", position.topic)
    records.appendHeader("ratchet_partition", "\(position.partition)")
    records.appendHeader("ratchet_offset", "\(offset)")
    records.appendHeader("ratchet_timestamp", "\(timestamp.rawValue)")
  }

  /// Takes back what was kept of a record that this task set aside, in this epoch or an earlier one.
  mutating func erase(_ position: TopicPartition, _ offset: Offset, at time: Timestamp) {
    let place = Self.key(position, offset)
    records.append(to: 0, partition, at: time, key: unsafe place.span.bytes, value: nil)
    records.appendHeader("ratchet_erased", processor)
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
    let place = Array("\(output.topic)@\(time.rawValue)/\(records.count)".utf8)
    records.append(to: 0, partition, at: time, key: unsafe place.span.bytes, value: RawSpan())
    records.appendHeader("ratchet_key", unsafe output.key.span.bytes)
    records.appendHeader("ratchet_reason", SetAsideReason.tooLarge.rawValue)
    records.appendHeader("ratchet_processor", processor)
    records.appendHeader("ratchet_output", output.topic)
    records.appendHeader("ratchet_bytes", "\(output.byteCount)")
  }
}
