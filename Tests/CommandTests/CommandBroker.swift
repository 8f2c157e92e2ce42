// A broker in memory with the shipped topics, and commands run against it.
import Basics
import BrokerCore
import BrokerServer
import Foundation
import Kafka

@testable import ratchet

/// Ends with its owner.
final class CommandBroker {
  let broker: EmbeddedBroker
  let client: ClientConfiguration
  let folder: URL

  init() throws {
    var settings = EmbeddedBrokerSettings(disk: MemoryDisk(), broker: BrokerSettings(seed: 1))
    settings.server.listen = Endpoint(host: "127.0.0.1", port: 0)
    broker = try EmbeddedBroker.start(settings, log: Logger(service: "test", version: "0", write: { _ in }))
    client = ["bootstrap.servers": broker.endpoint.description]
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("ratchet-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    _ = try command("topics apply --topology \(topologyFolder)")
  }

  deinit {
    try? broker.stop()
    try? FileManager.default.removeItem(at: folder)
  }

  @discardableResult
  func command(_ line: String) throws -> ratchet.ExitStatus {
    let environment = ["RATCHET_BOOTSTRAP": broker.endpoint.description]
    guard
      case .run(let command, let arguments) = try Invocation(
        line.split(separator: " ").map(String.init), among: commandTable, environment: { environment[$0] })
    else { throw UsageError("not a run") }
    return try command.run(arguments)
  }

  /// A file with this text.
  func file(_ name: String, _ text: String) throws -> String {
    let url = folder.appendingPathComponent(name)
    try text.write(to: url, atomically: true, encoding: .utf8)
    return url.path
  }

  /// Publishes records without transactions; a nil value is a tombstone.
  func publish(_ topic: String, _ records: [(key: String, value: [UInt8]?)], to partition: Int32? = nil)
    throws
  {
    let producer = try Producer(client)
    let batch = ProduceBatch(topic: "ratchet.\(topic)")
    for (key, value) in records {
      let owner = partition.map { PartitionID($0) } ?? murmur2Partition(ofKey: key, of: 4)
      let bytes = Array(key.utf8)
      if let value {
        batch.append(to: owner, key: unsafe bytes.span.bytes, value: unsafe value.span.bytes)
      } else {
        batch.append(to: owner, key: unsafe bytes.span.bytes, value: nil)
      }
    }
    try producer.produce(batch)
    try producer.flush(.seconds(20))
  }

  /// Every committed record.
  func records(_ topic: String) throws -> [FollowedRecord] {
    var found: [FollowedRecord] = []
    try readToEnd(of: topic, prefix: "ratchet", client) { found.append($0) }
    return found
  }
}
