// Series as Prometheus' test files write them: labels as a selector, and values as `1+2x10 _x3 stale`.
public import Metrics

public enum SeriesNotation {
  /// A person writes some thousands; a slip in a count must not fill the memory.
  private static let valuesMax = 1_000_000

  /// `up{job="api"}`, `{job="api"}` or `{}`; equalities only.
  public static func labels(_ text: String) throws(ExpressionFault) -> Labels {
    var lexer = Lexer(text)
    let tokens = try lexer.tokens()
    var labels: [Label] = []
    var rest = tokens[...]
    if case .word(let name) = rest[rest.startIndex].kind {
      labels.append(Label(Label.metricName, name))
      rest.removeFirst()
    }
    if rest.first?.kind == .symbol("{") {
      rest.removeFirst()
      while let token = rest.popFirst(), token.kind != .symbol("}") {
        guard let name = token.text, rest.popFirst()?.kind == .symbol("="),
          case .string(let value)? = rest.popFirst()?.kind
        else { throw ExpressionFault("expected label=\"value\"", at: token.range.lowerBound) }
        labels.append(Label(name, value))
        if rest.first?.kind == .symbol(",") { rest.removeFirst() }
      }
    }
    guard let end = rest.first, end.kind == .end else {
      throw ExpressionFault(
        "not a series: name{label=\"value\"}", at: rest.first?.range.lowerBound ?? text.utf8.count)
    }
    return Labels(labels)
  }

  /// One value an interval, nil for none: numbers, `1+2x3` (1 3 5 7), `4x2` (4 4 4), `_`, `_x3`, `stale`.
  public static func values(_ text: String) throws(ExpressionFault) -> [Double?] {
    var values: [Double?] = []
    var offset = 0
    for item in text.split(omittingEmptySubsequences: false, whereSeparator: \.isWhitespace) {
      defer { offset += item.utf8.count + 1 }
      guard !item.isEmpty else { continue }
      guard let expanded = expanded(item), values.count + expanded.count <= valuesMax else {
        throw ExpressionFault(
          "not a value of a series: \"\(item)\"", at: min(offset, text.utf8.count),
          why: "values are numbers, a+bxn, a-bxn, axn, _, _xn and stale, in all at most \(valuesMax)")
      }
      values += expanded
    }
    return values
  }

  private static func expanded(_ item: Substring) -> [Double?]? {
    if item == "_" { return [nil] }
    if item == "stale" { return [Sample.staleValue] }
    // A repetition ends in x and a count; so there are no hexadecimal numbers here, as in Prometheus.
    guard let mark = item.lastIndex(of: "x"), let times = Int(item[item.index(after: mark)...]), times >= 0,
      times < valuesMax
    else { return number(item).map { [$0] } }
    let pattern = item[..<mark]
    if pattern == "_" { return Array(repeating: nil, count: times) }
    if let value = number(pattern) { return Array(repeating: value, count: times + 1) }
    for index in pattern.indices.dropFirst() where "+-".contains(pattern[index]) {
      guard let start = number(pattern[..<index]), let step = number(pattern[index...].drop { $0 == "+" })
      else { continue }
      var (values, value): ([Double?], Double) = ([], start)
      for _ in 0...times {
        values.append(value)
        value += step
      }
      return values
    }
    return nil
  }

  private static func number(_ text: Substring) -> Double? {
    let isNegative = text.hasPrefix("-")
    let digits = isNegative || text.hasPrefix("+") ? text.dropFirst() : text
    let value: Double? =
      switch digits.lowercased() {
      case "inf": .infinity
      case "nan": .nan
      case let other:
        other.first.map { "0123456789.".contains($0) } == true ? NumberLiteral.value(other) : nil
      }
    return value.map { isNegative ? -$0 : $0 }
  }
}

extension Token {
  fileprivate var text: String? {
    switch kind {
    case .word(let word): word
    case .string(let string): string
    default: nil
    }
  }
}
