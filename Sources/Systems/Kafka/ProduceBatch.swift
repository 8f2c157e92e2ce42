// A batch of records on their way out to one topic. It owns their bytes, which librdkafka sends from where
// they lie, and one slot per record into which the delivery report writes: nothing is allocated per record.
public import Basics
internal import CRdKafka

/// Records for one topic, appended, produced by a `Producer`, then asked what became of each. Reusable once
/// settled; a batch that was not produced by one producer, or failed there, may be produced by another after
/// `rewind`.
@safe public final class ProduceBatch {
  public let topic: String
  /// Bytes of all keys, values and headers, one after the other.
  var bytes = ByteArena(capacity: 4096)
  var entries: [Entry] = []
  var headers: [Header] = []
  /// No record has a time or headers of its own, so librdkafka's cheaper call will do.
  var isPlain = true
  /// How many records, from the first, librdkafka has accepted.
  var accepted = 0
  /// Where delivery reports write. Allocated, not part of this object, because librdkafka holds its address.
  let progress: UnsafeMutablePointer<Progress>
  var slots: UnsafeMutableBufferPointer<Slot>
  /// Bytes of keys and values without a report, by partition.
  private var waiting: UnsafeMutableBufferPointer<Int>

  struct Entry {
    var partition: PartitionID
    var timestamp: Timestamp
    var key: Range<Int>?
    var value: Range<Int>?
    var headers: Range<Int>
  }

  /// A header in `bytes`; behind the name there is a NUL.
  struct Header {
    var name: Range<Int>
    var value: Range<Int>?
  }

  struct Progress {
    var pending = 0
    var failed = 0
  }

  /// What a delivery report is told to fill in.
  @unsafe struct Slot {
    var progress: UnsafeMutablePointer<Progress>
    /// Its partition's share of `waiting`.
    var waiting: UnsafeMutablePointer<Int>
    /// The record's offset, or less than 0: `slotIsPending`, or an error's code minus `slotErrorBias`.
    var outcome: Int64 = slotIsPending
  }

  public init(topic: String) {
    self.topic = topic
    unsafe progress = .allocate(capacity: 1)
    unsafe progress.initialize(to: Progress())
    unsafe slots = UnsafeMutableBufferPointer(start: nil, count: 0)
    unsafe waiting = UnsafeMutableBufferPointer(start: nil, count: 0)
  }

  deinit {
    unsafe slots.deallocate()
    unsafe waiting.deallocate()
    unsafe progress.deallocate()
  }

  public var count: Int { entries.count }
  public var isEmpty: Bool { entries.isEmpty }

  /// True while a report about one of its records is outstanding; its bytes must not change until then.
  public var isPending: Bool { unsafe progress.pointee.pending > 0 }

  /// Adds a record and returns its index. A nil value is a tombstone. Without a timestamp the record is
  /// stamped when it is produced.
  @discardableResult
  public func append(
    to partition: PartitionID, key: RawSpan?, value: RawSpan?, timestamp: Timestamp? = nil
  ) -> Int {
    precondition(accepted == 0, "a record appended to a batch that was produced")
    if timestamp != nil { isPlain = false }
    entries.append(
      Entry(
        partition: partition, timestamp: timestamp ?? .none, key: copy(key), value: copy(value),
        headers: headers.count..<headers.count))
    return entries.count - 1
  }

  /// Adds a header to the record appended last. `name` is UTF-8 without NUL.
  public func appendHeader(_ name: RawSpan, _ value: RawSpan?) {
    precondition(!entries.isEmpty && accepted == 0, "a header without a record")
    let nameRange = bytes.append(name)
    bytes.append(0)
    headers.append(Header(name: nameRange, value: copy(value)))
    entries[entries.count - 1].headers = entries[entries.count - 1].headers.lowerBound..<headers.count
    isPlain = false
  }

  /// Empties it for new records, keeping its memory.
  public func removeAll() {
    precondition(!isPending, "a batch emptied before its delivery reports")
    bytes.removeAll()
    entries.removeAll(keepingCapacity: true)
    headers.removeAll(keepingCapacity: true)
    isPlain = true
    rewind()
  }

  /// Makes it producible again from its first record, as after an aborted transaction.
  public func rewind() {
    precondition(!isPending, "a batch rewound before its delivery reports")
    accepted = 0
    unsafe progress.pointee = Progress()
  }

  private func copy(_ span: RawSpan?) -> Range<Int>? {
    guard let span else { return nil }
    return bytes.append(span)
  }
}

// What became of the records.
extension ProduceBatch {
  /// What became of one record.
  public enum Outcome: Hashable, Sendable {
    case pending
    case delivered(Offset)
    case failed(KafkaError)
  }

  /// How many records were reported as not delivered.
  public var failedCount: Int { unsafe progress.pointee.failed }

  public func outcome(of index: Int) -> Outcome {
    precondition(index >= 0 && index < count, "an outcome outside its batch")
    guard index < accepted else { return .pending }
    let outcome = unsafe slots[index].outcome
    if outcome >= 0 { return .delivered(Offset(outcome)) }
    if outcome == slotIsPending { return .pending }
    return .failed(KafkaError(rd_kafka_resp_err_t(rawValue: Int32(clamping: outcome + slotErrorBias))))
  }

  /// The first record that was not delivered, with its error.
  public var firstFailure: (index: Int, error: KafkaError)? {
    guard failedCount > 0 else { return nil }
    for index in 0..<accepted {
      if case .failed(let error) = outcome(of: index) { return (index, error) }
    }
    return nil
  }

  /// Of one partition at the most: bytes of keys and values that were not reported on.
  var waitingBytesMax: Int { unsafe isPending ? waiting.max() ?? 0 : 0 }

  /// Makes a slot for every record, each pending.
  func prepareSlots() {
    unsafe waiting.deallocate()
    unsafe waiting = .allocate(capacity: entries.reduce(1) { max($0, Int($1.partition.rawValue) + 1) })
    unsafe waiting.initialize(repeating: 0)
    if unsafe slots.count < count {
      unsafe slots.deallocate()
      unsafe slots = .allocate(capacity: max(count, 64))
    }
    for (index, entry) in entries.enumerated() {
      let share = unsafe waiting.baseAddress! + max(0, Int(entry.partition.rawValue))
      unsafe share.pointee += (entry.key?.count ?? 0) + (entry.value?.count ?? 0)
      unsafe (slots.baseAddress! + index).initialize(to: Slot(progress: progress, waiting: share))
    }
  }
}

private let slotIsPending = Int64.min
/// Codes run from -200 to 97; less this they are all negative and none is `slotIsPending`.
private let slotErrorBias: Int64 = 1 << 32

/// A delivery report: writes a record's outcome into its slot. Runs on the producer's thread, inside a call
/// that serves it.
nonisolated func deliveryReported(
  _ raw: OpaquePointer?, _ message: UnsafePointer<rd_kafka_message_t>?, _ opaque: UnsafeMutableRawPointer?
) {
  guard let message = unsafe message, let slot = unsafe message.pointee._private else { return }
  let error = unsafe message.pointee.err
  unsafe slot.withMemoryRebound(to: ProduceBatch.Slot.self, capacity: 1) { slot in
    unsafe slot.pointee.progress.pointee.pending -= 1
    unsafe slot.pointee.waiting.pointee -= message.pointee.len + message.pointee.key_len
    if error == RD_KAFKA_RESP_ERR_NO_ERROR {
      unsafe slot.pointee.outcome = max(0, message.pointee.offset)
    } else {
      unsafe slot.pointee.outcome = Int64(error.rawValue) - slotErrorBias
      unsafe slot.pointee.progress.pointee.failed += 1
    }
  }
}
