// What a test's processes share: a broker, topics under a prefix of their own, events on their way in, and
// what can be read of it all from outside.
import Basics
import Foundation
import Kafka
import POSIX
import Runtime
import Synchronization
import Testing

final class World {
  let folder: TemporaryFolder
  let prefix: String
  let partitions: Int32
  /// nil on the broker that RATCHET_TEST_BOOTSTRAP names: tests do not kill that one.
  let broker: BrokerProcess?
  let bootstrap: String
  let topology: String
  let admin: Admin

  /// Tests pause and kill only a broker that is their own.
  static let hasOwnBroker = environmentVariable("RATCHET_TEST_BOOTSTRAP") == nil

  static let inputs = ["feedback", "executions", "retrievals"]

  init(partitions: Int32) throws {
    self.partitions = partitions
    folder = try TemporaryFolder()
    prefix = "p\(UInt32.random(in: .min ... .max))"
    let named = environmentVariable("RATCHET_TEST_BOOTSTRAP")
    broker = named == nil ? try BrokerProcess(in: folder.path) : nil
    bootstrap = named ?? "127.0.0.1:\(broker?.port ?? 0)"
    topology = try Self.topology(partitions, in: folder.path)
    admin = try Admin(["bootstrap.servers": bootstrap], timeout: .seconds(10))
  }

  deinit { broker?.kill() }

  /// The shipped topology with another number of partitions.
  private static func topology(_ partitions: Int32, in folder: String) throws -> String {
    let shipped = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("topology")
    let copy = URL(fileURLWithPath: folder).appendingPathComponent("topology")
    try FileManager.default.copyItem(at: shipped, to: copy)
    let file = copy.appendingPathComponent("topics.yaml")
    let text = try String(contentsOf: file, encoding: .utf8)
    try text.replacingOccurrences(of: "\npartitions: 4\n", with: "\npartitions: \(partitions)\n")
      .write(to: file, atomically: true, encoding: .utf8)
    return copy.path
  }

  /// Under what prefix instances write, when that is another than what events come in under.
  var written: String?

  private static let control = "control"

  func topic(_ noun: String) -> String {
    let isOthers = Self.inputs.contains(noun) || noun == Self.control
    return "\(isOthers ? prefix : written ?? prefix).\(noun)"
  }

  func partition(_ noun: String, _ number: Int32) -> TopicPartition {
    TopicPartition(topic: topic(noun), partition: PartitionID(number))
  }

  /// Every committed record of a topic, partition after partition.
  func read(_ noun: String) throws -> [[Record]] {
    let tail = try Tail(self, noun)
    while !tail.isAtEnd { try tail.read() }
    return tail.records
  }
}

extension World {
  /// Runs a command on this broker to its end, under the prefix of the inputs unless it says another.
  func run(_ words: [String]) throws -> (status: Int32, text: String) {
    let name = "run-\(words.prefix(3).joined(separator: "-").filter { $0.isLetter || $0 == "-" })"
    let prefix = words.contains("--prefix") ? [] : ["--prefix", prefix]
    let command = Running(name, words + ["--bootstrap", bootstrap] + prefix, in: folder.path)
    try command.start()
    let status = try eventually(within: .seconds(300), name, or: { command.printed }) { command.ended }
    return (status, command.printed)
  }

  /// All that processors have recorded, folded again, is byte for byte what was published.
  func expectIdenticalReplay(_ location: SourceLocation = #_sourceLocation) throws {
    for processor in ["collect", "review", "experiments", "retrieval", "metrics", "rollouts"] {
      let replay = try run([
        "replay", "--processor", processor, "--verify", "--prefix", written ?? prefix, "--inputs", prefix,
      ])
      #expect(replay.status == 0, "\(replay.text)", sourceLocation: location)
    }
  }
}

/// A record, copied.
struct Record {
  var offset: Offset
  var key: String?
  var value: [UInt8]?
  var headers: [String: String] = [:]

  init(_ record: borrowing ConsumedRecord) {
    offset = record.offset
    key = copied(record.key).map { String(decoding: $0, as: UTF8.self) }
    value = copied(record.value)
    var headers: [String: String] = [:]
    record.forEachHeader { name, value in
      let name = String(decoding: copied(name) ?? [], as: UTF8.self)
      headers[name] = copied(value).map { String(decoding: $0, as: UTF8.self) }
    }
    self.headers = headers
  }
}

private func copied(_ bytes: RawSpan?) -> [UInt8]? {
  guard let bytes else { return nil }
  return unsafe bytes.withUnsafeBytes { unsafe [UInt8]($0) }
}

/// Follows a topic's committed records.
final class Tail {
  private(set) var records: [[Record]]
  private let consumer: Consumer
  private var queues: [PartitionQueue] = []

  init(_ world: World, _ noun: String) throws {
    consumer = try Consumer(["bootstrap.servers": world.bootstrap, "fetch.wait.max.ms": "20"])
    let name = world.topic(noun)
    let known = try eventually("\(name) is there") { try world.admin.topics()[name] }
    records = Array(repeating: [], count: known.partitions.count)
    for partition in known.partitions {
      queues.append(
        try consumer.start(TopicPartition(topic: name, partition: partition.id), at: .earliest))
    }
  }

  /// Takes what has been fetched, after waiting a little for more. Trouble with the broker passes.
  func read() throws {
    var batch = ConsumeBatch(capacity: 2000)
    consumer.wait(.milliseconds(20))
    for (number, queue) in queues.enumerated() {
      guard (try? queue.read(into: &batch)) != nil else { continue }
      for index in 0..<batch.count { records[number].append(Record(batch[index])) }
    }
  }

  var isAtEnd: Bool { queues.allSatisfy { $0.end != nil } }
}
