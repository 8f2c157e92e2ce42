// Events of a file onto their topics: each once, stamped with its own time, however often it is begun again.
import Basics
import Foundation
import Kafka
import Runtime
import Testing

@testable import ratchet

@Suite struct ImportTests {
  private static func line(_ number: Int, day: Int = 1) -> String {
    let type = number % 2 == 0 ? "execution.completed" : "feedback.given"
    let data =
      number % 2 == 0
      ? #"{"execution_id":"x\#(number)","status":"ok"}"#
      : #"{"feedback_type":"thumbs_up","execution_id":"x\#(number)"}"#
    return #"{"specversion":"1.0","id":"\#(number)","source":"/t","type":"\#(type)","#
      + #""time":"2026-01-0\#(day)T00:00:0\#(number % 10)Z","organization":"acme","agent":"a","#
      + #""data":\#(data)}"#
  }

  private static func text(_ numbers: Range<Int>) -> String {
    numbers.map { line($0) }.joined(separator: "\n") + "\n"
  }

  /// Every imported record, by the event's line.
  private func values(_ broker: CommandBroker) throws -> [String] {
    try ["executions", "feedback"].flatMap { try broker.records($0) }.map {
      String(decoding: $0.value ?? [], as: UTF8.self)
    }
  }

  @Test(
    "events land on their topics, in the partition of their key, at their own time; a second run adds none")
  func whole() throws {
    let broker = try CommandBroker()
    let path = try broker.file("events.jsonl", Self.text(0..<40))
    #expect(try broker.command("import \(path)") == .success)
    #expect(try Set(values(broker)) == Set((0..<40).map { Self.line($0) }))
    let records = try broker.records("executions")
    #expect(records.count == 20)
    for record in records {
      #expect(record.partition.partition == murmur2Partition(ofKey: record.key, of: 4))
      let second = Int64(record.key.dropFirst()).map { $0 % 10 } ?? -1
      #expect(record.timestamp == Timestamp(milliseconds: 1_767_225_600_000 + second * 1000))
    }
    #expect(try broker.command("import \(path)") == .success)
    _ = try broker.file("events.jsonl", Self.text(0..<50))
    #expect(try broker.command("import \(path)") == .success)
    #expect(try values(broker).sorted() == (0..<50).map { Self.line($0) }.sorted())
  }

  @Test("an import that stopped in the middle of a transaction goes on exactly where the last one ended")
  func stopped() throws {
    let broker = try CommandBroker()
    let lines = (0..<30).map { Self.line($0) }
    var importing = Import(file: "f", from: ImportPosition(), passed: nil)
    for (index, line) in lines.prefix(10).enumerated() { #expect(try importing.take(line, index + 1) == nil) }
    let first = try #require(try importing.finish())
    let publisher = try ImportPublisher("f.jsonl", prefix: "ratchet", broker.client)
    try publisher.publish(first)
    for (index, line) in lines[10..<20].enumerated() { _ = try importing.take(line, index + 11) }
    let second = try #require(try importing.finish())
    try publisher.produce(second)
    let path = try broker.file("f.jsonl", lines.joined(separator: "\n"))
    #expect(try broker.command("import \(path)") == .success)
    #expect(try values(broker).sorted() == lines.sorted())
    // Whoever was shut out publishes no more.
    #expect(throws: Diagnostic.self) { try publisher.publish(second) }
    #expect(try values(broker).count == 30)
  }

  @Test("a line that is no event stops it in front of its transaction, and tells where; mended, it goes on")
  func invalid() throws {
    let broker = try CommandBroker()
    let bad = Self.line(2).replacingOccurrences(of: "\"ok\"", with: "\"fine\"")
    let path = try broker.file("e.jsonl", [Self.line(1), bad, Self.line(3)].joined(separator: "\n"))
    let error = #expect(throws: Diagnostics.self) { try broker.command("import \(path)") }
    #expect(
      error?.description.contains("e.jsonl:2:") == true && error?.description.contains("/data/status") == true
    )
    #expect(try values(broker).isEmpty)
    _ = try broker.file("e.jsonl", Self.text(1..<4))
    #expect(try broker.command("import \(path)") == .success)
    #expect(try values(broker).count == 3)
  }

  @Test("another file under the same name is refused")
  func otherFile() throws {
    let broker = try CommandBroker()
    let path = try broker.file("g.jsonl", Self.text(0..<4))
    #expect(try broker.command("import \(path)") == .success)
    _ = try broker.file("g.jsonl", Self.text(5..<12))
    let changed = #expect(throws: Diagnostic.self) { try broker.command("import \(path)") }
    #expect(changed?.what == "is not the file that was imported under this name")
    _ = try broker.file("g.jsonl", Self.text(0..<2))
    #expect(throws: Diagnostic.self) { try broker.command("import \(path)") }
    #expect(try broker.command("import \(path) --name other") == .success)
    #expect(try values(broker).count == 6)
  }

  @Test("events that tasks have passed by more than an hour are refused, unless --late says otherwise")
  func late() throws {
    let broker = try CommandBroker()
    let now = Timestamp(milliseconds: 1_767_225_600_000 + 3_700_000)
    let epoch = EpochRecord(
      epoch: Epoch(0), recordedTime: now, watermark: EventTime(milliseconds: now.rawValue), codeHash: 0,
      inputs: [])
    try broker.publish("collect.epochs", [("", epoch.encoded())], to: 3)
    let path = try broker.file("h.jsonl", Self.text(0..<3))
    let error = #expect(throws: Diagnostic.self) { try broker.command("import \(path)") }
    #expect(error?.what.hasPrefix("happened at 2026-01-01T00:00:00.000Z, and tasks have come to") == true)
    #expect(error?.place == .file(path, line: 1, column: 1))
    #expect(try broker.command("import \(path) --late") == .success)
    let fresh = try broker.file("i.jsonl", Self.line(0, day: 2))
    #expect(try broker.command("import \(fresh)") == .success)
  }
}

extension Import {
  fileprivate mutating func take(_ line: String, _ number: Int) throws -> ImportChunk? {
    let bytes = Array(line.utf8)
    return try unsafe take(bytes.span.bytes, number: number)
  }
}
