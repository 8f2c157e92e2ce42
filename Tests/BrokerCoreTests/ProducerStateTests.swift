// Sequences of one idempotent producer in one log, as a transcript.
import Basics
import BrokerProtocol
import Testing

@testable import BrokerCore

private struct Log {
  var producer: ProducerState?
  private var end = Offset.zero

  /// Judges a batch of `count` records, and appends it if it may be.
  mutating func offer(_ sequence: Int32, count: Int32 = 1, epoch: Int16 = 0, transactional: Bool = false)
    -> ProducerState.Verdict
  {
    var header = RecordBatch.of(
      ["x"], producer: ProducerID(5), epoch: epoch, sequence: sequence, transactional: transactional
    ).header
    header.lastOffsetDelta = count - 1
    header.baseOffset = end
    let verdict = ProducerState.verdict(on: header, known: producer)
    guard verdict == .append else { return verdict }
    if producer == nil {
      producer = ProducerState(id: ProducerID(5), epoch: ProducerEpoch(epoch), lastActive: .zero)
    }
    producer?.append(header, now: .zero)
    end = header.nextOffset
    return verdict
  }

  mutating func mark(epoch: Int16) -> Offset? {
    end = end.next
    return producer?.end(epoch: ProducerEpoch(epoch), now: .zero)
  }
}

@Suite struct ProducerStateTests {
  @Test("batches are taken in order; a gap is refused")
  func order() {
    var log = Log()
    #expect(log.offer(3) == .refuse(.unknownProducerID))
    #expect(log.offer(0, count: 2) == .append)
    #expect(log.offer(3) == .refuse(.outOfOrderSequenceNumber))
    #expect(log.offer(2) == .append)
  }

  @Test(
    "any of the last five batches repeated is acknowledged with its first offset; an older one is refused")
  func duplicates() {
    var log = Log()
    for sequence in 0..<6 { #expect(log.offer(Int32(sequence)) == .append) }
    for sequence in 1..<6 {
      #expect(log.offer(Int32(sequence)) == .duplicate(Offset(Int64(sequence)), .none))
    }
    #expect(log.offer(0) == .refuse(.outOfOrderSequenceNumber))
    #expect(log.offer(4, count: 2) == .refuse(.outOfOrderSequenceNumber))
    #expect(log.offer(6) == .append)
  }

  @Test("after the largest sequence comes 0, also within a batch")
  func wrap() {
    var log = Log()
    log.producer = ProducerState(
      id: ProducerID(5), epoch: ProducerEpoch(0),
      batches: [.init(firstSequence: 9, lastSequence: .max - 1, baseOffset: .zero, timestamp: .none)],
      openSince: nil, lastActive: .zero)
    #expect(log.offer(.max, count: 3) == .append)
    #expect(log.producer?.batches.last?.lastSequence == 1)
    #expect(log.offer(2) == .append)
    #expect(log.offer(.max, count: 3) == .duplicate(.zero, .none))
  }

  @Test("a new epoch begins at 0, and the old one is refused from then on")
  func epochs() {
    var log = Log()
    #expect(log.offer(0) == .append)
    #expect(log.offer(1, epoch: 1) == .refuse(.outOfOrderSequenceNumber))
    #expect(log.offer(0, epoch: 1) == .append)
    #expect(log.offer(1, epoch: 0) == .refuse(.invalidProducerEpoch))
    #expect(log.offer(1, epoch: 1) == .append)
  }

  @Test("a marker ends the transaction where it began, and one of a higher epoch fences")
  func markers() {
    var log = Log()
    #expect(log.offer(0) == .append)
    #expect(log.offer(1, transactional: true) == .append)
    #expect(log.offer(2, transactional: true) == .append)
    #expect(log.producer?.openSince == Offset(1))
    #expect(log.mark(epoch: 0) == Offset(1))
    #expect(log.offer(3, transactional: true) == .append)
    #expect(log.mark(epoch: 1) == Offset(4))
    #expect(log.offer(4, transactional: true) == .refuse(.invalidProducerEpoch))
    #expect(log.offer(0, epoch: 1, transactional: true) == .append)
  }
}
