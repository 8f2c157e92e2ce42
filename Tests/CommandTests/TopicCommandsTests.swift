// The topics commands through librdkafka against a real broker over the wire.
import Basics
import BrokerCore
import BrokerServer
import Foundation
import Kafka
import Testing

@testable import ratchet

let topologyFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("topology").path

@Suite final class TopicCommandsTests {
  private let broker: EmbeddedBroker

  init() throws {
    var settings = EmbeddedBrokerSettings(disk: MemoryDisk(), broker: BrokerSettings(seed: 1))
    settings.server.listen = Endpoint(host: "127.0.0.1", port: 0)
    broker = try EmbeddedBroker.start(
      settings, log: Logger(service: "test", version: "0", write: { _ in }))
  }

  deinit { try? broker.stop() }

  private func run(_ line: String) throws -> ratchet.ExitStatus {
    let words = line.split(separator: " ").map(String.init) + ["--topology", topologyFolder]
    let environment = ["RATCHET_BOOTSTRAP": broker.endpoint.description]
    guard
      case .run(let command, let arguments) = try Invocation(
        words, among: commandTable, environment: { environment[$0] })
    else { throw UsageError("not a run") }
    return try command.run(arguments)
  }

  private func admin() throws -> Admin {
    try Admin(["bootstrap.servers": broker.endpoint.description], timeout: .seconds(10))
  }

  @Test("apply makes every topic, after which a plan finds nothing to do")
  func applyThenPlan() throws {
    #expect(try run("topics plan") == .changesPending)
    #expect(try run("topics apply") == .success)
    #expect(try run("topics plan --json") == .success)
    #expect(try run("topics apply") == .success)
    #expect(try run("topics describe feedback") == .success)
    #expect(try admin().topics()["ratchet.rollouts.epochs"]?.partitions.count == 1)
  }

  @Test("a setting that differs is put right, and one of somebody else's is kept")
  func changes() throws {
    #expect(try run("topics apply --prefix p") == .success)
    try admin().replaceSettings(
      ofTopic: "p.alerts", with: ["retention.ms": "1000", "min.insync.replicas": "2"])
    #expect(try run("topics plan --prefix p") == .changesPending)
    #expect(try run("topics apply --prefix p") == .success)
    let settings = try admin().settings(ofTopic: "p.alerts")
    #expect(settings["retention.ms"]?.value == "-1")
    #expect(settings["min.insync.replicas"]?.value == "2")
    #expect(settings["min.insync.replicas"]?.source == .topic)
  }

  @Test("with another number of partitions nothing is done at all")
  func partitions() throws {
    try admin().createTopic("q.feedback", partitions: 3)
    #expect(try run("topics plan --prefix q") == .failure)
    #expect(throws: Diagnostic.self) { try run("topics apply --prefix q") }
    let names = try admin().topics().keys.filter { $0.hasPrefix("q.") }
    #expect(Array(names) == ["q.feedback"])
  }

  @Test("what is wrong with the call is said before the broker is asked")
  func wrongCalls() {
    #expect(throws: UsageError.self) { try run("topics plan --prefix a_b") }
    #expect(throws: UsageError.self) { try run("topics plan --property x") }
    #expect(throws: Diagnostic.self) { try run("topics describe feedbakc") }
    let error = #expect(throws: Diagnostic.self) { try run("topics plan --property nonsense=1") }
    #expect(error?.what == "unknown property \"nonsense\"")
  }
}
