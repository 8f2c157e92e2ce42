// topics.yaml: the shipped file, and for each class of finding a wrong file with what a person is told about
// it.
import Basics
import Foundation
import Testing

@testable import Topology

/// A file beside these tests or, with `../../`, of the project.
func contents(_ path: String) throws -> [UInt8] {
  let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  return try [UInt8](Data(contentsOf: folder.appendingPathComponent(path)))
}

/// Compares with a golden file, or with RATCHET_GOLDEN=write makes it.
func expectGolden(_ text: String, _ name: String, _ location: SourceLocation = #_sourceLocation) throws {
  let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  let file = folder.appendingPathComponent("Golden/" + name)
  if ProcessInfo.processInfo.environment["RATCHET_GOLDEN"] == "write" {
    try text.write(to: file, atomically: true, encoding: .utf8)
  }
  #expect(try text == String(contentsOf: file, encoding: .utf8), sourceLocation: location)
}

func shippedTopics() throws -> [TopicDeclaration] {
  try parseTopics(try contents("../../topology/topics.yaml"), file: "topology/topics.yaml")
}

private func goldenCases() -> [String] {
  let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden")
  let files = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
  return (files ?? []).filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
}

@Suite struct TopicFileTests {
  @Test("every class of finding reads as its golden file says", arguments: goldenCases())
  func golden(name: String) throws {
    var told = "nothing\n"
    do {
      _ = try parseTopics(try contents("Golden/\(name).yaml"), file: "\(name).yaml")
    } catch let error as Diagnostics { told = "\(error)\n" }
    try expectGolden(told, name + ".txt")
  }

  @Test("the shipped file is right and has a topic for whatever a processor writes, reads, forwards and logs")
  func shipped() throws {
    let topics = try shippedTopics()
    let names = Set(topics.map(\.name))
    for processor in Party.processors {
      #expect(names.contains("\(processor).epochs"))
      #expect(topics.contains { $0.kind == .control && $0.readers.contains(processor) })
      #expect(topics.contains { $0.kind == .quarantine && $0.writers.contains(processor) })
    }
    #expect(names.isSuperset(of: ["collect", "review", "experiments", "metrics"].map { $0 + ".rekey" }))
    for topic in topics where topic.readers.contains(where: { $0.isProcessor && topic.writers != [$0] }) {
      #expect(topic.cleanup == .delete(retention: nil), "\(topic.name) can be replayed")
    }
    for topic in topics { #expect(!topic.writers.isEmpty && !topic.readers.isEmpty, "\(topic.name)") }
  }

  @Test("a declaration's settings are Kafka's, and nothing it does not mean")
  func settings() throws {
    let topics = Dictionary(uniqueKeysWithValues: try shippedTopics().map { ($0.name, $0.settings) })
    #expect(topics["alerts"] == ["cleanup.policy": "delete", "retention.ms": "-1"])
    #expect(topics["alert-states"] == ["cleanup.policy": "compact", "delete.retention.ms": "604800000"])
    #expect(
      topics["quarantine"] == [
        "cleanup.policy": "compact,delete", "delete.retention.ms": "604800000",
        "retention.ms": "7776000000", "max.message.bytes": "1114124",
      ])
  }

  @Test(
    "durations read as Prometheus reads them",
    arguments: [
      ("7d", 604_800_000), ("1h30m", 5_400_000), ("1h30ms", 3_600_030), ("1w", 604_800_000), ("0s", 0),
      ("1y", 31_536_000_000), ("", nil), ("7", nil), ("d", nil), ("1m1h", nil), ("1h1h", nil), ("-1d", nil),
      ("1 d", nil), ("99999999999y", nil), ("9223372036854775807ms", Int64.max),
      ("99999999999999999999s", nil), ("1h9223372036854775807ms", nil),
    ] as [(String, Int64?)])
  func durations(text: String, milliseconds: Int64?) {
    #expect(parseDuration(text)?.milliseconds == milliseconds)
  }

  @Test("a duration's text reads back equal", arguments: 0..<50 as Range<UInt64>)
  func durationText(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let duration = Duration.milliseconds(random.int(in: 0..<1 << (4 + Int(seed))) / 3)
    #expect(parseDuration(Topology.durationText(duration)) == duration)
  }

  @Test("no mutation of the shipped file traps", arguments: 0..<4 as Range<UInt64>)
  func mutations(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let whole = try Array(contents("../../topology/topics.yaml").prefix(4000))
    for _ in 0..<100 {
      var bytes = whole
      for _ in 0...random.int(in: 0..<4) {
        let at = random.int(in: 0..<bytes.count)
        switch random.int(in: 0..<3) {
        case 0: bytes[at] ^= 1 << UInt8(random.int(in: 0..<7))
        case 1: bytes.removeSubrange(at..<min(bytes.count, at + 1 + random.int(in: 0..<40)))
        default: bytes.insert(contentsOf: "-9999999999999999999".utf8, at: at)
        }
      }
      _ = try? parseTopics(bytes, file: "a.yaml")
    }
  }
}
