// The outcomes of transactions, provoked by errors that the mock cluster injects.
import Basics
import CRdKafka
import Testing

@testable import Kafka

@Suite("Transactions that fail")
struct TransactionTests {
  let broker: MockBroker

  init() throws {
    broker = try MockBroker()
    broker.createTopic("t")
  }

  private func producer(_ more: [String: String] = [:]) throws -> Producer {
    let settings = ["transactional.id": "worker-0", "retry.backoff.ms": "10"]
    let producer = try Producer(broker.client(settings.merging(more) { $1 }))
    try eventually("transactions are initialized") {
      do throws(KafkaError) { try producer.initializeTransactions(.seconds(10)) } catch {
        if case .retry = error { return false }
        throw error
      }
      return true
    }
    return producer
  }

  private func openTransaction(_ producer: Producer) throws -> ProduceBatch {
    try producer.beginTransaction()
    let batch = ProduceBatch(topic: "t")
    batch.append("k", "v")
    try producer.produce(batch)
    return batch
  }

  @Test("a commit of records for a topic not met before succeeds and tells the offset of each record")
  func commits() throws {
    let producer = try producer()
    let batch = try openTransaction(producer)
    try producer.flush(.seconds(10))
    #expect(batch.outcome(of: 0) == .delivered(.zero))
    #expect(producer.commitTransaction(.seconds(10)) == .committed)
  }

  @Test("a commit that is never answered is unknown; a new producer under the same id goes on")
  func unknownCommit() throws {
    do {
      let producer = try producer()
      _ = try openTransaction(producer)
      try producer.flush(.seconds(10))
      broker.goDown()
      let outcome = producer.commitTransaction(.milliseconds(300))
      guard case .unknown = outcome else { throw Unexpected(got: "\(outcome)") }
    }
    broker.comeUp()
    let next = try producer()
    _ = try openTransaction(next)
    #expect(next.commitTransaction(.seconds(10)) == .committed)
  }

  @Test("a fenced producer learns it at the commit")
  func fencedAtCommit() throws {
    let producer = try producer()
    _ = try openTransaction(producer)
    broker.fail(.endTransaction, with: [RD_KAFKA_RESP_ERR_PRODUCER_FENCED])
    let outcome = producer.commitTransaction(.seconds(10))
    guard case .fenced = outcome else { throw Unexpected(got: "\(outcome)") }
    let error = #expect(throws: KafkaError.self) { try producer.beginTransaction() }
    guard case .fenced = error else { throw Unexpected(got: "\(String(describing: error))") }
  }

  @Test("a refused partition demands an abort, after which the same batch commits")
  func abortAndRedo() throws {
    let producer = try producer()
    try producer.beginTransaction()
    let batch = ProduceBatch(topic: "t")
    batch.append("k", "v")
    broker.fail(.addPartitions, with: [RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED])
    try producer.produce(batch)
    let outcome = producer.commitTransaction(.seconds(10))
    guard case .mustAbort = outcome else { throw Unexpected(got: "\(outcome)") }
    try producer.abortTransaction(.seconds(10))
    #expect(batch.failedCount == 1 && !batch.isPending)

    batch.rewind()
    try producer.beginTransaction()
    try producer.produce(batch)
    #expect(producer.commitTransaction(.seconds(10)) == .committed)
    #expect(batch.failedCount == 0)
  }

  @Test("an abort gives up what was not sent yet")
  func abortPurges() throws {
    let producer = try producer(["linger.ms": "20000"])
    let batch = try openTransaction(producer)
    try producer.abortTransaction(.seconds(10))
    #expect(!batch.isPending && batch.failedCount == 1)
    try producer.beginTransaction()
    #expect(producer.commitTransaction(.seconds(10)) == .committed)
  }

  @Test("a coordinator that is still loading is no failure")
  func coordinatorLoading() throws {
    let loading = RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS
    broker.fail(.initProducerID, with: [loading, loading])
    let producer = try producer()
    broker.fail(.endTransaction, with: [loading, loading])
    _ = try openTransaction(producer)
    #expect(producer.commitTransaction(.seconds(10)) == .committed)
  }

  @Test("a stale generation is refused when offsets are sent, and demands an abort")
  func staleGeneration() throws {
    let producer = try producer()
    _ = try openTransaction(producer)
    let metadata = GroupMetadata(group: "g", generation: 3, member: "m", instance: "i")
    let stale = try #require(metadata)
    broker.fail(.commitTransactionOffsets, with: [RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION])
    let error = #expect(throws: KafkaError.self) {
      try producer.sendOffsets([TopicPartition("t"): Offset(1)], as: stale, timeout: .seconds(10))
    }
    guard case .abortTransaction = error else { throw Unexpected(got: "\(String(describing: error))") }
    try producer.abortTransaction(.seconds(10))
  }
}
