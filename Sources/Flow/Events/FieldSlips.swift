// Names in an event that are not declared but look like one that is: "raitng". The decoder leaves them alone,
// as it must leave what later versions add; before publishing, a producer wants to hear of them.
internal import Basics

/// A name that is probably a slip.
public struct FieldSlip: Hashable, Sendable {
  /// Of the field as it stands in the event.
  public var pointer: String
  /// The declared field that it is near to.
  public var suggestion: String
  /// In the record's value, counted in bytes.
  public var position: Int
}

extension Envelope {
  /// The probable slips among the names in the event's data, in the order in which they stand there; none
  /// when its type is not known or the data are not JSON.
  public var fieldSlips: [FieldSlip] {
    guard let type = EventType(rawValue: type.string) else { return [] }
    var slips: [FieldSlip] = []
    var reader = JSONReader(data)
    do throws(JSONFault) {
      guard try reader.kind() == .object else { return [] }
      try findSlips(&reader, type.shape.fields, at: "/data", &slips)
    } catch {}
    for index in slips.indices { slips[index].position += dataStart }
    return slips.sorted { $0.position < $1.position }
  }
}

private func findSlips(
  _ reader: inout JSONReader, _ fields: [Field], at pointer: String, _ slips: inout [FieldSlip]
) throws(JSONFault) {
  var present: Set<String> = []
  var unknown: [(name: String, position: Int)] = []
  try reader.enterObject()
  while let text = try reader.nextName() {
    let name = text.string(in: reader.bytes)
    guard let field = fields.first(where: { $0.name == name }) else {
      unknown.append((name, Int(text.start) - 1))
      try reader.skip()
      continue
    }
    present.insert(name)
    guard case .records(let inner, _) = field.shape, try reader.kind() == .array else {
      try reader.skip()
      continue
    }
    var index = 0
    try reader.enterArray()
    while try reader.nextElement() {
      if try reader.kind() == .object {
        try findSlips(&reader, inner, at: "\(pointer)/\(name)/\(index)", &slips)
      } else {
        try reader.skip()
      }
      index += 1
    }
  }
  let absent = fields.map(\.name).filter { !present.contains($0) }
  for (name, position) in unknown {
    guard let suggestion = nearestWord(to: name, among: absent) else { continue }
    slips.append(
      FieldSlip(
        pointer: "\(pointer)/\(escapedForPointer(name))", suggestion: suggestion, position: position))
  }
}
