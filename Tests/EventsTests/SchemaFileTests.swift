// The files in schemas/ are what the declared types of events say, and no released version is contradicted.
import Processors
import Testing

@testable import Events

@Suite struct SchemaFileTests {
  @Test("the schema of each type is the file in schemas/", arguments: EventType.allCases)
  func types(type: EventType) throws {
    let path = "schemas/events/\(type.shape.topic.rawValue)/\(type.rawValue).json"
    try Tree.expect(path, holds: type.shape.jsonSchema)
  }

  @Test("the schema of each topic is the file in schemas/", arguments: InputTopic.allCases)
  func topics(topic: InputTopic) throws {
    try Tree.expect("schemas/events/\(topic.rawValue).json", holds: topic.jsonSchema)
    let declared = try Tree.text("topology/topics.yaml")
    #expect(declared.contains("schema: schemas/events/\(topic.rawValue).json"))
  }

  @Test("no schema is left over from a type that is not declared")
  func leftovers() throws {
    for topic in InputTopic.allCases {
      let files = try Tree.names(in: "schemas/events/\(topic.rawValue)")
      #expect(files == topic.types.map { $0.rawValue + ".json" }.sorted())
    }
    let examples = try Tree.names(in: "schemas/examples").filter { $0.hasSuffix(".jsonl") }
    #expect(examples == EventType.allCases.map { $0.rawValue + ".jsonl" }.sorted())
  }

  @Test("the AsyncAPI document names every topic and type, and every schema it refers to exists")
  func asyncAPI() throws {
    let text = Events.asyncAPI(of: shippedProjections)
    try Tree.expect("schemas/asyncapi.yaml", holds: text)
    for match in text.matches(of: /\$ref: "((?:events|projections|decisions)\/[^"]+)"/) {
      _ = try JSONTree(try Tree.text("schemas/\(match.output.1)"))
    }
  }

  @Test("fields have names of their own, raw values in order, and a meaning", arguments: EventType.allCases)
  func fields(type: EventType) {
    let shape = type.shape
    #expect(shape.type == type)
    #expect(Set(shape.fields.map(\.name)).count == shape.fields.count)
    #expect(shape.fields.allSatisfy { !$0.about.isEmpty && $0.about.last != "." })
    #expect(shape.about.last == ".")
    // Its rules and its key name fields that it has, or this traps.
    _ = EventPlan(shape)
  }
}
