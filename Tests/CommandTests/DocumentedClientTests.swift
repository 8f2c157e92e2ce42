// Clients of others, run as the documents print them: whoever reads only docs/projections.md ends with the
// table that is true, and whoever reads only docs/events.md publishes events that are read.
import Basics
import Events
import Foundation
import Kafka
import Testing

@testable import ratchet

/// Programs printed in a document.
private struct Page {
  let text: String

  init(_ name: String) throws {
    let docs = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("docs/\(name)")
    text = try String(contentsOf: docs, encoding: .utf8)
  }

  /// The first block of that language behind a heading.
  func program(_ language: String, under heading: String) throws -> String {
    let rest = text[try #require(text.range(of: "\n\(heading)\n"), "no heading \(heading)").upperBound...]
    let body = rest[try #require(rest.range(of: "```\(language)\n")).upperBound...]
    return String(body[..<(try #require(body.range(of: "\n```")).lowerBound)])
  }
}

private enum Client {
  static let python = ProcessInfo.processInfo.environment["RATCHET_JUDGES"]
  static let hasKcat = FileManager.default.isExecutableFile(atPath: "/usr/bin/kcat")

  /// What a program prints; its broker is where the document's stands.
  static func run(_ command: [String], _ program: String, _ broker: CommandBroker) async throws -> String {
    let text = program.replacingOccurrences(
      of: "localhost:9092", with: broker.client["bootstrap.servers"] ?? "")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: command[0])
    process.arguments = command.dropFirst() + [text]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(text)")
    return String(decoding: bytes, as: UTF8.self)
  }
}

@Suite struct DocumentedClientTests {
  /// A topic as a processor leaves it: transactions, one aborted, some keys anew, one taken away. Returns
  /// what is true in the end.
  private static func fill(_ broker: CommandBroker) throws -> [String: String] {
    let producer = try Producer(broker.client.setting(["transactional.id": "a-task"]))
    try producer.initializeTransactions(.seconds(20))
    var table: [String: String] = [:]
    for round in 0..<6 {
      let isAborted = round == 2 || round == 5
      let batch = ProduceBatch(topic: "ratchet.experiment-tallies")
      try producer.beginTransaction()
      for number in round * 3..<round * 3 + 8 {
        let (key, value) = ("acme/e\(number)", #"{"experiment_id":"e\#(number)","round":\#(round)}"#)
        let isGone = number == 13
        let (keyBytes, valueBytes) = (Array(key.utf8), Array(value.utf8))
        let owner = murmur2Partition(ofKey: key, of: 4)
        if isGone {
          batch.append(to: owner, key: unsafe keyBytes.span.bytes, value: nil)
        } else {
          batch.append(to: owner, key: unsafe keyBytes.span.bytes, value: unsafe valueBytes.span.bytes)
        }
        if !isAborted { table[key] = isGone ? nil : value }
      }
      try producer.produce(batch)
      try producer.flush(.seconds(20))
      if isAborted {
        try producer.abortTransaction(.seconds(20))
      } else {
        guard case .committed = producer.commitTransaction(.seconds(20)) else {
          throw UsageError("not committed")
        }
      }
    }
    return table
  }

  @Test(
    "a consumer written from the page of projections ends with the table that is true",
    .enabled(if: Client.python != nil, "set RATCHET_JUDGES to the Python of .ci/setup test"),
    .timeLimit(.minutes(2)))
  func python() async throws {
    let broker = try CommandBroker()
    let table = try Self.fill(broker)
    let program = try Page("projections.md").program("python", under: "### In Python")
    let end =
      "\nfor key in sorted(table): print(key.decode(), json.dumps(table[key], separators=(',', ':')))\n"
    let printed = try await Client.run([try #require(Client.python), "-B", "-c"], program + end, broker)
    let expected = table.map { "\($0.key) \($0.value)" }.sorted()
    #expect(printed.split(separator: "\n").map(String.init) == expected)
    #expect(table.count > 10)
  }

  @Test(
    "so does kcat as the page has it", .enabled(if: Client.hasKcat, "install kcat"), .timeLimit(.minutes(2)))
  func kcat() async throws {
    let broker = try CommandBroker()
    let table = try Self.fill(broker)
    let program = try Page("projections.md").program("sh", under: "### With kcat")
    let printed = try await Client.run(["/bin/sh", "-c"], program, broker)
    #expect(printed.split(separator: "\n").map(String.init).sorted() == table.values.sorted())
  }

  @Test(
    "producers written from the page of events publish what is read, where its owner reads it",
    .enabled(if: Client.python != nil && Client.hasKcat, "set RATCHET_JUDGES and install kcat"),
    .timeLimit(.minutes(2)))
  func producers() async throws {
    let broker = try CommandBroker()
    let page = try Page("events.md")
    _ = try await Client.run(
      [try #require(Client.python), "-B", "-c"], page.program("python", under: "## In Python"), broker)
    _ = try await Client.run(["/bin/sh", "-c"], page.program("sh", under: "## With kcat"), broker)
    for topic in [InputTopic.executions, .feedback] {
      let records = try broker.records(topic.rawValue)
      #expect(records.count == 2)
      for record in records {
        #expect(record.partition.partition == murmur2Partition(ofKey: record.key, of: 4))
      }
      let found = try broker.violations(on: topic)
      #expect(found == [], "\(found)")
    }
  }
}

extension CommandBroker {
  /// What the decoder says of the events on a topic, of those that are wrong.
  fileprivate func violations(on topic: InputTopic) throws -> [String] {
    let consumer = try Consumer(client.setting(["fetch.wait.max.ms": "10"]))
    var batch = ConsumeBatch(capacity: 100)
    var decoder = EventDecoder()
    var found: [String] = []
    for number in 0..<4 {
      let place = TopicPartition(topic: "ratchet.\(topic.rawValue)", partition: PartitionID(Int32(number)))
      let queue = try consumer.start(place, at: .earliest)
      while queue.end == nil {
        consumer.wait(.milliseconds(20))
        try queue.read(into: &batch)
        for index in 0..<batch.count {
          let event = Self.structured(QuarantinedRecord(batch[index]))
          do throws(Violation) {
            _ = try decoder.decode(try Envelope(structured: unsafe event.span.bytes), from: topic)
          } catch { found.append("\(error.description): \(String(decoding: event, as: UTF8.self))") }
        }
      }
    }
    return found
  }

  /// A record in binary mode as one object.
  private static func structured(_ record: QuarantinedRecord) -> [UInt8] {
    var json: [UInt8] = Array("{".utf8)
    for header in record.headers {
      let name = String(decoding: header.name, as: UTF8.self)
      guard name.hasPrefix("ce_"), let value = header.value else { continue }
      json.appendJSON(String(name.dropFirst(3)))
      json.append(UInt8(ascii: ":"))
      json.appendJSON(String(decoding: value, as: UTF8.self))
      json.append(UInt8(ascii: ","))
    }
    return json + Array("\"data\":".utf8) + (record.value ?? []) + Array("}".utf8)
  }
}
