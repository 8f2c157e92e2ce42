// What goes wrong, against the mock cluster: each failure reaches the caller as what the caller can do about
// it.
import Basics
import CRdKafka
import Kafka
import POSIX
import Testing

@Suite("Failures")
struct FailureTests {
  let broker: MockBroker

  init() throws {
    broker = try MockBroker()
    broker.createTopic("t")
  }

  @Test("records wait for a broker that goes away and are delivered once when it is back")
  func brokerAway() throws {
    let producer = try Producer(broker.client())
    try producer.send("t", [(nil, "before")])
    broker.goDown()
    let batch = ProduceBatch(topic: "t")
    batch.append(nil, "meanwhile")
    try producer.produce(batch)
    let error = #expect(throws: KafkaError.self) { try producer.flush(.milliseconds(300)) }
    guard case .retry = error else { throw Unexpected(got: "\(String(describing: error))") }
    #expect(batch.isPending && batch.outcome(of: 0) == .pending)
    broker.comeUp()
    try producer.flush(.seconds(30))
    #expect(batch.outcome(of: 0) == .delivered(Offset(1)))
    #expect(
      try Consumer(broker.client()).readAll(TopicPartition("t")).map(\.value) == ["before", "meanwhile"])
  }

  @Test("a batch that met a full queue goes on where it stopped")
  func queueFull() throws {
    broker.goDown()
    let producer = try Producer(broker.client(["queue.buffering.max.messages": "5"]))
    let batch = ProduceBatch(topic: "t")
    for index in 0..<8 { batch.append(nil, "\(index)") }
    for _ in 0..<2 {
      let error = #expect(throws: KafkaError.self) { try producer.produce(batch, timeout: .zero) }
      #expect(error?.cause?.name == "_QUEUE_FULL")
    }
    broker.comeUp()
    try producer.produce(batch, timeout: .seconds(30))
    try producer.flush(.seconds(30))
    #expect((0..<8).map(batch.outcome) == (0..<8).map { .delivered(Offset($0)) })
  }

  @Test("a producer may go while records are under way, its batches staying whole")
  func droppedInFlight() throws {
    broker.goDown()
    let batch = ProduceBatch(topic: "t")
    do {
      let producer = try Producer(broker.client())
      for index in 0..<100 { batch.append(nil, "\(index)", timestamp: .zero) }
      try producer.produce(batch)
    }
    #expect(batch.isPending && batch.outcome(of: 99) == .pending)
  }

  @Test("a shutdown that runs out of time reports what it gave up")
  func shutdownGivesUp() throws {
    broker.goDown()
    let producer = try Producer(broker.client())
    let batch = ProduceBatch(topic: "t")
    batch.append("k", "v", timestamp: .zero)
    try producer.produce(batch)
    #expect(throws: KafkaError.self) { try producer.shutdown(deadline: .milliseconds(50)) }
    #expect(batch.failedCount == 1 && !batch.isPending)
    #expect(batch.firstFailure?.error.cause?.name == "_PURGE_QUEUE")
  }

  @Test("a refused record is told from the delivered ones of its batch")
  func refusedRecord() throws {
    let producer = try Producer(broker.client(["message.max.bytes": "2000"]))
    let batch = ProduceBatch(topic: "t")
    batch.append(nil, "small")
    batch.append(nil, String(repeating: "x", count: 3000))
    let error = #expect(throws: KafkaError.self) { try producer.produce(batch) }
    #expect(error?.cause?.name == "MSG_SIZE_TOO_LARGE")
    try producer.flush(.seconds(20))
    #expect(batch.outcome(of: 0) == .delivered(.zero))
    #expect(batch.outcome(of: 1) == .pending)
  }

  @Test("an unknown property suggests the nearest one")
  func unknownProperty() throws {
    let error = #expect(throws: KafkaError.self) { try Producer(["bootstrap.server": "x"]) }
    #expect(
      error?.description == """
        librdkafka: unknown property "bootstrap.server"
          did you mean "bootstrap.servers"?
        """)
  }

  @Test("librdkafka's own judgement of a value is passed on")
  func invalidProperty() throws {
    let error = #expect(throws: KafkaError.self) { try Producer(["retry.backoff.ms": "soon"]) }
    #expect(
      error?.description == """
        librdkafka: invalid property "retry.backoff.ms"
          Invalid value for configuration property "retry.backoff.ms"
        """)
    let clash = #expect(throws: KafkaError.self) {
      try Producer(["max.in.flight": "6"])
    }
    guard case .configuration = clash else { throw Unexpected(got: "\(String(describing: clash))") }
  }

  @Test("a property on which the client stands cannot be changed")
  func requiredProperty() throws {
    let error = #expect(throws: KafkaError.self) { try Producer(["enable.idempotence": "false"]) }
    #expect(
      error?.description == """
        librdkafka: enable.idempotence cannot be "false"
          this client needs it to be "true"
          leave it out
        """)
  }

  @Test("a member without a group instance id is refused")
  func memberWithoutInstance() throws {
    let error = #expect(throws: KafkaError.self) { try GroupMember(["group.id": "g"]) }
    #expect(
      error?.description == """
        librdkafka: group.instance.id is not set
          offsets of a member without it are committed unfenced
        """)
  }

  @Test("logs, statistics and errors go where the client is told, and nowhere else")
  func events() throws {
    // A lock of the C library: the thread sanitizer does not see into Synchronization's Mutex, and would now
    // and then report the lines as a race.
    let lines = Mailbox<ClientEvents.LogLine>()
    var (statistics, errors): ([String], [KafkaError]) = ([], [])
    let producer = try Producer(
      broker.client(["statistics.interval.ms": "10", "debug": "broker"]),
      events: ClientEvents(
        log: { lines.post($0) }, statistics: { statistics.append($0.text) },
        error: { errors.append($0) }))
    try producer.send("t", [(nil, "v")])
    broker.goDown()
    try eventually("all have come") {
      producer.poll(.milliseconds(50))
      return !statistics.isEmpty && !errors.isEmpty
    }
    #expect(statistics[0].hasPrefix("{ \"name\": \"rdkafka#producer-"))
    lines.close()
    let severities = AnyIterator { lines.next()?.severity }
    #expect(severities.contains(7))
    guard case .retry = errors[0] else { throw errors[0] }
  }
}
