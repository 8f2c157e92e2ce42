// What a log remembers of one idempotent producer: enough to take each batch once and in order (KIP-98), and
// to know where its open transaction began. As a value: a batch's header goes in, a verdict comes out.
import Basics
import BrokerProtocol

/// ```
///   (unknown) ── sequence 0 ──▶ idle ◀──────────── marker ───────────┐
///                               │ ▲                                  │
///                  next in order│ │ a higher epoch starts at 0       │
///                               ▼ │                                  │
///                              idle ── transactional batch ──▶ in transaction
/// ```
struct ProducerState: Equatable, Sendable {
  /// One appended batch, so that its repetition is known.
  struct Batch: Equatable, Sendable {
    var firstSequence: Int32
    var lastSequence: Int32
    var baseOffset: Offset
    var timestamp: Timestamp
  }

  enum Verdict: Equatable, Sendable {
    case append
    /// The batch is there already, under this offset: acknowledge it, append nothing.
    case duplicate(Offset, Timestamp)
    case refuse(ErrorCode)
  }

  /// Clients keep at most five requests in flight (max.in.flight.requests.per.connection with idempotence),
  /// so no batch older than that can be repeated.
  static let batchesKept = 5

  let id: ProducerID
  private(set) var epoch: ProducerEpoch
  /// The last batches of `epoch`, the oldest first.
  private(set) var batches: [Batch] = []
  /// The first offset of the open transaction.
  private(set) var openSince: Offset?
  private(set) var lastActive: Timestamp

  init(id: ProducerID, epoch: ProducerEpoch, lastActive: Timestamp) {
    self.id = id
    self.epoch = epoch
    self.lastActive = lastActive
  }

  /// As it was written down.
  init(
    id: ProducerID, epoch: ProducerEpoch, batches: [Batch], openSince: Offset?, lastActive: Timestamp
  ) {
    self.init(id: id, epoch: epoch, lastActive: lastActive)
    self.batches = batches
    self.openSince = openSince
  }

  /// Whether a batch of this producer may be appended. An unknown producer must begin at sequence 0:
  /// accepting it in the middle would let a later batch overtake one that was refused.
  static func verdict(on batch: RecordBatchHeader, known: ProducerState?) -> Verdict {
    guard let known else {
      return batch.baseSequence == 0 ? .append : .refuse(.unknownProducerID)
    }
    return known.verdict(on: batch)
  }

  private func verdict(on batch: RecordBatchHeader) -> Verdict {
    if batch.producerEpoch < epoch { return .refuse(.invalidProducerEpoch) }
    if batch.producerEpoch > epoch {
      return batch.baseSequence == 0 ? .append : .refuse(.outOfOrderSequenceNumber)
    }
    let repeated = batches.first {
      $0.firstSequence == batch.baseSequence && $0.lastSequence == batch.lastSequence
    }
    if let repeated { return .duplicate(repeated.baseOffset, repeated.timestamp) }
    return batch.baseSequence == nextSequence ? .append : .refuse(.outOfOrderSequenceNumber)
  }

  /// What must come next; after `Int32.max` comes 0.
  private var nextSequence: Int32 {
    guard let last = batches.last else { return 0 }
    return last.lastSequence == .max ? 0 : last.lastSequence + 1
  }

  /// A batch of this producer now stands in the log.
  mutating func append(_ batch: RecordBatchHeader, now: Timestamp) {
    if batch.producerEpoch > epoch {
      epoch = batch.producerEpoch
      batches = []
    }
    batches.append(
      Batch(
        firstSequence: batch.baseSequence, lastSequence: batch.lastSequence, baseOffset: batch.baseOffset,
        timestamp: batch.attributes.hasLogAppendTime ? batch.maxTimestamp : .none))
    if batches.count > Self.batchesKept { batches.removeFirst() }
    if batch.attributes.isTransactional, openSince == nil { openSince = batch.baseOffset }
    lastActive = now
  }

  /// A marker ended its transaction; one of a higher epoch fences whatever the older self still sends.
  /// Returns where the transaction began.
  mutating func end(epoch markerEpoch: ProducerEpoch, now: Timestamp) -> Offset? {
    if markerEpoch > epoch {
      epoch = markerEpoch
      batches = []
    }
    lastActive = now
    defer { openSince = nil }
    return openSince
  }
}
