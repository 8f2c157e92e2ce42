// How a broker starts, stops and fails.
import Basics
import BrokerCore
import POSIX
import Synchronization
import Testing

@testable import BrokerProtocol
@testable import BrokerServer

@Suite struct LifetimeTests {
  @Test("an address that is taken is told with what to do")
  func addressInUse() throws {
    try withBroker { endpoint in
      var settings = EmbeddedBrokerSettings(disk: MemoryDisk(), broker: BrokerSettings(seed: 2))
      settings.server.listen = endpoint
      let error = try #require(throws: Diagnostic.self) {
        try EmbeddedBroker.start(settings, log: LogLines().logger)
      }
      #expect(error.description.hasPrefix("--listen: cannot listen on \(endpoint)"))
      #expect(error.next?.contains("port 0") == true)
    }
  }

  @Test("what was acknowledged is there after a stop and a new start")
  func restart() throws {
    let disk = MemoryDisk()
    try withBroker(on: disk) { endpoint in
      let client = try TestClient(endpoint)
      try client.makeTopic("t")
      for _ in 0..<3 { _ = try client.produce(recordBatch(of: 100), to: "t", acks: .all) }
    }
    try withBroker(on: disk) { endpoint in
      let client = try TestClient(endpoint)
      #expect(try client.endOffset(of: "t") == Offset(3))
    }
  }

  @Test("a disk that fails ends the broker: nothing more is acknowledged, and the reason is told")
  func failingDisk() throws {
    let disk = FailingDisk()
    var settings = EmbeddedBrokerSettings(disk: disk, broker: BrokerSettings(seed: 1))
    settings.server.listen.port = 0
    let broker = try EmbeddedBroker.start(settings, log: LogLines().logger)
    let client = try TestClient(broker.endpoint)
    try client.makeTopic("t")
    disk.fails.store(true, ordering: .releasing)
    #expect(throws: TestClient.Closed.self) {
      try client.produce(recordBatch(of: 100), to: "t", acks: .all)
    }
    let poller = try Poller()
    try poller.add(broker.ended, key: 0, for: .reading)
    var hasEnded = false
    try poller.wait(timeout: .seconds(10)) { _ in hasEnded = true }
    #expect(hasEnded)
    let error = try #require(throws: Diagnostic.self) { try broker.stop() }
    #expect(error.what == "no space left on the device")
  }

  @Test("time goes on when the wall clock is set back, and follows it forward")
  func steadyClock() {
    var clock = SteadyClock(wall: Timestamp(milliseconds: 10_000), monotonic: .seconds(1))
    func now(wall: Int64, monotonic: Duration) -> Int64 {
      clock.now(wall: Timestamp(milliseconds: wall), monotonic: monotonic).rawValue
    }
    #expect(now(wall: 10_500, monotonic: .milliseconds(1500)) == 10_500)
    #expect(now(wall: 4_000, monotonic: .milliseconds(2000)) == 11_000)
    #expect(now(wall: 4_500, monotonic: .milliseconds(2500)) == 11_500)
    #expect(now(wall: 60_000, monotonic: .milliseconds(2600)) == 60_000)
  }

  @Test(
    "an endpoint is a host and a port",
    arguments: [
      ("127.0.0.1:9092", "127.0.0.1", 9092), ("localhost:0", "localhost", 0), ("[::1]:1", "::1", 1),
    ])
  func endpoint(text: String, host: String, port: Int) throws {
    let endpoint = try #require(Endpoint(text))
    #expect(endpoint.host == host && Int(endpoint.port) == port)
    #expect(endpoint.description == text)
  }

  @Test("what is no endpoint is none", arguments: ["", "9092", ":9092", "a:", "a:b", "a:70000", "::1:9092"])
  func noEndpoint(text: String) { #expect(Endpoint(text) == nil) }
}
