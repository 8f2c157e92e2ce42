// Files of the tree that tests read, and with RATCHET_WRITE=1 write.
import Foundation
import Testing

@testable import Events

enum Tree {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  static func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(folder).path).sorted()
  }

  /// The file holds `text`, or is made to by RATCHET_WRITE=1.
  static func expect(_ path: String, holds text: String) throws {
    let url = root.appendingPathComponent(path)
    if ProcessInfo.processInfo.environment["RATCHET_WRITE"] == "1" {
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: url, atomically: true, encoding: .utf8)
    }
    let found = try? String(contentsOf: url, encoding: .utf8)
    #expect(
      found == text,
      "\(path) is not what the declared types say; RATCHET_WRITE=1 swift test --filter SchemaFileTests")
  }

  /// The examples of a type, one JSON text each; the first has every field.
  static func examples(_ type: EventType) throws -> [String] {
    try text("schemas/examples/\(type.rawValue).jsonl").split(separator: "\n").map(String.init)
  }
}
