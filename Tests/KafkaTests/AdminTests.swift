// What of administration the mock cluster answers.
import Basics
import Kafka
import POSIX
import Testing

@Suite("Administration")
struct AdminTests {
  let broker: MockBroker
  let admin: Admin

  init() throws {
    broker = try MockBroker()
    broker.createTopic("t", partitions: 2)
    admin = try Admin(broker.client(), timeout: .seconds(10))
  }

  @Test("topics are listed with their partitions")
  func listing() throws {
    #expect(try admin.topics()["t"]?.partitions.map(\.id) == [PartitionID(0), PartitionID(1)])
  }

  @Test("offsets are found by place")
  func offsets() throws {
    let partition = TopicPartition("t")
    try Producer(broker.client()).send("t", [(nil, "a"), (nil, "b")])
    #expect(try admin.offsets([partition: .earliest]) == [partition: Offset(0)])
    #expect(try admin.offsets([partition: .latest]) == [partition: Offset(2)])
  }

  @Test("a request that nobody answers ends in time and may be sent again")
  func unanswered() throws {
    // The mock cluster has no controller.
    let admin = try Admin(broker.client(), timeout: .milliseconds(200))
    let error = #expect(throws: KafkaError.self) { try admin.createTopic("new", partitions: 1) }
    guard case .retry = error else { throw Unexpected(got: "\(String(describing: error))") }
    #expect(throws: KafkaError.self) { try admin.settings(ofTopic: "t") }
    #expect(throws: KafkaError.self) { try admin.deleteTopic("t") }
  }

  // librdkafka 2.0.2 loses a queue of its own when a DeleteRecords fails; the address sanitizer reports it.
  @Test(
    "a deletion of records that nobody carries out fails",
    .enabled(if: environmentVariable("RATCHET_SANITIZER") != "address"))
  func failedDeletion() throws {
    let admin = try Admin(broker.client(), timeout: .milliseconds(200))
    #expect(throws: KafkaError.self) { try admin.deleteRecords(before: [TopicPartition("t"): Offset(1)]) }
  }
}
