// JSON as a tree, for tests: read by the parser under test, compared and changed by hand.
@testable import Events

indirect enum JSONTree: Hashable {
  case object([String: JSONTree])
  case array([JSONTree])
  case text(String)
  case number(Double)
  case boolean(Bool)
  case null

  init(_ text: String) throws(JSONFault) { try self.init(Array(text.utf8)) }

  init(_ bytes: [UInt8]) throws(JSONFault) {
    var reader = JSONReader(unsafe bytes.span.bytes)
    self = try JSONTree(&reader)
    try reader.finish()
  }

  private init(_ reader: inout JSONReader) throws(JSONFault) {
    switch try reader.kind() {
    case .object:
      var members: [String: JSONTree] = [:]
      try reader.enterObject()
      while let name = try reader.nextName() {
        members[name.string(in: reader.bytes)] = try JSONTree(&reader)
      }
      self = .object(members)
    case .array:
      var elements: [JSONTree] = []
      try reader.enterArray()
      while try reader.nextElement() { elements.append(try JSONTree(&reader)) }
      self = .array(elements)
    case .string: self = .text(try reader.string().string(in: reader.bytes))
    case .number: self = .number(try reader.number().value)
    case .yes, .no: self = .boolean(try reader.boolean())
    case .null:
      try reader.null()
      self = .null
    }
  }

  subscript(name: String) -> JSONTree? {
    guard case .object(let members) = self else { return nil }
    return members[name]
  }

  var elements: [JSONTree] {
    if case .array(let elements) = self { elements } else { [] }
  }

  var text: String? {
    if case .text(let text) = self { text } else { nil }
  }

  var number: Double? {
    if case .number(let number) = self { number } else { nil }
  }
}
