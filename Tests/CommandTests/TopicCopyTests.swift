// Moving to other brokers: what is there is what was here.
import Basics
import BrokerCore
import BrokerServer
import Foundation
import Kafka
import Testing

@testable import ratchet

@Suite final class TopicCopyTests {
  private let brokers: [EmbeddedBroker]

  init() throws {
    brokers = try (0..<2).map { number in
      var settings = EmbeddedBrokerSettings(disk: MemoryDisk(), broker: BrokerSettings(seed: UInt64(number)))
      settings.server.listen = Endpoint(host: "127.0.0.1", port: 0)
      return try EmbeddedBroker.start(settings, log: Logger(service: "test", version: "0", write: { _ in }))
    }
  }

  deinit { for broker in brokers { try? broker.stop() } }

  private func run(_ line: String, on broker: Int) throws -> ratchet.ExitStatus {
    let environment = [
      "RATCHET_BOOTSTRAP": brokers[broker].endpoint.description, "RATCHET_TOPOLOGY": topologyFolder,
    ]
    guard
      case .run(let command, let arguments) = try Invocation(
        line.split(separator: " ").map(String.init), among: commandTable, environment: { environment[$0] })
    else { throw UsageError("not a run") }
    return try command.run(arguments)
  }

  /// Each partition's records in order.
  private func records(_ broker: Int) throws -> [TopicPartition: [String]] {
    let follower = try TopicFollower(
      ["feedback", "executions", "control", "telemetry", "deployment-events"], prefix: "ratchet",
      ["bootstrap.servers": brokers[broker].endpoint.description])
    var records: [TopicPartition: [String]] = [:]
    let deadline = ContinuousClock.now + .seconds(30)
    while !follower.hasCaughtUp, ContinuousClock.now < deadline {
      try follower.turn(.milliseconds(50)) { record in
        let value = record.value.map { String(decoding: $0, as: UTF8.self) } ?? "none"
        records[record.partition, default: []].append(
          "\(record.timestamp) \(record.key) \(record.type ?? "") \(value)")
      }
    }
    #expect(follower.hasCaughtUp)
    return records
  }

  @Test("a copy has each partition's records in order, with keys, headers and times; a second one is refused")
  func copy() throws {
    for broker in [0, 1] { #expect(try run("topics apply", on: broker) == .success) }
    #expect(try run("control apply \(topologyFolder)", on: 0) == .success)
    #expect(try run("simulate --history 20m", on: 0) == .success)
    let from = "topics copy --from \(brokers[0].endpoint)"
    #expect(try run(from, on: 1) == .success)
    let here = try records(0)
    #expect(here.values.reduce(0) { $0 + $1.count } > 1000)
    #expect(try records(1) == here)
    #expect(throws: Diagnostic.self) { try run(from, on: 1) }
  }
}
