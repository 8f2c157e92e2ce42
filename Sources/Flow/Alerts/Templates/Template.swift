// Texts with `{{ }}` in labels and annotations: the part of Go's text/template that alert rules use.
// Parsed with the rule, carried out for every alert at every instant; it cannot run for ever, since
// nothing in it loops but over what is there.
public import Metrics

/// A text in which parts are computed.
public struct Template: Sendable {
  /// Where a template stops being one, in UTF-8 bytes.
  public struct Fault: Error, Hashable, Sendable {
    public var offset: Int
    public var what: String
    public var next: String?
  }

  /// As it was written.
  public let text: String
  let nodes: [TemplateNode]

  public init(_ text: String) throws(Fault) {
    self.text = text
    guard text.utf8.contains(UInt8(ascii: "{")) else {
      nodes = text.isEmpty ? [] : [.text(text)]
      return
    }
    var parser = TemplateParser(try TemplateLexer(text).pieces())
    nodes = try parser.template()
  }

  /// What it says about an alert. An error while expanding stands in the text, as in Prometheus.
  public func expanded(with data: TemplateData) -> String {
    if nodes.isEmpty { return "" }
    if nodes.count == 1, case .text(let text) = nodes[0] { return text }
    var run = TemplateRun(data)
    do throws(TemplateError) {
      return try run.output(of: nodes)
    } catch {
      return "<error expanding template: \(error.what)>"
    }
  }
}

extension Template: Equatable {
  public static func == (a: Template, b: Template) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }
}

/// What a template can speak of.
public struct TemplateData {
  public var labels: Labels
  public var value: Double
  public var externalLabels: Labels
  public var externalURL: String
  /// Answers `query "..."` at the alert's instant.
  public var query: (String) throws(TemplateError) -> [VectorElement]

  public init(
    labels: Labels, value: Double, externalLabels: Labels = .none, externalURL: String = "",
    query: @escaping (String) throws(TemplateError) -> [VectorElement] = { (_) throws(TemplateError) in [] }
  ) {
    self.labels = labels
    self.value = value
    self.externalLabels = externalLabels
    self.externalURL = externalURL
    self.query = query
  }
}

/// Why a template could not be carried out.
public struct TemplateError: Error, Hashable, Sendable {
  public var what: String
  public init(_ what: String) { self.what = what }
}

indirect enum TemplateNode: Sendable {
  case text(String)
  /// Prints a pipeline, or declares a variable and prints nothing.
  case action(Pipeline)
  case branch(Pipeline, then: [TemplateNode], otherwise: [TemplateNode], isWith: Bool)
  case range(Pipeline, each: [TemplateNode], otherwise: [TemplateNode])

  struct Pipeline: Sendable {
    /// `$x :=`, of a range also `$i, $x :=`.
    var variables: [String] = []
    /// `=` instead of `:=`.
    var isAssignment = false
    var commands: [[Operand]]
  }

  indirect enum Operand: Sendable {
    case literal(TemplateValue)
    case dot
    case variable(String)
    case function(String)
    case pipeline(Pipeline)
    case field(of: Operand, String)
  }
}
