// Declared shapes as a checker of JSON, for tests: what is published is held to what is declared, without the
// writer that wrote it.
import Basics

@testable import Events

/// What is wrong with an object of these fields, as JSON pointers; empty when nothing is.
func slips(_ value: JSONTree, _ fields: [Field], at place: String = "") -> [String] {
  guard case .object(let members) = value else { return [place] }
  return fields.flatMap { field -> [String] in
    let inner = "\(place)/\(field.name)"
    guard let value = members[field.name] else { return field.isRequired ? [inner] : [] }
    return slips(value, field.shape, at: inner)
  }
}

private func slips(_ value: JSONTree, _ shape: FieldShape, at place: String) -> [String] {
  func unless(_ holds: Bool) -> [String] { holds ? [] : [place] }
  switch (shape, value) {
  case (.text(let charactersMax), .text(let text)):
    return unless((1...charactersMax).contains(text.unicodeScalars.count))
  case (.choice(let values), .text(let text)): return unless(values.contains(text))
  case (.whole(let range), .number(let number)):
    return unless(number == number.rounded() && range.contains(Int64(exactly: number) ?? .min))
  case (.number(let range), .number(let number)): return unless(range.contains(number))
  case (.boolean, .boolean), (.object, .object): return []
  case (.time, .text(let text)): return unless(time(text) != nil)
  case (.list(let element, let countMax), .array(let elements)):
    return unless(elements.count <= countMax)
      + elements.enumerated().flatMap { slips($1, element, at: "\(place)/\($0)") }
  case (.records(let fields, let countMax), .array(let elements)):
    return unless(elements.count <= countMax)
      + elements.enumerated().flatMap { slips($1, fields, at: "\(place)/\($0)") }
  case (.group(let fields), .object): return slips(value, fields, at: place)
  case (.map(let element), .object(let members)):
    return members.keys.sorted().flatMap { name in
      slips(members[name] ?? .null, element, at: "\(place)/\(escapedForPointer(name))")
    }
  default: return [place]
  }
}

private func time(_ text: String) -> Int64? {
  let bytes = Array(text.utf8)
  return unsafe JSONText(validating: bytes.span.bytes)?.time?.rawValue
}

/// Every field that a value may have, as pointers without indices.
func allPlaces(_ fields: [Field], at place: String = "") -> Set<String> {
  fields.reduce(into: []) { places, field in
    let inner = "\(place)/\(field.name)"
    places.insert(inner)
    switch field.shape {
    case .records(let fields, _), .group(let fields): places.formUnion(allPlaces(fields, at: inner))
    default: break
    }
  }
}

/// Every member that a value has, as pointers without indices.
func allPlaces(_ value: JSONTree, at place: String = "") -> Set<String> {
  switch value {
  case .object(let members):
    members.reduce(into: []) { places, member in
      places.insert("\(place)/\(member.key)")
      places.formUnion(allPlaces(member.value, at: "\(place)/\(member.key)"))
    }
  case .array(let elements): elements.reduce(into: []) { $0.formUnion(allPlaces($1, at: place)) }
  default: []
  }
}
