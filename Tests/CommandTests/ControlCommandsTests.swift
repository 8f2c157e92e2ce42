// Control on a broker on the wire: what a first start puts in force, and events for all partitions at once.
import Basics
import BrokerCore
import BrokerServer
import Control
import Foundation
import Kafka
import Testing

@testable import ratchet

@Suite final class ControlCommandsTests {
  private let broker: EmbeddedBroker
  private let client: ClientConfiguration
  private let folder: String

  init() throws {
    var settings = EmbeddedBrokerSettings(disk: MemoryDisk(), broker: BrokerSettings(seed: 1))
    settings.server.listen = Endpoint(host: "127.0.0.1", port: 0)
    broker = try EmbeddedBroker.start(settings, log: Logger(service: "test", version: "0", write: { _ in }))
    client = ["bootstrap.servers": broker.endpoint.description]
    folder = FileManager.default.temporaryDirectory.path + "/ratchet-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder + "/rules", withIntermediateDirectories: true)
    try write("rules/a.yaml", "a")
    try write("a.txt", "m")
    try Admin(client).createTopic("ratchet.control", partitions: 3)
  }

  deinit {
    try? broker.stop()
    try? FileManager.default.removeItem(atPath: folder)
  }

  private func write(_ name: String, _ text: String) throws {
    try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
  }

  private func command(_ line: String) throws -> ratchet.ExitStatus {
    let environment = ["RATCHET_BOOTSTRAP": broker.endpoint.description]
    guard
      case .run(let command, let arguments) = try Invocation(
        line.split(separator: " ").map(String.init), among: commandTable, environment: { environment[$0] })
    else { throw UsageError("not a run") }
    return try command.run(arguments)
  }

  private func start() throws -> Logger.Entry {
    try applyShippedConfiguration(folder, prefix: "ratchet", client)
  }

  /// Keys and values of every partition.
  private func records() throws -> [[(key: String, value: String)]] {
    let consumer = try Consumer(client.setting(["fetch.wait.max.ms": "10"]))
    var batch = ConsumeBatch(capacity: 100)
    return try (0..<3).map { number in
      var records: [(key: String, value: String)] = []
      let queue = try consumer.start(
        TopicPartition(topic: "ratchet.control", partition: PartitionID(Int32(number))), at: .earliest)
      while queue.end == nil {
        consumer.wait(.milliseconds(20))
        try queue.read(into: &batch)
        for index in 0..<batch.count { records.append((text(batch[index].key), text(batch[index].value))) }
      }
      return records
    }
  }

  private func text(_ bytes: RawSpan?) -> String {
    guard let bytes else { return "-" }
    return unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
  }

  @Test(
    "a first start puts its folder in force, and a later one leaves what is in force and says what differs")
  func starts() throws {
    #expect(
      try start().message == "no configuration was in force; now the 2 files of \(folder) are")
    let first = try #require(try ControlReading("ratchet.control", client).configuration)
    #expect(first.files.keys.sorted() == ["a.txt", "rules/a.yaml"])
    let again = try start()
    #expect(again.message == "the configuration in force is that of \(folder), 2 files")
    #expect(again.level == .info)
    try write("rules/a.yaml", "b")
    try write("rules/b.yaml", "b")
    let other = try start()
    #expect(
      other.message == "the configuration in force stays; \(folder) differs in rules/a.yaml and 1 more; "
        + "ratchet control apply \(folder) puts it in force")
    #expect(other.level == .warning)
    #expect(try ControlReading("ratchet.control", client).configuration == first)
    #expect(try records().allSatisfy { $0.count == 3 })
    #expect(try command("control apply \(folder)") == .success)
    #expect(try start().message == "the configuration in force is that of \(folder), 3 files")
  }

  @Test("of instances that start at the same time one puts its folder in force, and none fails")
  func startsAtOnce() async throws {
    let (folder, client) = (folder, client)
    for round in 0..<10 {
      let prefix = "round-\(round)"
      try Admin(client).createTopic("\(prefix).control", partitions: 3)
      let said = try await withThrowingTaskGroup { group in
        for _ in 0..<4 {
          group.addTask {
            try await onThread { try applyShippedConfiguration(folder, prefix: prefix, client).message }
          }
        }
        return try await group.reduce(into: [String]()) { $0.append($1) }
      }
      #expect(said.count == 4)
      #expect(said.count { $0.hasPrefix("no configuration was in force") } <= 1, "\(said)")
      let held = try ControlReading("\(prefix).control", client)
      #expect(held.configuration?.files.count == 2)
    }
  }

  @Test("files that cannot be what their places say are refused with their places, and nothing is published")
  func refused() throws {
    let metric = "name: m, kind: counter, unit: u, help: h, event: feedback.given"
    try write("metrics.yaml", "samples: 1000\nmetrics:\n  - {\(metric)}\n")
    try FileManager.default.createDirectory(
      atPath: folder + "/rules/platform", withIntermediateDirectories: true)
    try write("rules/platform/r.yaml", "groups: [{name: g, rules: [{record: r, expr: 'rate(m[1d])'}]}]")
    let budget = #expect(throws: Diagnostics.self) { try command("control apply \(folder)") }
    #expect(budget?.description.hasPrefix("metrics.yaml:3:12: rules could keep 11522000 samples") == true)
    #expect(throws: Diagnostics.self) { try start() }
    try write("metrics.yaml", "metrics: [{nme: m}]\n")
    let slip = #expect(throws: Diagnostics.self) { try command("control publish \(folder)/metrics.yaml") }
    #expect(slip?.description.hasPrefix("metrics.yaml:1:12: unknown key \"nme\"") == true)
    #expect(try records().allSatisfy(\.isEmpty))
  }

  @Test("a single file is held against what is in force: rules beyond the budget only together are refused")
  func together() throws {
    let metric = "name: m, kind: counter, unit: u, help: h, event: feedback.given, series: 10"
    let other = "name: n, kind: counter, unit: u, help: h, event: feedback.given, series: 10"
    try write("metrics.yaml", "samples: 3000\nmetrics:\n  - {\(metric)}\n  - {\(other)}\n")
    try FileManager.default.createDirectory(
      atPath: folder + "/rules/platform", withIntermediateDirectories: true)
    func rules(_ file: String, _ expression: String) throws {
      try write("rules/platform/\(file)", "groups: [{name: g, rules: [{record: r, expr: '\(expression)'}]}]")
    }
    try rules("a.yaml", "rate(m[1h])")
    #expect(try command("control apply \(folder)") == .success)
    try rules("b.yaml", "rate(n[1h])")
    let publish = "control publish \(folder)/rules/platform/b.yaml --as rules/platform/b.yaml"
    let budget = #expect(throws: Diagnostics.self) { try command(publish) }
    #expect(
      budget?.description.contains("rules could keep 4820 samples") == true,
      "\(budget?.description ?? "published")")
    try rules("b.yaml", "rate(n[5m])")
    #expect(try command(publish) == .success)
    let files = try #require(try ControlReading("ratchet.control", client).configuration).files
    #expect(files["rules/platform/b.yaml"] != nil)
  }

  @Test("partitions that hold different configurations are told of, and left alone")
  func different() throws {
    let producer = try Producer(client)
    let batch = ProduceBatch(topic: "ratchet.control")
    let key = Array("configuration".utf8)
    batch.append(to: PartitionID(1), key: unsafe key.span.bytes, value: unsafe [UInt8]().span.bytes)
    try producer.produce(batch)
    try producer.flush(.seconds(20))
    let entry = try start()
    #expect(entry.level == .warning && entry.message.contains("hold different configurations"))
    #expect(try records().map(\.count) == [0, 1, 0])
  }

  private func event(_ id: String, _ type: String, _ data: String) -> String {
    """
    {"specversion":"1.0","id":"\(id)","source":"/me","type":"\(type)","time":"2026-01-01T00:00:00Z",\
    "organization":"acme","agent":"triage","data":\(data)}
    """
  }

  @Test("control events go to every partition as they stand, all of them or none")
  func send() throws {
    let one = event("1", "agent.configured", #"{"auto_collect":false}"#)
    let two = event("2", "expert.changed", #"{"expert_id":"ann","active":true}"#)
    try write("events.jsonl", "\(one)\n\n\(two)\n")
    #expect(try command("control send \(folder)/events.jsonl") == .success)
    for partition in try records() {
      #expect(partition.map(\.key) == ["event/agent.configured/1", "event/expert.changed/2"])
      #expect(partition.map(\.value) == [one, two])
    }
    let wrong = event("3", "expert.changed", #"{"expert_id":"ann","activ":true}"#)
    let other = event("4", "feedback.given", #"{"feedback_type":"thumbs_up"}"#)
    try write("wrong.jsonl", "\(one)\n\(wrong)\n\(other)\n")
    let error = #expect(throws: Diagnostics.self) { try command("control send \(folder)/wrong.jsonl") }
    let lines = error?.description.split(separator: "\n").map(String.init) ?? []
    #expect(lines.first?.hasPrefix("\(folder)/wrong.jsonl:2:") == true)
    #expect(lines.contains { $0.contains("wrong.jsonl:3:") && $0.contains("belong on the topic feedback") })
    #expect(try records().allSatisfy { $0.count == 2 })
    try write("empty.jsonl", "\n")
    #expect(throws: Diagnostic.self) { try command("control send \(folder)/empty.jsonl") }
  }
}

/// Runs what waits for a broker on a thread of its own.
private func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    Foundation.Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
  }
}
