// A declared type of event as JSON Schema 2020-12: what producers validate against, in any language. It
// describes the structured form, whose attributes are the headers of the binary one.

extension EventShape {
  /// The schema of the whole event as JSON text, ending with a newline.
  public var jsonSchema: String {
    let schema = OrderedJSON.object([
      ("$schema", .text("https://json-schema.org/draft/2020-12/schema")),
      ("$id", .text("urn:ratchet:event:\(type.rawValue)")),
      ("title", .text(type.rawValue)),
      ("description", .text(about)),
      ("type", .text("object")),
      ("properties", .object(attributes + [("data", data)])),
      ("required", .array((required + ["data"]).map(OrderedJSON.text))),
    ])
    return schema.text() + "\n"
  }

  private var required: [String] {
    ["specversion", "id", "source", "type", "time", "organization"] + (needsAgent ? ["agent"] : [])
  }

  private var attributes: [(String, OrderedJSON)] {
    func attribute(_ about: String, isRequired: Bool = true) -> OrderedJSON {
      let type: OrderedJSON = isRequired ? .text("string") : .array([.text("string"), .text("null")])
      return .object([
        ("description", .text(about)), ("type", type), ("minLength", .number(1)),
        ("maxLength", .number(Double(Envelope.attributeCharactersMax))),
      ])
    }
    return [
      ("specversion", .object([("const", .text("1.0"))])),
      ("id", attribute("the event's id, unique within its source")),
      ("source", attribute("where the event comes from, a URI reference")),
      ("type", .object([("const", .text(type.rawValue))])),
      ("time", FieldShape.time.schema(about: "when it happened")),
      ("organization", attribute("extension: the organization whose event it is")),
      ("agent", attribute("extension: the agent it is about, gen_ai.agent.id", isRequired: needsAgent)),
      ("subject", attribute("left alone", isRequired: false)),
      (
        "datacontenttype",
        .object([
          ("type", .array([.text("string"), .text("null")])), ("minLength", .number(1)),
          ("maxLength", .number(Double(Envelope.attributeCharactersMax))),
          ("pattern", .text("^[^;]*[/+][Jj][Ss][Oo][Nn][ \\t]*(;|$)")),
        ])
      ),
      ("data_base64", .boolean(false)),
    ]
  }

  private var data: OrderedJSON {
    var members = fields.schemaOfObject
    func names(_ names: [String]) -> OrderedJSON { .array(names.map(OrderedJSON.text)) }
    let rules: [OrderedJSON] = rules.map { rule in
      switch rule {
      case .anyOf(let fields):
        return .object([("anyOf", .array(fields.map { .object([("required", names([$0]))]) }))])
      case .when(let field, let value, let required):
        let condition = OrderedJSON.object([
          ("properties", .object([(field, .object([("const", .text(value))]))])),
          ("required", names([field])),
        ])
        return .object([("if", condition), ("then", .object([("required", names(required))]))])
      }
    }
    if !rules.isEmpty { members.append(("allOf", .array(rules))) }
    return .object(members)
  }
}

extension [Field] {
  var schemaOfObject: [(String, OrderedJSON)] {
    var members: [(String, OrderedJSON)] = [
      ("type", .text("object")),
      ("properties", .object(map { ($0.name, $0.shape.schema(about: $0.about)) })),
    ]
    let required = filter(\.isRequired).map(\.name)
    if !required.isEmpty { members.append(("required", .array(required.map(OrderedJSON.text)))) }
    return members
  }
}

extension FieldShape {
  fileprivate func schema(about: String? = nil) -> OrderedJSON {
    .object((about.map { [("description", .text($0))] } ?? []) + rules)
  }

  private var rules: [(String, OrderedJSON)] {
    func number(_ type: String, _ least: Double, _ greatest: Double) -> [(String, OrderedJSON)] {
      guard greatest < .greatestFiniteMagnitude else { return [("type", .text(type))] }
      return [("type", .text(type)), ("minimum", .number(least)), ("maximum", .number(greatest))]
    }
    switch self {
    case .text(let charactersMax):
      return [
        ("type", .text("string")), ("minLength", .number(1)), ("maxLength", .number(Double(charactersMax))),
      ]
    case .choice(let values): return [("enum", .array(values.map(OrderedJSON.text)))]
    case .whole(let range): return number("integer", Double(range.lowerBound), Double(range.upperBound))
    case .number(let range): return number("number", range.lowerBound, range.upperBound)
    case .boolean: return [("type", .text("boolean"))]
    case .time: return [("type", .text("string")), ("format", .text("date-time"))]
    case .object: return [("type", .text("object"))]
    case .list(let element, let countMax):
      return [
        ("type", .text("array")), ("items", element.schema()), ("maxItems", .number(Double(countMax))),
      ]
    case .records(let fields, let countMax):
      return [
        ("type", .text("array")), ("items", .object(fields.schemaOfObject)),
        ("maxItems", .number(Double(countMax))),
      ]
    case .group(let fields): return fields.schemaOfObject
    case .map(let element):
      return [("type", .text("object")), ("additionalProperties", element.schema())]
    }
  }
}
