// What verify finds in an installation that is not whole, and in one that is, but for an engine.
import Basics
import BrokerCore
import BrokerServer
import Control
import Foundation
import Kafka
import POSIX
import Processors
import Runtime
import Testing

@testable import ratchet

@Suite final class VerifyTests {
  private let broker: EmbeddedBroker
  private let client: ClientConfiguration

  init() throws {
    var settings = EmbeddedBrokerSettings(disk: MemoryDisk(), broker: BrokerSettings(seed: 1))
    settings.server.listen = Endpoint(host: "127.0.0.1", port: 0)
    broker = try EmbeddedBroker.start(settings, log: Logger(service: "test", version: "0", write: { _ in }))
    client = ["bootstrap.servers": broker.endpoint.description]
  }

  deinit { try? broker.stop() }

  private func run(_ line: String) throws -> ratchet.ExitStatus {
    let environment = [
      "RATCHET_BOOTSTRAP": broker.endpoint.description, "RATCHET_TOPOLOGY": topologyFolder,
    ]
    guard
      case .run(let command, let arguments) = try Invocation(
        line.split(separator: " ").map(String.init), among: commandTable, environment: { environment[$0] })
    else { throw UsageError("not a run") }
    return try command.run(arguments)
  }

  @Test("missing topics, a missing configuration and one that cannot be read are found; then all is well")
  func findings() throws {
    #expect(try run("verify --no-probe") == .failure)
    #expect(try run("topics apply") == .success)
    let none = try configurationFinding(prefix: "ratchet", client)
    #expect(none.faults.count == 1 && none.text == "none is in force")
    #expect(try run("control apply \(topologyFolder)") == .success)
    #expect(try configurationFinding(prefix: "ratchet", client).faults.isEmpty)
    #expect(try run("verify --no-probe") == .success)

    let topic = try ControlTopic("ratchet.control", client)
    var configuration = try #require(topic.configuration)
    let content = Array("policy: default\nstagse: []\n".utf8)
    let hash = configuration.set("policies/default.yaml", content)
    _ = try topic.apply(configuration, [hash: content])
    let broken = try configurationFinding(prefix: "ratchet", client)
    #expect(broken.faults.first?.hasPrefix("policies/default.yaml:2:1: unknown key \"stagse\"") == true)
    #expect(broken.lines.hasPrefix("WRONG configuration  "))
    #expect(try run("verify --no-probe") == .failure)
  }

  @Test("stores of an instance that does not run are judged, and one whose changelog is gone is found")
  func stores() throws {
    #expect(try run("topics apply") == .success)
    #expect(try run("control apply \(topologyFolder)") == .success)
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ratchet-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try live(in: folder.path)
    #expect(try run("verify --no-probe --data \(folder.path)") == .success)
    #expect(try run("verify --no-probe --data \(folder.path)-mistyped") == .failure)
    try Admin(client, timeout: .seconds(10)).deleteTopic("ratchet.collect.users.changelog")
    let (forecasts, _) = try forecasts(data: folder.path, prefix: "ratchet", inputs: "ratchet", client)
    let found = storeFinding(forecasts)
    #expect(found.faults.contains { $0.hasPrefix("collect/") && $0.contains(" users: ") }, "\(found.lines)")
    #expect(found.lines.hasPrefix("WRONG stores "))
  }

  /// Runs an engine until collect has committed, and lets go of its folder.
  private func live(in folder: String) throws {
    let engine = try Engine.start(
      processors(prefix: "ratchet", inputs: "ratchet"), client: client, group: "ratchet",
      folder: try DataFolder("\(folder)/engine"))
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline,
      !engine.status.flatMap(\.tasks).contains(where: { $0.task.processor == "collect" && $0.epoch != nil })
    {
      pauseThread(.milliseconds(20))
    }
    engine.stop(within: .seconds(10))
  }

  @Test("a record that is none of this product's and a probe that does not come out are found")
  func strangers() throws {
    #expect(try run("topics apply") == .success)
    let producer = try Producer(client)
    let batch = ProduceBatch(topic: "ratchet.alerts")
    let value = Array("hello".utf8)
    batch.append(to: PartitionID(0), key: nil, value: unsafe value.span.bytes)
    try producer.produce(batch)
    try producer.flush(.seconds(10))
    let (topics, prefix) = try declaredTopics(
      Arguments(.verify, words: ["--topology", topologyFolder, "--bootstrap", "x:1"]) { _ in nil })
    let found = try recordFinding(topics, prefix, client)
    #expect(found.faults.count == 1 && found.text.hasPrefix("1 on "))
    let probe = try VerifyProbe(client, prefix: "ratchet", inputs: "ratchet", patience: .seconds(3)).run()
    #expect(probe.faults.count == 1 && probe.text.hasPrefix("did not come out"))
  }
}
