// The functions that templates call: Go's own and Prometheus'.
internal import Basics
internal import Metrics

enum TemplateFunction: String, CaseIterable {
  case and, or, not, eq, ne, lt, le, gt, ge, len, index, print, println, printf
  case query, first, label, value, strvalue, sortByLabel, reReplaceAll, match, title, toUpper, toLower
  case humanize, humanize1024, humanizeDuration, humanizePercentage, humanizeTimestamp, parseDuration
  case stripPort, stripDomain, externalURL, pathPrefix, safeHtml, graphLink, tableLink

  func value(of arguments: [TemplateValue], _ data: TemplateData) throws(TemplateError) -> TemplateValue {
    switch self {
    case .and, .or:
      guard let last = arguments.last else { throw wrongCount }
      return arguments.first { self == .and ? !$0.isTrue : $0.isTrue } ?? last
    case .not: return .boolean(!(try one(arguments)).isTrue)
    case .eq, .ne, .lt, .le, .gt, .ge: return .boolean(try compared(arguments))
    case .len, .index, .first, .label, .value, .strvalue, .sortByLabel: return try part(of: arguments)
    case .print: return .text(printed(arguments))
    case .println: return .text(arguments.map(\.printed).joined(separator: " ") + "\n")
    case .printf:
      guard let format = arguments.first else { throw wrongCount }
      return .text(GoFormat.text(try text(format), Array(arguments.dropFirst())))
    case .humanize, .humanize1024, .humanizeDuration, .humanizePercentage, .humanizeTimestamp:
      return .text(humanized(try number(try one(arguments))))
    case .parseDuration:
      let written = try text(try one(arguments))
      guard let milliseconds = DurationLiteral.milliseconds(written) else {
        throw TemplateError("not a valid duration string: \"\(written)\"")
      }
      return .number(Double(milliseconds) / 1000)
    case .externalURL: return .text(data.externalURL)
    case .query: return .nothing
    default: return try ofTexts(arguments, data)
    }
  }

  private var wrongCount: TemplateError { TemplateError("wrong number of args for \(rawValue)") }

  private func one(_ arguments: [TemplateValue]) throws(TemplateError) -> TemplateValue {
    guard arguments.count == 1 else { throw wrongCount }
    return arguments[0]
  }

  private func text(_ value: TemplateValue) throws(TemplateError) -> String {
    guard case .text(let text) = value else {
      throw TemplateError("wrong type for value; expected string; got \(value.typeName)")
    }
    return text
  }

  /// Numbers, and texts that are numbers, since labels may hold one.
  private func number(_ value: TemplateValue) throws(TemplateError) -> Double {
    switch value {
    case .number(let number): return number
    case .integer(let integer): return Double(integer)
    case .text(let text):
      guard let number = Double(text) else {
        throw TemplateError("strconv.ParseFloat: parsing \"\(text)\": invalid syntax")
      }
      return number
    default: throw TemplateError("can't convert \(value.typeName) to float")
    }
  }

  private func humanized(_ value: Double) -> String {
    switch self {
    case .humanize: Humanize.decimal(value)
    case .humanize1024: Humanize.binary(value)
    case .humanizeDuration: Humanize.duration(value)
    case .humanizePercentage: Humanize.percentage(value)
    default: Humanize.timestamp(value)
    }
  }

  /// As Go's Sprint: a blank between two that are no texts.
  private func printed(_ arguments: [TemplateValue]) -> String {
    var text = ""
    for (index, argument) in arguments.enumerated() {
      if index > 0, !argument.isText, !arguments[index - 1].isText { text += " " }
      text += argument.printed
    }
    return text
  }

  private func compared(_ arguments: [TemplateValue]) throws(TemplateError) -> Bool {
    guard arguments.count >= 2, self == .eq || arguments.count == 2 else { throw wrongCount }
    var isEqual = false
    for other in arguments.dropFirst() {
      switch (arguments[0], other) {
      case (.text(let a), .text(let b)):
        if self != .eq { return holds(a == b ? 0 : a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1) }
        isEqual = isEqual || a == b
      case (.number(let a), .number(let b)):
        if self != .eq { return a.isNaN || b.isNaN ? self == .ne : holds(a == b ? 0 : a < b ? -1 : 1) }
        isEqual = isEqual || a == b
      case (.integer(let a), .integer(let b)):
        if self != .eq { return holds(a == b ? 0 : a < b ? -1 : 1) }
        isEqual = isEqual || a == b
      case (.boolean(let a), .boolean(let b)) where self == .eq || self == .ne:
        if self == .ne { return a != b }
        isEqual = isEqual || a == b
      default: throw TemplateError("error calling \(rawValue): incompatible types for comparison")
      }
    }
    return isEqual
  }

  private func holds(_ order: Int) -> Bool {
    switch self {
    case .ne: order != 0
    case .lt: order < 0
    case .le: order <= 0
    case .gt: order > 0
    default: order >= 0
    }
  }

  // MARK: Parts

  private func part(of arguments: [TemplateValue]) throws(TemplateError) -> TemplateValue {
    switch (self, arguments.count, arguments.first, arguments.last) {
    case (.len, 1, .text(let text), _): return .integer(text.utf8.count)
    case (.len, 1, .list(let items), _): return .integer(items.count)
    case (.len, 1, .map(let entries), _): return .integer(entries.count)
    case (.index, 2, .map(let entries), .text(let key)):
      return .text(entries.first { $0.name == key }?.value ?? "")
    case (.index, 2, .list(let items), .integer(let index)):
      guard items.indices.contains(index) else { throw TemplateError("index out of range: \(index)") }
      return items[index]
    case (.first, 1, .list(let items), _):
      guard let first = items.first else {
        throw TemplateError("error calling first: first() called on vector with no elements")
      }
      return first
    case (.value, 1, .sample(_, let value), _): return .number(value)
    case (.strvalue, 1, .sample(let labels, _), _): return .text(labels["__value__"])
    case (.label, 2, .text(let name), .sample(let labels, _)): return .text(labels[name])
    case (.sortByLabel, 2, .text(let name), .list(let items)):
      func key(_ value: TemplateValue) -> [UInt8] {
        if case .sample(let labels, _) = value { Array(labels[name].utf8) } else { [] }
      }
      let sorted = items.enumerated().sorted { a, b in
        let (x, y) = (key(a.element), key(b.element))
        return x == y ? a.offset < b.offset : x.lexicographicallyPrecedes(y)
      }
      return .list(sorted.map(\.element))
    default:
      throw TemplateError(
        "wrong arguments for \(rawValue): \(arguments.map(\.typeName).joined(separator: ", "))")
    }
  }

  // MARK: Texts

  private func ofTexts(_ arguments: [TemplateValue], _ data: TemplateData) throws(TemplateError)
    -> TemplateValue
  {
    var texts: [String] = []
    for argument in arguments { texts.append(try text(argument)) }
    switch (self, texts.count) {
    case (.toUpper, 1): return .text(texts[0].uppercased())
    case (.toLower, 1): return .text(texts[0].lowercased())
    case (.title, 1): return .text(titled(texts[0]))
    case (.safeHtml, 1): return .text(texts[0])
    case (.stripPort, 1): return .text(host(texts[0]))
    case (.stripDomain, 1): return .text(withoutDomain(texts[0]))
    case (.pathPrefix, 0): return .text(path(ofURL: data.externalURL))
    case (.match, 2):
      return .boolean(try pattern("(?s:.*)(?:" + texts[0] + ")(?s:.*)").matchesWhole(texts[1]))
    case (.reReplaceAll, 3):
      return .text(try pattern(texts[0]).replacingMatches(in: texts[2], with: texts[1]))
    case (.graphLink, 1), (.tableLink, 1):
      return .text("/graph?g0.expr=\(percentEncoded(texts[0]))&g0.tab=\(self == .graphLink ? 0 : 1)")
    default: throw wrongCount
    }
  }

  private func pattern(_ text: String) throws(TemplateError) -> Pattern {
    do throws(Pattern.Fault) { return try Pattern(text) } catch {
      throw TemplateError("invalid pattern \"\(text)\": \(error.what)")
    }
  }

  /// The first letter of each word in upper case.
  private func titled(_ text: String) -> String {
    var isInWord = false
    return String(
      text.flatMap { character -> String in
        defer { isInWord = character.isLetter || character.isNumber || character == "_" || character == "'" }
        return isInWord ? String(character) : character.uppercased()
      })
  }

  private func host(_ address: String) -> String {
    guard let colon = address.lastIndex(of: ":") else { return address }
    let host = address[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { return String(host.dropFirst().dropLast()) }
    return host.contains(":") ? address : String(host)
  }

  private func withoutDomain(_ address: String) -> String {
    let host = host(address)
    let port = host == address ? "" : ":" + (address.split(separator: ":").last ?? "")
    let isIP = host.allSatisfy { $0.isNumber || $0 == "." } || host.contains(":")
    return (isIP ? host : String(host.prefix { $0 != "." })) + port
  }

  private func path(ofURL url: String) -> String {
    guard let scheme = url.firstRange(of: "://") else { return url }
    let rest = url[scheme.upperBound...]
    return rest.firstIndex(of: "/").map { String(rest[$0...]) } ?? ""
  }

  private func percentEncoded(_ text: String) -> String {
    var encoded = ""
    for byte in text.utf8 {
      let character = Character(UnicodeScalar(byte))
      if character.isASCII, character.isLetter || character.isNumber || "-_.~".contains(character) {
        encoded.append(character)
      } else if byte == 0x20 {
        encoded += "+"
      } else {
        encoded += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
    return encoded
  }
}

extension TemplateValue {
  fileprivate var isText: Bool { if case .text = self { true } else { false } }
}
