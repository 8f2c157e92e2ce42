// Python beside the code under test: scripts in Judge/ compute the same by libraries of others.
// RATCHET_JUDGES names the Python, RATCHET_JUDGED how many cases of each kind, RATCHET_SEED which ones.
import Foundation
import Testing

enum Judge {
  static let python = ProcessInfo.processInfo.environment["RATCHET_JUDGES"]
  static let isThere: Bool = python != nil
  static let count = ProcessInfo.processInfo.environment["RATCHET_JUDGED"] ?? "40"
  static let seed = ProcessInfo.processInfo.environment["RATCHET_SEED"] ?? "1"

  static func again(_ suite: String) -> String {
    "RATCHET_JUDGES=.build/judges/bin/python3 RATCHET_JUDGED=\(count) RATCHET_SEED=\(seed) "
      + "swift test --filter \(suite)"
  }

  /// What the script printed, a JSON value a line.
  static func cases(_ script: String, _ arguments: [String] = [count, seed]) throws -> [JSONValue] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Judge")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(python))
    process.arguments = ["-B", folder.appendingPathComponent(script).path] + arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(script) ended with an error")
    return try bytes.split(separator: UInt8(ascii: "\n")).map {
      try JSONDecoder().decode(JSONValue.self, from: Data($0))
    }
  }
}

/// JSON as a tree. JSONSerialization would round numbers by way of decimals.
indirect enum JSONValue: Decodable {
  case object([String: JSONValue])
  case array([JSONValue])
  case text(String)
  case number(Double)
  case boolean(Bool)
  case null

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let found = try? value.decode(Bool.self) {
      self = .boolean(found)
    } else if let found = try? value.decode(Double.self) {
      self = .number(found)
    } else if let found = try? value.decode(String.self) {
      self = .text(found)
    } else if let found = try? value.decode([JSONValue].self) {
      self = .array(found)
    } else {
      self = .object(try value.decode([String: JSONValue].self))
    }
  }

  subscript(name: String) -> JSONValue? {
    if case .object(let members) = self { members[name] } else { nil }
  }

  var elements: [JSONValue] {
    if case .array(let elements) = self { elements } else { [] }
  }

  var number: Double? {
    if case .number(let number) = self { number } else { nil }
  }

  var text: String? {
    if case .text(let text) = self { text } else { nil }
  }

  var boolean: Bool? {
    if case .boolean(let boolean) = self { boolean } else { nil }
  }

  func number(_ name: String) throws -> Double { try #require(self[name]?.number, "no number \(name)") }
  func text(_ name: String) throws -> String { try #require(self[name]?.text, "no text \(name)") }
  func object(_ name: String) throws -> JSONValue { try #require(self[name], "no \(name)") }
  func numbers(_ name: String) throws -> [Double] { try object(name).elements.compactMap(\.number) }
}

/// Whether two numbers are equal to 1e-9: of the greater one, or absolutely for what is below `floor`.
func near(_ a: Double, _ b: Double, floor: Double = 0) -> Bool {
  a == b || (a - b).magnitude <= 1e-9 * max(a.magnitude, b.magnitude, floor)
}
