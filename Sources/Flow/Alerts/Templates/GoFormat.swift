// Go's printf, as far as templates use it.
internal import Basics

enum GoFormat {
  private struct Directive {
    var flags = ""
    var width = 0
    var precision: Int?
  }

  /// As Go: an argument of the wrong kind is shown as such, one too few or too many is named.
  static func text(_ format: String, _ arguments: [TemplateValue]) -> String {
    var (output, used) = ("", 0)
    var rest = Substring(format)
    while let character = rest.popFirst() {
      guard character == "%" else {
        output.append(character)
        continue
      }
      let directive = takeDirective(&rest)
      guard let verb = rest.popFirst() else {
        output += "%!(NOVERB)"
        break
      }
      if verb == "%" {
        output += "%"
      } else if used < arguments.count {
        output += padded(formatted(arguments[used], verb, directive), directive)
        used += 1
      } else {
        output += "%!\(verb)(MISSING)"
      }
    }
    if used < arguments.count {
      let extra = arguments[used...].map { "\($0.typeName)=\($0.printed)" }
      output += "%!(EXTRA \(extra.joined(separator: ", ")))"
    }
    return output
  }

  private static func takeDirective(_ rest: inout Substring) -> Directive {
    var directive = Directive()
    while let flag = rest.first, "+-# 0".contains(flag) { directive.flags.append(rest.removeFirst()) }
    directive.width = takeNumber(&rest) ?? 0
    if rest.first == "." {
      rest.removeFirst()
      directive.precision = takeNumber(&rest) ?? 0
    }
    return directive
  }

  /// Bounded, so that a width cannot fill the memory.
  private static func takeNumber(_ rest: inout Substring) -> Int? {
    let digits = rest.prefix { ("0"..."9").contains($0) }
    rest = rest.dropFirst(digits.count)
    return digits.isEmpty ? nil : min(Int(digits) ?? .max, DecimalText.digitsMax)
  }

  private static func formatted(_ value: TemplateValue, _ verb: Character, _ directive: Directive) -> String {
    let wrong = "%!\(verb)(\(value.typeName)=\(value.printed))"
    switch (verb, value) {
    case ("v", .number(let number)):
      return signed(directive.precision.map { general(number, $0) } ?? NumberText.short(number), directive)
    case ("v", .integer(let integer)), ("d", .integer(let integer)): return signed(String(integer), directive)
    case ("v", _): return value.printed
    case ("s", .text(let text)): return String(text.prefix(directive.precision ?? .max))
    case ("q", .text(let text)):
      var quoted: [UInt8] = []
      quoted.appendJSON(text)
      return String(decoding: quoted, as: UTF8.self)
    case ("t", .boolean(let boolean)): return boolean ? "true" : "false"
    case ("x", .integer(let integer)): return String(integer, radix: 16)
    case ("f", .number(let number)), ("F", .number(let number)):
      return signed(decimal(number, .fixed, directive.precision ?? 6), directive)
    case ("e", .number(let number)):
      return signed(decimal(number, .scientific, directive.precision ?? 6), directive)
    case ("g", .number(let number)):
      return signed(directive.precision.map { general(number, $0) } ?? NumberText.short(number), directive)
    case ("s", .map), ("s", .list), ("s", .sample): return value.printed
    default: return wrong
    }
  }

  private static func general(_ value: Double, _ digits: Int) -> String {
    decimal(value, .general, max(1, digits))
  }

  private static func decimal(_ value: Double, _ style: DecimalText.Style, _ digits: Int) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    return DecimalText.text(value, style, digits: digits)
  }

  private static func signed(_ text: String, _ directive: Directive) -> String {
    guard !text.hasPrefix("-"), !text.hasPrefix("+"), text != "NaN" else { return text }
    if directive.flags.contains("+") { return "+" + text }
    return directive.flags.contains(" ") ? " " + text : text
  }

  private static func padded(_ text: String, _ directive: Directive) -> String {
    let missing = directive.width - text.count
    guard missing > 0 else { return text }
    if directive.flags.contains("-") { return text + String(repeating: " ", count: missing) }
    guard directive.flags.contains("0") else { return String(repeating: " ", count: missing) + text }
    let sign = text.prefix { "+-".contains($0) }
    return sign + String(repeating: "0", count: missing) + text.dropFirst(sign.count)
  }
}
