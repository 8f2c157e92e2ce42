// docs/event-types.md, written from the declared types: RATCHET_WRITE=1, as for the schemas.
import Testing

@testable import Events

@Suite struct EventTypePages {
  @Test("the page of event types is what the declared types say")
  func page() throws {
    var text = """
      # Types of events

      Written from the declarations in `Sources/Flow/Events/Types`. [events.md](events.md) says what an
      event is and how to publish one; `schemas/events` has the same as JSON Schema, `schemas/examples` an
      example of each type with every field and one with as few as possible. **Bold** fields are required.
      Names that are not listed are left alone.

      """
    for topic in InputTopic.allCases {
      text += "\n## \(topic.rawValue)\n"
      for type in topic.types { text += Self.section(type.shape) }
    }
    try Tree.expect("docs/event-types.md", holds: text)
  }

  private static func section(_ shape: EventShape) -> String {
    var text = "\n### \(shape.type.rawValue)\n\n\(shape.about)\n"
    text += "Key: \(shape.keyText).\(shape.needsAgent ? " The attribute agent is required." : "")\n"
    for rule in shape.rules {
      switch rule {
      case .anyOf(let names): text += "At least one of \(names.joined(separator: ", ")) is required.\n"
      case .when(let field, let value, let required):
        text += "When \(field) is \(value), \(required.joined(separator: ", ")) "
        text += required.count == 1 ? "is required.\n" : "are required.\n"
      }
    }
    text += "\n" + table(shape.fields)
    for field in shape.fields {
      guard case .records(let inner, _) = field.shape else { continue }
      text += "\nEach of `\(field.name)`:\n\n" + table(inner)
    }
    return text
  }

  static func table(_ fields: [Field]) -> String {
    let rows = fields.map { field in
      let name = field.isRequired ? "**`\(field.name)`**" : "`\(field.name)`"
      return "| \(name) | \(words(field.shape)) | \(field.about) |\n"
    }
    return "| field | value | meaning |\n|---|---|---|\n" + rows.joined()
  }

  private static func words(_ shape: FieldShape) -> String {
    func text(_ bound: Double) -> String { Int64(exactly: bound).map { "\($0)" } ?? "\(bound)" }
    switch shape {
    case .text(let charactersMax): return "text, 1 to \(charactersMax) characters"
    case .choice(let values): return values.joined(separator: ", ")
    case .whole(let range) where range.upperBound == Field.wholeMax: return "whole number from 0"
    case .whole(let range): return "whole number, \(range.lowerBound) to \(range.upperBound)"
    case .number(let range) where range.upperBound == Field.numberMax:
      return range.lowerBound == 0 ? "number from 0" : "number"
    case .number(let range): return "number, \(text(range.lowerBound)) to \(text(range.upperBound))"
    case .boolean: return "true, false"
    case .time: return "time, RFC 3339"
    case .object: return "object"
    case .list(let element, let countMax): return "list of at most \(countMax): \(words(element))"
    case .records(_, let countMax): return "list of at most \(countMax) objects"
    case .group: return "object"
    case .map(let element): return "object of any names: \(words(element))"
    }
  }
}
