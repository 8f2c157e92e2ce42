// One transactional id's life, as a transcript.
import Basics
import BrokerProtocol
import Testing

@testable import BrokerCore

@Suite struct TransactionStateTests {
  private let place = TopicPartition(topic: "t", partition: PartitionID(0))
  private let now = Timestamp(milliseconds: 1000)

  private func fresh() -> TransactionState {
    TransactionState(id: "x", producerID: ProducerID(7), timeout: .seconds(5), now: now)
  }

  @Test("it begins with the first partition, and runs out of time from then on")
  func begins() {
    var transaction = fresh()
    #expect(transaction.deadline == nil)
    #expect(transaction.ending(commit: true) == .refuse(.invalidTransactionState))
    #expect(transaction.add([place], [], now: now) == true)
    #expect(transaction.add([place], [], now: now + .seconds(1)) == false)
    #expect(transaction.add([], ["g"], now: now + .seconds(1)) == true)
    #expect(transaction.deadline == now + .seconds(5))
  }

  @Test("it ends once; the same end again is no error, the other one is")
  func ends() {
    var transaction = fresh()
    _ = transaction.add([place], ["g"], now: now)
    #expect(transaction.ending(commit: true) == .end(.commit))
    transaction.end(.commit, now: now)
    #expect(transaction.partitions.isEmpty && transaction.groups.isEmpty && transaction.deadline == nil)
    #expect(transaction.ending(commit: true) == .alreadyEnded)
    #expect(transaction.ending(commit: false) == .refuse(.invalidTransactionState))
    _ = transaction.add([place], [], now: now)
    transaction.end(.abort, now: now)
    #expect(transaction.ending(commit: false) == .alreadyEnded)
    #expect(transaction.ending(commit: true) == .refuse(.invalidTransactionState))
  }

  @Test("initializing raises the epoch; the former epoch is fenced")
  func initializing() {
    var transaction = fresh()
    transaction.initialize(claiming: (.none, .none), timeout: .seconds(5), freshID: nil, now: now)
    #expect(transaction.epoch == ProducerEpoch(1))
    #expect(
      transaction.initialization(producer: ProducerID(7), epoch: ProducerEpoch(0)) == .refuse(.producerFenced)
    )
    #expect(transaction.refusal(of: ProducerID(7), epoch: ProducerEpoch(0)) == .producerFenced)
    #expect(transaction.refusal(of: ProducerID(7), epoch: ProducerEpoch(2)) == .producerFenced)
    #expect(transaction.refusal(of: ProducerID(8), epoch: ProducerEpoch(1)) == .invalidProducerIDMapping)
    #expect(transaction.refusal(of: ProducerID(7), epoch: ProducerEpoch(1)) == nil)
  }

  @Test("a producer that names its epoch gets the next one, once, and a zombie gets none")
  func bumping() {
    var transaction = fresh()
    #expect(transaction.initialization(producer: .none, epoch: .none) == .bump)
    #expect(transaction.initialization(producer: ProducerID(7), epoch: ProducerEpoch(0)) == .bump)
    let first = (ProducerID(7), ProducerEpoch(0))
    transaction.initialize(claiming: first, timeout: .seconds(5), freshID: nil, now: now)
    #expect(transaction.initialization(producer: ProducerID(7), epoch: ProducerEpoch(0)) == .repeated)
    let second = (ProducerID(7), ProducerEpoch(1))
    transaction.initialize(claiming: second, timeout: .seconds(5), freshID: nil, now: now)
    #expect(
      transaction.initialization(producer: ProducerID(7), epoch: ProducerEpoch(0)) == .refuse(.producerFenced)
    )
    #expect(
      transaction.initialization(producer: ProducerID(9), epoch: ProducerEpoch(2)) == .refuse(.producerFenced)
    )
  }

  @Test("a timeout aborts and fences: not even the former epoch can be raised")
  func timeout() {
    var transaction = fresh()
    _ = transaction.add([place], [], now: now)
    transaction.abortAndFence(now: now + .seconds(5))
    #expect(transaction.phase == .aborted)
    #expect(transaction.refusal(of: ProducerID(7), epoch: ProducerEpoch(0)) == .producerFenced)
    #expect(
      transaction.initialization(producer: ProducerID(7), epoch: ProducerEpoch(0)) == .refuse(.producerFenced)
    )
  }

  @Test("when the epochs are used up the producer gets another id")
  func exhaustion() {
    var transaction = TransactionState(
      id: "x", producerID: ProducerID(7), epoch: TransactionState.epochMax, former: (.none, .none),
      timeout: .seconds(1), phase: .ongoing, partitions: [place], groups: [], startedAt: now, lastActive: now)
    #expect(transaction.needsFreshID)
    #expect(transaction.fencingEpoch == ProducerEpoch(.max))
    let last = (ProducerID(7), TransactionState.epochMax)
    transaction.initialize(claiming: last, timeout: .seconds(1), freshID: ProducerID(8), now: now)
    #expect(transaction.producerID == ProducerID(8) && transaction.epoch == ProducerEpoch(0))
    #expect(
      transaction.initialization(producer: ProducerID(7), epoch: TransactionState.epochMax) == .repeated)
  }

  @Test("it reads back as it was written")
  func readBack() throws {
    var transaction = fresh()
    _ = transaction.add(
      [place, TopicPartition(topic: "s", partition: PartitionID(2))], ["g", "f"], now: now)
    guard case .transaction(let read) = try Change(decoding: Change.transaction(transaction).encoded) else {
      return
    }
    #expect(read == transaction)
  }
}
