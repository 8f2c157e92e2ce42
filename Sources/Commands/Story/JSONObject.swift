// The data of an event, written field by field in the order given.
internal import Basics

/// A JSON object; what is nil is left out, as events want it.
struct JSONObject: ExpressibleByDictionaryLiteral {
  private var bytes: [UInt8] = []

  init(dictionaryLiteral fields: (String, Field?)...) {
    for (name, value) in fields { self[name] = value }
  }

  indirect enum Field {
    case text(String), number(Double), whole(Int), flag(Bool), object(JSONObject), list([Field])
    /// JSON already.
    case written(String)
  }

  /// Writes one more field; reading is of no use here and gives nil.
  subscript(name: String) -> Field? {
    get { nil }
    set {
      guard let newValue else { return }
      if !bytes.isEmpty { bytes.append(UInt8(ascii: ",")) }
      bytes.appendJSON(name)
      bytes.append(UInt8(ascii: ":"))
      Self.append(newValue, to: &bytes)
    }
  }

  var text: String { "{" + String(decoding: bytes, as: UTF8.self) + "}" }

  private static func append(_ value: Field, to bytes: inout [UInt8]) {
    switch value {
    case .text(let text): bytes.appendJSON(text)
    case .number(let number): bytes.appendJSON(number)
    case .whole(let number): bytes.append(contentsOf: "\(number)".utf8)
    case .flag(let flag): bytes.append(contentsOf: flag ? "true".utf8 : "false".utf8)
    case .written(let json): bytes.append(contentsOf: json.utf8)
    case .object(let object): bytes.append(contentsOf: object.text.utf8)
    case .list(let values):
      bytes.append(UInt8(ascii: "["))
      for (index, value) in values.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        append(value, to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    }
  }
}

extension JSONObject.Field: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
  init(stringLiteral value: String) { self = .text(value) }
}

extension JSONObject.Field: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral {
  init(integerLiteral value: Int) { self = .whole(value) }
  init(floatLiteral value: Double) { self = .number(value) }
}

extension JSONObject.Field: ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral {
  init(booleanLiteral value: Bool) { self = .flag(value) }
  init(arrayLiteral elements: JSONObject.Field...) { self = .list(elements) }
}
