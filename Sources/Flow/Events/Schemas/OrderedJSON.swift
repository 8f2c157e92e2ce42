// JSON to be written: members keep their order, so that files of schemas read well and compare line by line.
internal import Basics

indirect enum OrderedJSON {
  case object([(String, OrderedJSON)])
  case array([OrderedJSON])
  case text(String)
  case number(Double)
  case boolean(Bool)

  /// On lines of their own where they are longer than a line, ending without a newline.
  func text(indentedBy depth: Int = 0) -> String {
    var line: [UInt8] = []
    append(to: &line)
    if line.count + depth <= 100 { return String(decoding: line, as: UTF8.self) }
    let inner = String(repeating: " ", count: depth + 2)
    let outer = String(repeating: " ", count: depth)
    switch self {
    case .object(let members):
      let lines = members.map { "\(inner)\(OrderedJSON.text($0).text()): \($1.text(indentedBy: depth + 2))" }
      return "{\n" + lines.joined(separator: ",\n") + "\n\(outer)}"
    case .array(let elements):
      let lines = elements.map { inner + $0.text(indentedBy: depth + 2) }
      return "[\n" + lines.joined(separator: ",\n") + "\n\(outer)]"
    default: return String(decoding: line, as: UTF8.self)
    }
  }

  /// On one line.
  private func append(to bytes: inout [UInt8]) {
    switch self {
    case .object(let members):
      bytes.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { bytes.append(contentsOf: ", ".utf8) }
        bytes.appendJSON(member.0)
        bytes.append(contentsOf: ": ".utf8)
        member.1.append(to: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    case .array(let elements):
      bytes.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { bytes.append(contentsOf: ", ".utf8) }
        element.append(to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .text(let text): bytes.appendJSON(text)
    case .number(let number):
      if let whole = Int64(exactly: number) {
        bytes.append(contentsOf: "\(whole)".utf8)
      } else {
        bytes.appendJSON(number)
      }
    case .boolean(let value): bytes.append(contentsOf: value ? "true".utf8 : "false".utf8)
    }
  }
}
