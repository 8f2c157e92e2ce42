// What the broker knows of one log beside its bytes: producers, open and aborted transactions. It follows
// from the batches in the log, is kept up by each append, and is written into checkpoints so that no log is
// read to rebuild it.
import Basics
import BrokerProtocol

/// A transaction that was aborted in one log: its records stand from `first` to the marker at `last`.
struct AbortedRange: Equatable, Sendable {
  var producerID: ProducerID
  var first: Offset
  var last: Offset
}

struct PartitionState: Equatable, Sendable {
  private(set) var producers: [ProducerID: ProducerState] = [:]
  /// In the order of their markers.
  private(set) var aborted: [AbortedRange] = []
  /// Transactions ended by markers that may not be durable yet: to readers they are still open.
  private var ending: [(first: Offset, marker: Offset)] = []

  static func == (a: PartitionState, b: PartitionState) -> Bool {
    a.producers == b.producers && a.aborted == b.aborted
  }

  /// A batch, or a marker, now stands in the log.
  mutating func append(_ batch: RecordBatch, now: Timestamp) {
    let header = batch.header
    guard header.isIdempotent else { return }
    if let outcome = batch.markedOutcome {
      end(header, outcome, now: now)
    } else {
      producers[
        header.producerID,
        default: ProducerState(id: header.producerID, epoch: header.producerEpoch, lastActive: now)
      ].append(header, now: now)
    }
  }

  private mutating func end(_ marker: RecordBatchHeader, _ outcome: TransactionOutcome, now: Timestamp) {
    let opened = producers[
      marker.producerID,
      default: ProducerState(id: marker.producerID, epoch: marker.producerEpoch, lastActive: now)
    ].end(epoch: marker.producerEpoch, now: now)
    guard let opened else { return }
    ending.append((opened, marker.baseOffset))
    guard outcome == .abort else { return }
    aborted.append(AbortedRange(producerID: marker.producerID, first: opened, last: marker.baseOffset))
  }

  /// Below it every transaction has ended, durably: `durableEnd` is where the log's durable part ends.
  func lastStableOffset(durableEnd: Offset) -> Offset {
    let open = producers.values.lazy.compactMap(\.openSince).min() ?? durableEnd
    let unsure = ending.lazy.filter { $0.marker >= durableEnd }.map(\.first).min() ?? durableEnd
    return min(durableEnd, open, unsure)
  }

  var hasUnsureEndings: Bool { !ending.isEmpty }

  /// Forgets which endings were unsure once their markers are durable.
  mutating func becameDurable(to end: Offset) {
    ending.removeAll { $0.marker < end }
  }

  /// The aborted transactions that have records in `range`.
  func aborted(in range: Range<Offset>) -> [AbortedRange] {
    aborted.filter { $0.last >= range.lowerBound && $0.first < range.upperBound }
  }

  /// No record of an aborted transaction that ended before `start` is left.
  mutating func trim(to start: Offset) {
    aborted.removeAll { $0.last < start }
  }

  mutating func remove(_ producer: ProducerID) { producers[producer] = nil }

  /// Producers that appended nothing since `time` and have no open transaction.
  func idleProducers(since time: Timestamp) -> [ProducerID] {
    producers.values.filter { $0.openSince == nil && $0.lastActive <= time }.map(\.id).sorted()
  }

  /// As it was written down.
  mutating func restore(_ producer: ProducerState) { producers[producer.id] = producer }
  mutating func restore(aborted ranges: [AbortedRange]) { aborted = ranges }
}
