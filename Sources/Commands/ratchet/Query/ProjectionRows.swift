// A projection's records as a table: by key the newest, tombstones taking rows away, or all of what was
// decided.
import Basics
import Events

/// Records of one projection, as read in order.
struct ProjectionRows {
  private let shape: ProjectionShape
  private let organization: String?
  private let key: String?
  private var values: [String: [UInt8]] = [:]
  private var decisions: [(key: String, value: [UInt8])] = []

  /// Beyond this a cell is cut for people; JSON has all of it.
  private static let cellCharactersMax = 60

  init(_ shape: ProjectionShape, organization: String? = nil, key: String? = nil) {
    self.shape = shape
    self.organization = organization
    self.key = key
  }

  mutating func take(_ key: String, _ value: [UInt8]?) {
    guard self.key.map({ $0 == key }) ?? true else { return }
    switch (shape.kind, value) {
    case (.projection, let value): values[key] = value
    case (.decision, let value?): decisions.append((key, value))
    case (.decision, nil): break
    }
  }

  /// By key in the order of its bytes; decisions as they came.
  private var rows: [(key: String, value: [UInt8])] {
    let all =
      shape.kind == .decision
      ? decisions
      : values.map { ($0.key, $0.value) }.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
    guard let organization else { return all }
    return all.filter { JSONLeaves(unsafe $0.value.span.bytes)?["organization"] == organization }
  }

  var jsonLines: String { rows.map { String(decoding: $0.value, as: UTF8.self) }.joined(separator: "\n") }

  var table: String {
    let rows = rows
    guard !rows.isEmpty else { return "no records" }
    let cells = rows.map { row in
      let leaves = JSONLeaves(unsafe row.value.span.bytes)
      return [row.key] + shape.columns.map { Self.cell(leaves, $0) }
    }
    let lines = columns([["key"] + shape.columns] + cells, words: shape.columns.count + 1)
    return lines.joined(separator: "\n")
  }

  /// A value, or of an object its members.
  private static func cell(_ leaves: JSONLeaves?, _ name: String) -> String {
    let text =
      leaves?[name] ?? leaves?.members(of: name).map { "\($0.name)=\($0.value)" }.joined(separator: " ")
    guard let text, !text.isEmpty else { return "-" }
    let line = text.map { $0.isNewline ? " " : $0 }
    return line.count > cellCharactersMax ? String(line.prefix(cellCharactersMax - 1)) + "…" : String(line)
  }
}
