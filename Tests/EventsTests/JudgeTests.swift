// Python's jsonschema beside the decoder: by the files in schemas/ it judges generated, given and mutated
// events, and the decoder must come to the same verdict, at a place that the judge names too.
// RATCHET_JUDGED says how many of each kind for each type (3), RATCHET_SEED which ones.
import Foundation
import Processors
import Testing

@testable import Events

private enum Judge {
  static let python = ProcessInfo.processInfo.environment["RATCHET_JUDGES"]
  static let count = ProcessInfo.processInfo.environment["RATCHET_JUDGED"] ?? "3"
  static let seed = ProcessInfo.processInfo.environment["RATCHET_SEED"] ?? "1"
  static let again =
    "RATCHET_JUDGES=.build/judges/bin/python3 RATCHET_JUDGED=\(count) RATCHET_SEED=\(seed) "
    + "swift test --filter JudgeTests"

  /// What the judge printed, a verdict a line.
  static func verdicts(_ python: String, by name: String = "judge.py") throws -> [Substring] {
    let script = Tree.root.appendingPathComponent("Tests/EventsTests/Judge/\(name)").path
    let process = Process()
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = ["-B", script, Tree.root.appendingPathComponent("schemas").path, count, seed]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { return [] }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
  }
}

@Suite(.enabled(if: Judge.python != nil, "set RATCHET_JUDGES to the Python of .ci/setup test"))
struct JudgeTests {
  @Test("the decoder accepts and refuses what jsonschema does, at the same place", .timeLimit(.minutes(5)))
  func verdicts() throws {
    let lines = try Judge.verdicts(try #require(Judge.python))
    #expect(lines.count > EventType.allCases.count * 10, "the judge said too little")
    var refused = 0
    for line in lines {
      let judged = try JSONTree(String(line)).elements
      let event = try #require(line.firstRange(of: "{")).lowerBound..<line.endIndex
      // The event's own text, as the judge wrote it: the first value behind its type.
      let bytes = Array(line[event].utf8)
      var reader = JSONReader(unsafe bytes.span.bytes)
      let end = try reader.skip().upperBound
      let found = violation(of: Array(bytes[..<end]))
      let pointers = judged[2].elements.compactMap(\.text)
      let missing = judged[3].elements.compactMap(\.text)
      if pointers.isEmpty {
        #expect(found == nil, "only the decoder refuses \(line)\n\(Judge.again)")
      } else {
        refused += 1
        let place = try #require(found, "only the judge refuses \(line)\n\(Judge.again)").pointer
        #expect(
          pointers.contains(place) || missing.contains(place), "\(place) is not what is wrong with \(line)")
      }
    }
    #expect(refused > EventType.allCases.count && refused < lines.count)
  }
}

@Suite(.enabled(if: Judge.python != nil, "set RATCHET_JUDGES to the Python of .ci/setup test"))
struct ProjectionJudgeTests {
  @Test(
    "jsonschema and the declared shapes accept and refuse the same projections, at the same place",
    .timeLimit(.minutes(5)))
  func verdicts() throws {
    let lines = try Judge.verdicts(try #require(Judge.python), by: "projections.py")
    #expect(lines.count > shippedProjections.count * 10, "the judge said too little")
    var refused = 0
    for line in lines {
      let judged = try JSONTree(String(line)).elements
      let shape = try #require(shippedProjections.first { $0.topic == judged[0].text })
      let found = slips(judged[1], shape.allFields)
      let places = (judged[2].elements + judged[3].elements).compactMap(\.text)
      if judged[2].elements.isEmpty {
        #expect(found == [], "only the shape refuses \(line)\n\(Judge.again)")
      } else {
        refused += 1
        #expect(
          !found.isEmpty && Set(found).isSubset(of: places), "\(found) is not what is wrong with \(line)")
      }
    }
    #expect(refused > shippedProjections.count && refused < lines.count)
  }
}
