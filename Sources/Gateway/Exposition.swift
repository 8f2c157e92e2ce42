// Series as text for scrapers: Prometheus' format 0.0.4, or OpenMetrics 1.0 where a client accepts it.
internal import Metrics
public import Processors

/// How a page of series is written.
public enum ExpositionFormat: Sendable {
  case prometheus, openMetrics

  /// What a client's Accept header asks for.
  public init(accepting header: String?) {
    self = header?.contains("application/openmetrics-text") == true ? .openMetrics : .prometheus
  }

  public var contentType: String {
    switch self {
    case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
    case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
    }
  }

  /// The page: families in the order given.
  public func page(_ families: [ExposedFamily]) -> [UInt8] {
    var text: [UInt8] = []
    for family in families where !family.samples.isEmpty { append(family, to: &text) }
    if self == .openMetrics { text += "# EOF\n".utf8 }
    return text
  }

  private func append(_ family: ExposedFamily, to text: inout [UInt8]) {
    let (name, type) = head(of: family)
    text += "# HELP \(name) \(escaped(family.help, quotes: self == .openMetrics))\n".utf8
    text += "# TYPE \(name) \(type)\n".utf8
    for sample in family.samples {
      text += "\(family.name)\(sample.suffix)".utf8
      for (index, label) in sample.labels.enumerated() {
        let value = label.name == "le" ? bound(label.value) : label.value
        text += "\(index == 0 ? "{" : ",")\(label.name)=\"\(escaped(value, quotes: true))\"".utf8
      }
      text += "\(sample.labels.isEmpty ? "" : "}") \(number(sample.value))\n".utf8
    }
  }

  /// The family's name and type in this format. Names are kept as they are declared; where one does not end
  /// as its type's would, no type is claimed.
  private func head(of family: ExposedFamily) -> (name: String, type: String) {
    let isTotal = family.name.hasSuffix("_total")
    let unknown = self == .openMetrics ? "unknown" : "untyped"
    switch family.type {
    case "counter":
      guard isTotal else { return (family.name, unknown) }
      return (self == .openMetrics ? String(family.name.dropLast(6)) : family.name, "counter")
    case "gauge": return (family.name, isTotal ? unknown : "gauge")
    case "histogram": return (family.name, "histogram")
    default: return (family.name, unknown)
    }
  }

  /// OpenMetrics writes every bound as a number with a point.
  private func bound(_ text: String) -> String {
    guard self == .openMetrics, let value = Double(text), value.isFinite else { return text }
    return value.description
  }

  private func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    return Int64(exactly: value).map { "\($0)" } ?? value.description
  }

  private func escaped(_ text: String, quotes: Bool) -> String {
    guard text.utf8.contains(where: { $0 == 0x5C || $0 == 0x0A || $0 == 0x22 }) else { return text }
    return text.reduce(into: "") { escaped, character in
      switch character {
      case "\\": escaped += "\\\\"
      case "\n": escaped += "\\n"
      case "\"": escaped += quotes ? "\\\"" : "\""
      default: escaped.append(character)
      }
    }
  }
}
