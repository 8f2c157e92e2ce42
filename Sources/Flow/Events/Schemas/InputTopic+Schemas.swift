// The input topics as documents: for each a schema of any event on it.

extension InputTopic {
  /// The types of events on the topic, as declared.
  public var types: [EventType] { EventType.allCases.filter { $0.shape.topic == self } }

  /// JSON Schema of any event on the topic: the schema of its type applies.
  public var jsonSchema: String {
    let types = types.map(\.rawValue)
    let branches: [OrderedJSON] = types.map { type in
      .object([
        ("if", .object([("properties", .object([("type", .object([("const", .text(type))]))]))])),
        ("then", .object([("$ref", .text("\(rawValue)/\(type).json"))])),
      ])
    }
    return OrderedJSON.object([
      ("$schema", .text("https://json-schema.org/draft/2020-12/schema")),
      ("title", .text(rawValue)),
      ("type", .text("object")),
      ("properties", .object([("type", .object([("enum", .array(types.map(OrderedJSON.text)))]))])),
      ("required", .array([.text("type")])),
      ("allOf", .array(branches)),
    ]).text() + "\n"
  }
}

extension EventShape {
  /// What the record's key must be, in words.
  public var keyText: String {
    let last = isKeyedByOrganization ? "organization" : "id"
    return (key + [last]).joined(separator: ", else ")
  }
}
