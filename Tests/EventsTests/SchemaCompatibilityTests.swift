// Released schemas are promises in both directions (FULL_TRANSITIVE): every event that was valid stays valid,
// and events of today are valid for readers of then. A field may be added; nothing is changed or reused.
import Processors
import Testing

@testable import Events

/// Why `new` breaks what `old` promised, a line each.
func breaks(of old: JSONTree, by new: JSONTree?, at place: String = "") -> [String] {
  guard let new else { return ["\(place) is gone"] }
  guard case .object(let before) = old, case .object(let after) = new else {
    return old == new ? [] : ["\(place) has changed"]
  }
  let remarks: Set<String> = ["description", "title", "$id"]
  return Set(before.keys).union(after.keys).subtracting(remarks).sorted().flatMap { name -> [String] in
    let inner = "\(place)/\(name)"
    switch (name, before[name], after[name]) {
    case ("properties", .object(let old)?, .object(let new)?):
      return old.keys.sorted().flatMap { breaks(of: old[$0] ?? .null, by: new[$0], at: "\(inner)/\($0)") }
    case ("required", let old?, let new?):
      return Set(old.elements) == Set(new.elements) ? [] : ["\(inner) has changed"]
    case ("items", let old?, let new?): return breaks(of: old, by: new, at: inner)
    case (_, let old, let new): return old == new ? [] : ["\(inner) has changed"]
    }
  }
}

@Suite struct SchemaCompatibilityTests {
  @Test("no schema of any released version is broken by today's")
  func released() throws {
    let versions = try Tree.names(in: "schemas/released")
    #expect(!versions.isEmpty)
    for version in versions {
      let topics = try Tree.names(in: "schemas/released/\(version)")
      for topic in topics where topic != "projections" && topic != "decisions" {
        for file in try Tree.names(in: "schemas/released/\(version)/\(topic)") {
          let old = try JSONTree(try Tree.text("schemas/released/\(version)/\(topic)/\(file)"))
          let type = EventType(rawValue: String(file.dropLast(".json".count)))
          let new = try type.map { try JSONTree($0.shape.jsonSchema) }
          #expect(type?.shape.topic.rawValue == topic, "\(file) of \(version) is gone, or has moved")
          #expect(breaks(of: old, by: new).isEmpty, "\(file) breaks what version \(version) promised")
        }
      }
    }
  }

  @Test("no projection or decision of any released version is broken by today's")
  func releasedProjections() throws {
    for version in try Tree.names(in: "schemas/released") {
      for kind in ["projections", "decisions"] {
        for file in (try? Tree.names(in: "schemas/released/\(version)/\(kind)")) ?? [] {
          let old = try JSONTree(try Tree.text("schemas/released/\(version)/\(kind)/\(file)"))
          let shape = shippedProjections.first { $0.schemaPath == "schemas/\(kind)/\(file)" }
          let new = try shape.map { try JSONTree($0.jsonSchema) }
          #expect(breaks(of: old, by: new).isEmpty, "\(file) breaks what version \(version) promised")
        }
      }
    }
  }

  @Test(
    "each table that version 0.1.0 promises is held to every field of it",
    arguments: [
      "annotation-progress", "annotation-queue", "chunk-relevance", "experiment-tallies", "learning-examples",
    ])
  func promised(topic: String) throws {
    let released = try JSONTree(try Tree.text("schemas/released/0.1.0/projections/\(topic).json"))
    guard case .object(let schema) = released, case .object(let fields)? = schema["properties"] else {
      Issue.record("\(topic) has no fields")
      return
    }
    for name in fields.keys {
      var (changed, others) = (schema, fields)
      others[name] = nil
      changed["properties"] = .object(others)
      #expect(breaks(of: released, by: .object(changed)) == ["/properties/\(name) is gone"])
    }
  }

  static let schema = #"""
    {"title":"t","properties":{"a":{"type":"string","maxLength":5},"b":{"enum":["x","y"]},
    "c":{"type":"array","items":{"type":"object","properties":{"d":{"type":"number"}},"required":["d"]}}},
    "required":["a"]}
    """#

  @Test(
    "an incompatible change is found",
    arguments: [
      (#""maxLength":5"#, #""maxLength":6"#), (#""maxLength":5"#, #""maxLength":4"#),
      (#"["x","y"]"#, #"["x"]"#),
      (#"["x","y"]"#, #"["x","y","z"]"#), (#""a":{"#, #""e":{"#), (#""required":["a"]"#, #""required":[]"#),
      (#""required":["a"]"#, #""required":["a","b"]"#), (#""type":"number""#, #""type":"integer""#),
      (#""d":{"#, #""e":{"#), (#""required":["d"]"#, #""minItems":1,"required":["d"]"#),
    ])
  func incompatible(part: String, change: String) throws {
    let new = Self.schema.replacing(part, with: change)
    #expect(try breaks(of: JSONTree(Self.schema), by: JSONTree(new)).count == 1)
  }

  @Test(
    "a new field and other words are let through",
    arguments: [
      (#""a":{"#, #""e":{"type":"number"},"a":{"#), (#""title":"t""#, #""title":"u","description":"v""#),
      (#""d":{"#, #""e":{"type":"number"},"d":{"#),
    ])
  func compatible(part: String, change: String) throws {
    let new = Self.schema.replacing(part, with: change)
    #expect(try breaks(of: JSONTree(Self.schema), by: JSONTree(new)).isEmpty)
  }
}
