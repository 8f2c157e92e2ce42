// Records in and out: what is refused, when it becomes visible, how long a fetch waits.
import Basics
import BrokerProtocol
import Testing

@testable import BrokerCore

@Suite struct ProduceFetchTests {
  @Test("a record is invisible until its flush has completed, and its answer waits for the same")
  func visibleWhenDurable() throws {
    let talk = try Conversation()
    try talk.create("t")
    try talk.flush()
    let batch = ByteSlice(RecordBatch.of(["a", "b"]).bytes)
    let token = talk.send(Conversation.produceRequest(batch, to: "t"), version: 9)
    let reply = try #require(talk.answer(to: token))
    let after = try #require(reply.after)
    #expect(after > talk.broker.durable)
    #expect(try talk.values(in: "t") == [])
    #expect(try talk.fetch("t", from: 0).highWatermark == .zero)
    try talk.flush()
    #expect(after <= talk.broker.durable)
    #expect(try talk.values(in: "t") == ["a", "b"])
    #expect(try talk.fetch("t", from: 0).highWatermark == Offset(2))
  }

  @Test("acks 1 is answered at once, acks 0 never")
  func acks() throws {
    let talk = try Conversation()
    try talk.create("t")
    let batch = ByteSlice(RecordBatch.of(["a"]).bytes)
    let first = talk.send(Conversation.produceRequest(batch, to: "t", acks: .leader), version: 9)
    let reply = try #require(talk.answer(to: first))
    #expect(reply.after == nil)
    let second = talk.send(Conversation.produceRequest(batch, to: "t", acks: .none), version: 9)
    #expect(talk.answer(to: second) == nil)
    try talk.flush()
    #expect(try talk.values(in: "t") == ["a", "a"])
  }

  @Test("what is no sound batch is refused, and nothing is appended")
  func refusals() throws {
    let talk = try Conversation()
    try talk.create("t", ["max.message.bytes": "200"])
    let good = RecordBatch.of(["a"])
    var broken = good.bytes
    broken[broken.count - 1] ^= 1
    #expect(try talk.produce(good, to: "missing").error == .unknownTopicOrPartition)
    #expect(try talk.produce(good, to: "t", partition: 7).error == .unknownTopicOrPartition)
    #expect(try talk.produce(good, to: "t", partition: -1).error == .unknownTopicOrPartition)
    #expect(try talk.produce(ByteSlice(broken), to: "t").error == .corruptMessage)
    #expect(try talk.produce(ByteSlice(good.bytes + good.bytes), to: "t").error == .invalidRecord)
    #expect(try talk.produce(nil as ByteSlice?, to: "t").error == .invalidRecord)
    #expect(try talk.produce(ByteSlice([1, 2, 3]), to: "t").error == .corruptMessage)
    let long = RecordBatch.of([String(repeating: "x", count: 300)])
    #expect(try talk.produce(long, to: "t").error == .messageTooLarge)
    let marker = RecordBatch.marker(
      .commit, at: .zero, timestamp: .zero, producerID: ProducerID(1), producerEpoch: ProducerEpoch(0),
      coordinatorEpoch: 0)
    #expect(try talk.produce(marker, to: "t").error == .invalidRecord)
    var old = good.bytes
    old[16] = 1
    #expect(try talk.produce(ByteSlice(old), to: "t").error == .unsupportedForMessageFormat)
    try talk.flush()
    #expect(try talk.fetch("t", from: 0).highWatermark == .zero)
  }

  @Test("unknown acks are refused")
  func unknownAcks() throws {
    let talk = try Conversation()
    try talk.create("t")
    let batch = ByteSlice(RecordBatch.of(["a"]).bytes)
    let request = Conversation.produceRequest(batch, to: "t", acks: Acks(rawValue: 2))
    guard case .produce(let response) = try talk.ask(request, version: 9) else { return }
    #expect(response.topics[0].partitions[0].error == .invalidRequiredAcks)
  }

  @Test("LogAppendTime stamps batches with the broker's time, and their checksums hold")
  func logAppendTime() throws {
    let talk = try Conversation()
    try talk.create("t", ["message.timestamp.type": "LogAppendTime"])
    let result = try talk.produce(.of(["a"], at: Timestamp(milliseconds: 5)), to: "t")
    #expect(result.logAppendTime == talk.now)
    try talk.flush()
    guard case .memory(let bytes) = try talk.fetch("t", from: 0).records[0] else { return }
    let batch = try RecordBatch(firstOf: bytes)
    try batch.validate()
    #expect(batch.header.maxTimestamp == talk.now && batch.header.attributes.hasLogAppendTime)
  }

  @Test("a fetch waits for enough bytes, and no longer than it says")
  func longPoll() throws {
    let talk = try Conversation()
    try talk.create("t")
    try talk.flush()
    let patient = Conversation.fetchRequest("t", from: 0, .readUncommitted, wait: .seconds(1), minBytes: 1)
    let first = talk.send(patient, version: 12)
    #expect(talk.answer(to: first) == nil)
    _ = try talk.produce(.of(["a"]), to: "t")
    #expect(talk.answer(to: first) == nil)
    try talk.flush()
    let reply = try #require(talk.answer(to: first))
    #expect(reply.after == nil)
    let tail = Conversation.fetchRequest("t", from: 1, .readUncommitted, wait: .seconds(1), minBytes: 1)
    let second = talk.send(tail, version: 12)
    #expect(talk.broker.nextDeadline.map { $0 <= talk.now + .seconds(1) } ?? false)
    talk.pass(.milliseconds(999))
    #expect(talk.answer(to: second) == nil)
    talk.pass(.milliseconds(1))
    #expect(talk.answer(to: second) != nil)
  }

  @Test("a disconnected client's fetches are forgotten")
  func disconnected() throws {
    let talk = try Conversation()
    try talk.create("t")
    let token = talk.send(
      Conversation.fetchRequest("t", from: 0, .readUncommitted, wait: .seconds(1), minBytes: 1),
      version: 12, connection: 9)
    talk.broker.disconnected(ConnectionID(rawValue: 9), now: talk.now)
    talk.pass(.seconds(2))
    #expect(talk.answer(to: token) == nil)
  }

  @Test("a fetch beyond either end of the log is out of range, one of nothing known is refused at once")
  func fetchErrors() throws {
    let talk = try Conversation()
    try talk.create("t")
    _ = try talk.produce(.of(["a"]), to: "t")
    try talk.flush()
    #expect(try talk.fetch("t", from: 2).error == .offsetOutOfRange)
    #expect(try talk.fetch("t", from: -1).error == .offsetOutOfRange)
    #expect(try talk.fetch("t", from: 1).error == .none)
    #expect(try talk.fetch("u", from: 0).error == .unknownTopicOrPartition)
    #expect(try talk.fetch("t", from: 0, partition: 3).error == .unknownTopicOrPartition)
    let token = talk.send(
      Conversation.fetchRequest("u", from: 0, .readUncommitted, wait: .seconds(1), minBytes: 1), version: 12)
    #expect(talk.answer(to: token) != nil)
    let session = FetchRequest(maxWait: .zero, sessionID: 4)
    guard case .fetch(let response) = try talk.ask(.fetch(session), version: 12) else { return }
    #expect(response.error == .fetchSessionIDNotFound)
  }

  @Test("a batch larger than every limit is returned alone, so that its reader gets past it")
  func atLeastOne() throws {
    let talk = try Conversation()
    try talk.create("t")
    for _ in 0..<3 { _ = try talk.produce(.of([String(repeating: "x", count: 500)]), to: "t") }
    try talk.flush()
    let request = Conversation.fetchRequest("t", from: 1, .readUncommitted, maxBytes: 10)
    guard case .fetch(let response) = try talk.ask(request, version: 12) else { return }
    #expect(try readable(response.topics[0].partitions[0]).count == 1)
  }

  @Test("offsets are listed by end, start and time")
  func listOffsets() throws {
    let talk = try Conversation()
    try talk.create("t")
    for time in [100, 300, 200] {
      _ = try talk.produce(.of(["\(time)"], at: Timestamp(milliseconds: Int64(time))), to: "t")
    }
    try talk.flush()
    func find(_ position: ListOffsetsRequest.Position) throws -> Int64 {
      let request = ListOffsetsRequest(
        isolation: .readUncommitted,
        topics: [TopicEntry(name: "t", partitions: [.init(partition: PartitionID(0), position: position)])])
      guard case .listOffsets(let response) = try talk.ask(.listOffsets(request), version: 7) else {
        return -9
      }
      return response.topics[0].partitions[0].offset.rawValue
    }
    #expect(try find(.earliest) == 0)
    #expect(try find(.latest) == 3)
    #expect(try find(.time(Timestamp(milliseconds: 150))) == 1)
    #expect(try find(.time(Timestamp(milliseconds: 301))) == -1)
    #expect(try find(.largestTimestamp) == 1)
  }
}
