// A declared projection or decision as JSON Schema 2020-12: what its consumers can rely on.

extension ProjectionShape {
  /// Where its schema stands, from the root of the tree.
  public var schemaPath: String { "schemas/\(kind.rawValue)/\(topic).json" }

  /// The schema of a record's value as JSON text, ending with a newline. Fields that are not declared may
  /// come in later versions, so a reader must leave them alone.
  public var jsonSchema: String {
    OrderedJSON.object(
      [
        ("$schema", .text("https://json-schema.org/draft/2020-12/schema")),
        ("$id", .text("urn:ratchet:\(kind == .projection ? "projection" : "decision"):\(topic)")),
        ("title", .text(topic)),
        ("description", .text(about)),
      ] + allFields.schemaOfObject
    ).text() + "\n"
  }
}
