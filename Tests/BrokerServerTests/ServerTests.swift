// Clients that misbehave, each beside one that does not: the broker serves the second as if the first were
// not there.
import Basics
import BrokerCore
import Testing

@testable import BrokerProtocol
@testable import BrokerServer

@Suite struct ServerTests {
  @Test("bytes that are no request close their own connection, and the log says whose")
  func garbage() throws {
    let log = LogLines()
    try withBroker(log: log) { endpoint in
      let good = try TestClient(endpoint)
      let frames: [[UInt8]] = [
        Array("GET / HTTP/1.1\r\n\r\n".utf8),
        [0xFF, 0xFF, 0xFF, 0xFF],
        [0, 0, 0, 4, 0x03, 0xE7, 0, 0],
        try framed(MetadataRequest(), RequestHeader(key: .metadata, version: 99)),
        [0, 0, 0, 12, 0, 3, 0, 1, 0, 0, 0, 0, 0xFF, 0xFF, 0x7F, 0xFF],
      ]
      for frame in frames {
        let bad = try TestClient(endpoint)
        try bad.send(frame)
        #expect(bad.isClosedByBroker)
        #expect(try good.isServed())
      }
      #expect(log.contain("something else than a Kafka client"))
      #expect(log.contain("version 99 of metadata is not served"))
    }
  }

  @Test("the log says once that a compacted topic holds batches that nobody here can open")
  func unreadBatches() throws {
    let log = LogLines()
    try withBroker({ $0.broker.upkeepInterval = .milliseconds(10) }, log: log) { endpoint in
      let client = try TestClient(endpoint)
      try client.setTopic("t", "cleanup.policy", "compact")
      try client.setTopic("u", "cleanup.policy", "delete")
      let header = RequestHeader(key: .alterConfigs, version: 1)
      let configs = ["cleanup.policy": "compact", "segment.ms": "1"].map { ConfigValue(name: $0, value: $1) }
      let resource = ConfigResource(kind: .topic, name: "t")
      let request = AlterConfigsRequest(resources: [.init(resource: resource, configs: configs)])
      _ = try client.ask(request, header, as: AlterConfigsResponse.self)
      for _ in 0..<3 {
        _ = try client.produce(recordBatch(of: 10, codec: .zstd), to: "t", acks: .all)
        _ = try client.produce(recordBatch(of: 10, codec: .zstd), to: "u", acks: .all)
        try eventually("a compaction") { log.contain("compaction_incomplete") }
      }
      #expect(log.count(of: "compaction_incomplete") == 1 && log.contain("topic=\"t\""))
    }
  }

  @Test("a half-sent request keeps nobody waiting, and is answered when its rest comes")
  func halfSent() throws {
    try withBroker { endpoint in
      let slow = try TestClient(endpoint)
      let header = RequestHeader(key: .metadata, version: 1, correlationID: 5)
      let frame = try framed(MetadataRequest(topics: []), header)
      for byte in frame.dropLast() {
        try slow.send([byte])
        let other = try TestClient(endpoint)
        #expect(try other.isServed())
      }
      try slow.send(frame.suffix(1))
      #expect(try slow.answer(MetadataResponse.self, to: header).controllerID == 1)
    }
  }

  @Test("answers come in the order of the requests, though the first waits and the second does not")
  func order() throws {
    try withBroker { endpoint in
      let client = try TestClient(endpoint)
      try client.makeTopic("t")
      let (fetch, header) = fetchRequest("t", wait: .milliseconds(200), correlationID: 1)
      let metadata = RequestHeader(key: .metadata, version: 1, correlationID: 2)
      try client.send(framed(fetch, header) + framed(MetadataRequest(topics: []), metadata))
      #expect(try client.answer(FetchResponse.self, to: header).topics.count == 1)
      #expect(try client.answer(MetadataResponse.self, to: metadata).controllerID == 1)
    }
  }

  @Test(
    "record batches of every size come back as the same bytes", arguments: [1, 60_000, 70_000, 3_000_000])
  func sizes(count: Int) throws {
    try withBroker { endpoint in
      let client = try TestClient(endpoint)
      try client.setTopic("t", "max.message.bytes", "10000000")
      let batch = recordBatch(of: count)
      #expect(try client.produce(batch, to: "t", acks: .all)?.baseOffset == .zero)
      let (fetch, header) = fetchRequest("t", wait: .seconds(5), correlationID: 1)
      let answer = try client.ask(fetch, header, as: FetchResponse.self)
      let records = try #require(answer.topics.first?.partitions.first?.records.first)
      guard case .memory(let bytes) = records else { throw TestClient.Closed() }
      let sent = try RecordBatch(firstOf: ByteSlice(batch))
      #expect(try RecordBatch(firstOf: bytes).records == sent.records)
    }
  }

  @Test("what a client sent with acks=0 before it went is kept")
  func unacknowledged() throws {
    try withBroker { endpoint in
      let reader = try TestClient(endpoint)
      try reader.makeTopic("t")
      do {
        let sender = try TestClient(endpoint)
        for _ in 0..<50 { try sender.send(recordBatch(of: 10_000), to: "t", acks: .none) }
      }
      try eventually("fifty records") { try reader.endOffset(of: "t") == Offset(50) }
    }
  }

  @Test("a client that takes no answers is not read any more, and gets them all when it does")
  func slowReader() throws {
    try withBroker { endpoint in
      let slow = try TestClient(endpoint)
      let batch = recordBatch(of: 900_000)
      try slow.makeTopic("t")
      _ = try slow.produce(batch, to: "t", acks: .all)
      let asked = (1...200).map { fetchRequest("t", wait: .zero, correlationID: Int32($0)) }
      for (fetch, header) in asked { try slow.send(fetch, header) }
      let other = try TestClient(endpoint)
      #expect(try other.isServed())
      for (_, header) in asked {
        let answer = try slow.answer(FetchResponse.self, to: header)
        #expect(answer.topics[0].partitions[0].records.reduce(0) { $0 + $1.count } == batch.count)
      }
    }
  }

  @Test("a client newer than the broker learns the versions from an answer in the oldest layout")
  func newerClient() throws {
    try withBroker { endpoint in
      let client = try TestClient(endpoint)
      try client.send([0, 0, 0, 11, 0, 18, 0, 77, 0, 0, 0, 9, 0xFF, 0xFF, 0])
      let oldest = RequestHeader(key: .apiVersions, version: 0, correlationID: 9)
      #expect(try client.answer(APIVersionsResponse.self, to: oldest).error == .unsupportedVersion)
      #expect(try client.isServed())
    }
  }

  @Test("beyond the limit a client is turned away until another has gone")
  func limit() throws {
    try withBroker({ $0.server.connections_max = 2 }) { endpoint in
      let first = try TestClient(endpoint)
      #expect(try first.isServed())
      do {
        let second = try TestClient(endpoint)
        #expect(try second.isServed())
        let third = try TestClient(endpoint)
        #expect(third.isClosedByBroker)
      }
      try eventually("room for another") { (try? TestClient(endpoint).isServed()) == true }
      #expect(try first.isServed())
    }
  }

  @Test("a connection that says nothing is closed in the end")
  func idle() throws {
    try withBroker({ $0.server.idleTimeout = .milliseconds(100) }) { endpoint in
      let client = try TestClient(endpoint)
      #expect(try client.isServed())
      #expect(client.isClosedByBroker)
    }
  }
}
