// What only an honest broker shows: administration, and transactions that other clients see or do not see.
import Basics
import Testing

@testable import Kafka

@Suite("Against an honest broker")
struct HonestBrokerTests {
  let admin: Admin
  let topic: String
  var partition: TopicPartition { TopicPartition(topic) }

  init() throws {
    admin = try Admin(try TestBroker.client())
    topic = TestBroker.unusedName("wrapper")
    try admin.createTopic(topic, partitions: 2, replication: 1, settings: ["retention.ms": "-1"])
    try eventually("the topic has leaders") { [admin, topic] in
      let found = try admin.topics()[topic]
      return found?.partitions.count == 2 && found?.partitions.allSatisfy { $0.leader != nil } == true
    }
  }

  private func producer(_ id: String) throws -> Producer {
    let producer = try Producer(try TestBroker.client(["transactional.id": id, "retry.backoff.ms": "10"]))
    try eventually("transactions are initialized") {
      do throws(KafkaError) { try producer.initializeTransactions(.seconds(10)) } catch {
        if case .retry = error { return false }
        throw error
      }
      return true
    }
    return producer
  }

  private func produce(_ producer: Producer, _ value: String) throws {
    let batch = ProduceBatch(topic: topic)
    batch.append("k", value, timestamp: Timestamp(milliseconds: 1000))
    try producer.produce(batch)
    try producer.flush(.seconds(10))
  }

  private func readCommitted() throws -> [String?] {
    try Consumer(try TestBroker.client()).readAll(partition).map(\.value)
  }

  @Test("a topic made twice is refused, and one deleted is gone")
  func topicLifecycle() throws {
    let again = #expect(throws: KafkaError.self) {
      try admin.createTopic(topic, partitions: 2, replication: 1)
    }
    #expect(again?.cause?.name == "TOPIC_ALREADY_EXISTS")
    try admin.deleteTopic(topic)
    try eventually("it is gone") { try admin.topics()[topic] == nil }
    let missing = #expect(throws: KafkaError.self) { try admin.deleteTopic(topic) }
    #expect(missing?.cause?.name == "UNKNOWN_TOPIC_OR_PART")
  }

  @Test("asking about a topic does not make it, whatever the broker would do")
  func nothingImplicit() throws {
    let absent = TestBroker.unusedName("absent")
    #expect(throws: KafkaError.self) { try admin.offsets([TopicPartition(absent): .latest]) }
    #expect(throws: KafkaError.self) { try admin.settings(ofTopic: absent) }
    #expect(try admin.topics()[absent] == nil)
  }

  @Test("replaced settings are exactly those given; the others are inherited again")
  func settings() throws {
    let before = try admin.settings(ofTopic: topic)
    #expect(before["retention.ms"]?.value == "-1" && before["retention.ms"]?.source == .topic)
    #expect(before["cleanup.policy"]?.source == .inherited)
    try admin.replaceSettings(ofTopic: topic, with: ["cleanup.policy": "compact"])
    try eventually("the change shows") {
      let after = try admin.settings(ofTopic: topic)
      return after["cleanup.policy"]?.value == "compact" && after["cleanup.policy"]?.source == .topic
        && after["retention.ms"]?.source == .inherited
    }
    #expect(throws: KafkaError.self) { try admin.replaceSettings(ofTopic: topic, with: ["no.such": "x"]) }
  }

  @Test("offsets are found by place and by time, and deleted records move the beginning")
  func offsets() throws {
    let producer = try Producer(try TestBroker.client())
    let batch = ProduceBatch(topic: topic)
    for time in [1000, 2000, 3000] { batch.append(nil, "v", timestamp: Timestamp(milliseconds: Int64(time))) }
    try producer.produce(batch)
    try producer.flush(.seconds(10))
    func offset(_ query: OffsetQuery) throws -> Offset? { try admin.offsets([partition: query])[partition] }
    #expect(try offset(.earliest) == .zero)
    #expect(try offset(.latest) == Offset(3))
    #expect(try offset(.at(Timestamp(milliseconds: 1500))) == Offset(1))
    #expect(try offset(.at(Timestamp(milliseconds: 9000))) == nil)
    #expect(try admin.deleteRecords(before: [partition: Offset(2)]) == [partition: Offset(2)])
    #expect(try offset(.earliest) == Offset(2))
    #expect(try !admin.clusterID().isEmpty)
  }

  @Test("a flush sends full requests of a partition and the rest, however long they may linger")
  func flushOfManyRequests() throws {
    let producer = try Producer(
      try TestBroker.client(["linger.ms": "60000", "batch.size": "10000", "batch.num.messages": "1000000"]))
    for round in 1...2 {
      let batch = ProduceBatch(topic: topic)
      let value = String(repeating: "v", count: 300)
      for number in 0..<1000 { batch.append("\(number)", value, partition: number % 10 == 0 ? 1 : 0) }
      try producer.produce(batch)
      try producer.flush(.seconds(30))
      #expect(batch.failedCount == 0 && !batch.isPending)
      for place in [0, 1] as [Int32] {
        let read = try Consumer(try TestBroker.client()).readAll(TopicPartition(topic, place))
        #expect(read.count == round * (place == 0 ? 900 : 100))
      }
    }
  }

  @Test("committed records are seen, aborted ones are not, and the end lies behind both")
  func visibility() throws {
    let producer = try producer(topic)
    try producer.beginTransaction()
    try produce(producer, "aborted")
    try producer.abortTransaction(.seconds(10))
    try producer.beginTransaction()
    try produce(producer, "committed")
    #expect(try readCommitted() == [])
    #expect(producer.commitTransaction(.seconds(10)) == .committed)
    #expect(try readCommitted() == ["committed"])
  }

  @Test("a second producer fences the first and settles its open transaction")
  func zombie() throws {
    let first = try producer(topic)
    try first.beginTransaction()
    try produce(first, "zombie")
    let second = try producer(topic)
    let outcome = first.commitTransaction(.seconds(10))
    guard case .fenced = outcome else { throw Unexpected(got: "\(outcome)") }
    try second.beginTransaction()
    try produce(second, "heir")
    #expect(second.commitTransaction(.seconds(10)) == .committed)
    #expect(try readCommitted() == ["heir"])
  }

  @Test("offsets commit with the transaction, are waited for until then, and need the generation")
  func offsetsInTransactions() throws {
    let group = topic
    let member = try GroupMember(
      try TestBroker.client(["group.id": group, "group.instance.id": "one", "session.timeout.ms": "10000"]))
    try member.subscribe([topic])
    var granted: GroupMetadata?
    try eventually(within: .seconds(30), "it is assigned") {
      try member.poll(.milliseconds(100)) { if case .assigned(_, let metadata) = $0 { granted = metadata } }
      return granted != nil
    }
    let metadata = try #require(granted)
    let producer = try producer(topic)

    try producer.beginTransaction()
    try produce(producer, "v")
    try producer.sendOffsets([partition: Offset(7)], as: metadata, timeout: .seconds(10))
    let pending = #expect(throws: KafkaError.self) { try member.committed([partition], timeout: .seconds(1)) }
    guard case .retry = pending else { throw Unexpected(got: "\(String(describing: pending))") }
    #expect(producer.commitTransaction(.seconds(10)) == .committed)
    #expect(try member.committed([partition], timeout: .seconds(10)) == [partition: Offset(7)])
    #expect(try admin.committedOffsets(of: group, [partition]) == [partition: Offset(7)])

    try producer.beginTransaction()
    let stale = try #require(
      GroupMetadata(
        group: group, generation: metadata.generation + 1, member: metadata.member, instance: "one"))
    let refused = #expect(throws: KafkaError.self) {
      try producer.sendOffsets([partition: Offset(9)], as: stale, timeout: .seconds(10))
    }
    guard case .abortTransaction = refused else { throw Unexpected(got: "\(String(describing: refused))") }
    try producer.abortTransaction(.seconds(10))
    #expect(try member.committed([partition], timeout: .seconds(10)) == [partition: Offset(7)])
    try member.shutdown(deadline: .seconds(10)) { _ in }
  }
}
