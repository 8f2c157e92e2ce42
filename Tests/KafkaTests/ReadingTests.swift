// Records in and out, against the mock cluster.
import Basics
import Kafka
import Testing

@Suite("Reading and writing records")
struct ReadingTests {
  let broker: MockBroker

  init() throws {
    broker = try MockBroker()
    broker.createTopic("t")
  }

  @Test("what is produced is consumed in order, up to a known end")
  func roundTrip() throws {
    let batch = try Producer(broker.client()).send("t", (0..<40).map { ("k\($0)", "v\($0)") })
    #expect(batch.outcome(of: 39) == .delivered(Offset(39)))
    #expect(batch.failedCount == 0 && !batch.isPending)
    let records = try Consumer(broker.client()).readAll(TopicPartition("t"))
    #expect(records == (0..<40).map { Copied(offset: Offset(Int64($0)), key: "k\($0)", value: "v\($0)") })
  }

  @Test("a tombstone is told from an empty value, and no key from an empty key")
  func tombstones() throws {
    try Producer(broker.client()).send("t", [("a", nil), ("a", ""), (nil, "x"), ("", "x")])
    let records = try Consumer(broker.client()).readAll(TopicPartition("t"))
    #expect(records.map(\.value) == [nil, "", "x", "x"])
    #expect(records.map(\.key) == ["a", "a", nil, ""])
  }

  @Test("time and headers arrive as they were sent, a null header value as null, the last of a name wins")
  func headers() throws {
    let producer = try Producer(broker.client())
    let sent = ProduceBatch(topic: "t")
    sent.append("k", "v", timestamp: Timestamp(milliseconds: 1_700_000_000_123))
    for (name, value) in [("ce_type", "old"), ("ce_type", "new"), ("empty", ""), ("null", nil)] {
      sent.appendHeader(name, value)
    }
    sent.append("bare", nil, timestamp: Timestamp(milliseconds: 5))
    try producer.produce(sent)
    try producer.flush(.seconds(20))

    let consumer = try Consumer(broker.client())
    let queue = try consumer.start(TopicPartition("t"), at: .earliest)
    var batch = ConsumeBatch(capacity: 8)
    var seen: [String] = []
    try eventually("both records arrive") {
      consumer.wait(.milliseconds(100))
      try queue.read(into: &batch)
      for index in 0..<batch.count {
        seen.append("\(batch[index].timestamp.rawValue)")
        if let type = batch[index].header("ce_type") { seen.append("type \(type.text)") }
        if batch[index].header("null") != nil || batch[index].header("no") != nil { seen.append("wrong") }
        batch[index].forEachHeader { seen.append("\($0.text)=\(valueText($1))") }
      }
      return seen.last == "5"
    }
    #expect(
      seen == [
        "1700000000123", "type new", "ce_type=old", "ce_type=new", "empty=", "null=null", "5",
      ])
  }

  @Test("every partition has a queue of its own, and a stopped one gives nothing more")
  func queuesPerPartition() throws {
    broker.createTopic("wide", partitions: 3)
    let producer = try Producer(broker.client())
    let sent = ProduceBatch(topic: "wide")
    for index in 0..<30 { sent.append(nil, "\(index % 3)", partition: Int32(index % 3)) }
    try producer.produce(sent)
    try producer.flush(.seconds(20))
    let consumer = try Consumer(broker.client())
    for partition in 0..<3 {
      let records = try consumer.readAll(TopicPartition("wide", Int32(partition)))
      #expect(records.map(\.value) == Array(repeating: "\(partition)", count: 10))
    }
  }

  @Test("records stay readable after their queue and their consumer are gone")
  func batchOutlivesConsumer() throws {
    try Producer(broker.client()).send("t", [("k", "kept")])
    var batch = ConsumeBatch(capacity: 4)
    do {
      let consumer = try Consumer(broker.client())
      let queue = try consumer.start(TopicPartition("t"), at: .earliest)
      try eventually("the record arrives") {
        consumer.wait(.milliseconds(100))
        try queue.read(into: &batch)
        return !batch.isEmpty
      }
    }
    #expect(batch[0].value?.text == "kept")
  }

  @Test("an offset that is not there is an error, not a jump")
  func offsetOutOfRange() throws {
    try Producer(broker.client()).send("t", [("k", "v")])
    let consumer = try Consumer(broker.client())
    let queue = try consumer.start(TopicPartition("t"), at: .offset(Offset(1000)))
    var batch = ConsumeBatch(capacity: 4)
    let error = try value("the error is told") {
      consumer.wait(.milliseconds(100))
      do throws(KafkaError) { try queue.read(into: &batch) } catch { return error }
      return nil
    }
    #expect(error.cause?.name == "_AUTO_OFFSET_RESET")
    guard case .refused = error else { throw error }
  }

  @Test("a wait ends as soon as a queue has something")
  func waitWakes() throws {
    let consumer = try Consumer(broker.client(["fetch.wait.max.ms": "100"]))
    let queue = try consumer.start(TopicPartition("t"), at: .earliest)
    var batch = ConsumeBatch(capacity: 4)
    try eventually("the end is known") {
      consumer.wait(.milliseconds(100))
      try queue.read(into: &batch)
      return queue.end != nil
    }
    try Producer(broker.client()).send("t", [("k", "v")])
    let start = ContinuousClock.now
    // Each wait may also end for news of the client itself, so there may be a few; without wake-ups even one
    // would outlast the limit.
    while batch.isEmpty, ContinuousClock.now - start < .seconds(60) {
      consumer.wait(.seconds(120))
      try queue.read(into: &batch)
    }
    #expect(batch.count == 1)
    #expect(queue.end == Offset(1), "the end is known with the last record, not only after a vain fetch")
  }
}
