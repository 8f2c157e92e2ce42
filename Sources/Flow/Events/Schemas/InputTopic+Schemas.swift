// The input topics as documents: for each a schema of any event on it, and for all an AsyncAPI 3 document.

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

  /// The AsyncAPI 3 document of all input topics; every value in it is YAML's form of JSON.
  public static var asyncAPI: String {
    var lines = [
      "# AsyncAPI 3 of the topics that producers write; made from the declared types of events.",
      "asyncapi: 3.0.0",
      "info:",
      "  title: Ratchet",
      "  version: 1.0.0",
      "  description: Events of the learning loop of AI agents, as CloudEvents 1.0 over Kafka.",
      "defaultContentType: application/cloudevents+json",
      "channels:",
    ]
    for topic in allCases {
      lines += ["  \(topic.rawValue):", "    address: \"{prefix}.\(topic.rawValue)\""]
      lines += ["    parameters:", "      prefix:", "        default: ratchet", "    messages:"]
      for type in topic.types {
        lines += ["      \(type.rawValue):", "        $ref: \"#/components/messages/\(type.rawValue)\""]
      }
    }
    lines.append("operations:")
    for topic in allCases {
      lines += ["  read-\(topic.rawValue):", "    action: receive"]
      lines += ["    channel:", "      $ref: \"#/channels/\(topic.rawValue)\""]
    }
    lines += ["components:", "  messages:"]
    for shape in EventType.allCases.map(\.shape) {
      let (type, topic) = (shape.type.rawValue, shape.topic.rawValue)
      lines += ["    \(type):", "      summary: \(OrderedJSON.text(shape.about).text())"]
      lines += ["      contentType: application/cloudevents+json"]
      lines += ["      payload:", "        $ref: \"events/\(topic)/\(type).json\""]
      lines += ["      bindings:", "        kafka:", "          key:", "            type: string"]
      lines += ["            description: \(OrderedJSON.text(shape.keyText).text())"]
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension EventShape {
  /// What the record's key must be, in words.
  public var keyText: String {
    let last = isKeyedByOrganization ? "organization" : "id"
    return (key + [last]).joined(separator: ", else ")
  }
}
