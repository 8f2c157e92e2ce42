// What `ratchet validate` tells a producer.
import Basics
import Foundation
import Testing

@testable import ratchet

@Suite struct ValidateTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Golden")

  @Test("each event that is wrong is told with line, column, pointer, rule and next step")
  func golden() throws {
    var check = EventCheck(file: "validate.jsonl")
    var told: [String] = []
    let lines = try Data(contentsOf: Self.folder.appendingPathComponent("validate.jsonl"))
      .split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
    for (index, line) in lines.enumerated() {
      let bytes = [UInt8](line)
      told += check.check(unsafe bytes.span.bytes, number: index + 1).map(\.description)
    }
    let text = (told + [check.summary]).joined(separator: "\n") + "\n"
    let file = Self.folder.appendingPathComponent("validate.txt")
    if ProcessInfo.processInfo.environment["RATCHET_GOLDEN"] == "write" {
      try text.write(to: file, atomically: true, encoding: .utf8)
    }
    #expect(try text == String(contentsOf: file, encoding: .utf8))
  }

  private func status(of path: String) throws -> Int32 {
    let words = ["validate", path]
    guard
      case .run(let command, let arguments) = try Invocation(
        words, among: commandTable, environment: { _ in nil })
    else { return 64 }
    return try command.run(arguments).code
  }

  @Test("the exit code says whether all events are valid")
  func exitCodes() throws {
    let examples = Self.folder.deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
      .appendingPathComponent("schemas/examples")
    #expect(try status(of: examples.path + "/execution.completed.jsonl") == 0)
    #expect(try status(of: Self.folder.path + "/validate.jsonl") == 1)
  }

  @Test("a file that cannot be read is told, with the reason")
  func noFile() {
    #expect(throws: Diagnostic.self) { try status(of: "/no/such/file") }
  }

  @Test("an event larger than a topic takes is invalid, however long its line is")
  func tooLarge() throws {
    let file = URL(fileURLWithPath: NSTemporaryDirectory())
      .appendingPathComponent("ratchet-validate-\(UUID().uuidString).jsonl")
    defer { try? FileManager.default.removeItem(at: file) }
    let good = try String(contentsOf: Self.folder.appendingPathComponent("validate.jsonl"), encoding: .utf8)
      .split(separator: "\n")[0]
    try (good + "\n" + String(repeating: "x", count: 3 << 20) + "\n" + good)
      .write(to: file, atomically: true, encoding: .utf8)
    #expect(try status(of: file.path) == 1)
    try (good + "\r\n\n" + good).write(to: file, atomically: true, encoding: .utf8)
    #expect(try status(of: file.path) == 0)
  }
}
