// Projections and decisions are what their declarations say: schemas, pages, examples, and what their writer
// writes. RATCHET_WRITE=1 writes the files.
import Basics
import Processors
import Testing

@testable import Events

@Suite struct ProjectionSchemaTests {
  @Test(
    "the schema of each projection and decision is its file, and its topic's", arguments: shippedProjections)
  func files(shape: ProjectionShape) throws {
    try Tree.expect(shape.schemaPath, holds: shape.jsonSchema)
    let topics = try Tree.text("topology/topics.yaml")
    #expect(
      topics.contains(
        "  - name: \(shape.topic)\n    kind: \(shape.kind == .decision ? "decision" : "projection")\n"))
    #expect(topics.contains("schema: \(shape.schemaPath)\n"))
  }

  @Test("no schema or example is left over from a projection that is not declared")
  func leftovers() throws {
    for kind in [ProjectionShape.Kind.projection, .decision] {
      let declared = shippedProjections.filter { $0.kind == kind }.map { "\($0.topic).json" }.sorted()
      let files = (try? Tree.names(in: "schemas/\(kind.rawValue)")) ?? []
      #expect(files == declared)
    }
    let examples = try Tree.names(in: "schemas/examples/projections")
    #expect(examples == shippedProjections.map { "\($0.topic).jsonl" }.sorted())
  }

  @Test("fields have names of their own and a meaning, and columns are fields", arguments: shippedProjections)
  func fields(shape: ProjectionShape) {
    func check(_ fields: [Field]) {
      #expect(Set(fields.map(\.name)).count == fields.count)
      for field in fields {
        #expect(!field.about.isEmpty && field.about.last != ".", "\(field.name)")
        switch field.shape {
        case .records(let inner, _), .group(let inner): check(inner)
        default: break
        }
      }
    }
    check(shape.allFields)
    #expect(shape.about.last == ".")
    #expect(Set(shape.columns).isSubset(of: shape.fields.map(\.name)))
  }

  @Test("the examples are as declared, and the first has every field", arguments: shippedProjections)
  func examples(shape: ProjectionShape) throws {
    let lines = try Tree.text("schemas/examples/projections/\(shape.topic).jsonl").split(separator: "\n")
    let examples = try lines.map { try JSONTree(String($0)) }
    for example in examples { #expect(slips(example, shape.allFields) == []) }
    let first = allPlaces(try #require(examples.first))
    #expect(allPlaces(shape.allFields).subtracting(first) == [], "fields that the first example lacks")
  }

  @Test("the page of projections is what the declarations say")
  func page() throws {
    var text = """
      # Projections and decisions

      Written from the declarations in `Sources/Flow`. [projections.md](projections.md) says how to read them;
      `schemas/projections` and `schemas/decisions` have the same as JSON Schema,\
       `schemas/examples/projections`
      examples. **Bold** fields are always there; a field that there is no value for is left out.

      """
    for shape in shippedProjections {
      text += "\n## \(shape.topic)\n\n\(shape.about)\nKey: \(shape.keyText).\n"
      text += tables(shape.allFields, of: nil)
    }
    try Tree.expect("docs/projection-types.md", holds: text)
  }

  private func tables(_ fields: [Field], of name: String?) -> String {
    var text = (name.map { "\n`\($0)`:\n" } ?? "") + "\n" + EventTypePages.table(fields)
    for field in fields {
      switch field.shape {
      case .records(let inner, _), .group(let inner):
        text += tables(inner, of: (name.map { "\($0)." } ?? "") + field.name)
      default: break
      }
    }
    return text
  }
}

private enum Inner: Int, FieldSet {
  case a, b
  var field: Field { self == .a ? .count("a", "a").required : .value("b", "b") }
}

private enum Sample: Int, ProjectionKind {
  case text, choice, whole, number, flag, time, object, texts, numbers, map, group, records
  static let shape = ProjectionShape(
    .projection, on: "samples", "A sample.", key: "none", version: 3, fields: Self.self, columns: [.text])
  var field: Field {
    switch self {
    case .text: .line("text", "t")
    case .choice: .choice("choice", Arm.self, "c")
    case .whole: .whole("whole", -5...5, "w")
    case .number: .value("number", "n")
    case .flag: .boolean("flag", "f")
    case .time: .time("time", "t")
    case .object: .object("object", "o")
    case .texts: .ids("texts", upTo: 2, "t")
    case .numbers: Field("numbers", .list(of: .number(0...1), countMax: 2), "n")
    case .map: .map("map", of: .whole(0...9), "m")
    case .group: .group("group", Inner.self, "g")
    case .records: .records("records", Inner.self, upTo: 2, "r")
    }
  }
}

@Suite struct ProjectionWriterTests {
  private let position = EventPosition(
    TopicPartition(topic: "ratchet.x", partition: PartitionID(2)), Offset(7))
  private let head =
    #"{"schema_version":3,"organization":"a\"b","position":{"topic":"ratchet.x","partition":2,"offset":7}"#

  @Test("a record says its head, then each field by its declared name")
  func all() throws {
    var writer = ProjectionWriter(Sample.self)
    for _ in 0..<2 {
      let bytes = writer.write(organization: "a\"b", position: position) { fields in
        fields.text(.text, "x\n")
        fields.choice(.choice, Arm.treatment)
        fields.whole(.whole, -3)
        fields.number(.number, 0.1)
        fields.boolean(.flag, false)
        fields.time(.time, EventTime(milliseconds: 0))
        fields.object(.object, Array("{}".utf8))
        fields.texts(.texts, ["p", "q"])
        fields.numbers(.numbers, [0, 1])
        fields.map(.map, [("k", UInt64(2))])
        fields.group(.group, Inner.self) { $0.whole(.a, 1) }
        fields.records(.records, Inner.self, [1.5, 2]) {
          $1.whole(.a, 2)
          $1.number(.b, $0)
        }
      }
      let text =
        head + #","text":"x\n","choice":"treatment","whole":-3,"number":0.1,"flag":false,"#
        + #""time":"1970-01-01T00:00:00.000Z","object":{},"texts":["p","q"],"numbers":[0.0,1.0],"#
        + #""map":{"k":2},"#
        + #""group":{"a":1},"records":[{"a":2,"b":1.5},{"a":2,"b":2.0}]}"#
      #expect(String(decoding: bytes, as: UTF8.self) == text)
      #expect(slips(try JSONTree(bytes), Sample.shape.allFields) == [])
    }
  }

  @Test("what there is no value for is left out")
  func nothing() {
    var writer = ProjectionWriter(Sample.self)
    let bytes = writer.write(organization: "a\"b", position: position) { fields in
      fields.text(.text, "")
      fields.choice(.choice, nil as Arm?)
      fields.number(.number, .nan)
      fields.number(.number, .infinity)
      fields.texts(.texts, [])
      fields.records(.records, Inner.self, [Int]()) { _, _ in }
    }
    #expect(String(decoding: bytes, as: UTF8.self) == head + "}")
  }

  @Test("entities of two organizations never share a key")
  func keys() {
    #expect(entityKey(organization: "acme", id: "e/1") == "acme/e/1")
    #expect(entityKey(organization: "acme/e", id: "1") == "acme%2Fe/1")
    #expect(entityKey(organization: "acme%2Fe", id: "1") == "acme%252Fe/1")
  }
}
