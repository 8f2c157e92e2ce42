// Values of Go's templates, as far as alert rules meet them.
internal import Metrics

indirect enum TemplateValue: Sendable {
  case nothing
  case text(String)
  case number(Double)
  case integer(Int)
  case boolean(Bool)
  /// A map from text to text: of a key that is not there the value is empty.
  case map([Label])
  case list([TemplateValue])
  /// What query() finds.
  case sample(Labels, Double)
  /// The whole of the data: `.`.
  case data

  /// Go's notion of a value that is not empty.
  var isTrue: Bool {
    switch self {
    case .nothing: false
    case .text(let text): !text.isEmpty
    case .number(let value): value != 0
    case .integer(let value): value != 0
    case .boolean(let value): value
    case .map(let entries): !entries.isEmpty
    case .list(let items): !items.isEmpty
    case .sample, .data: true
    }
  }

  /// As `{{ }}` prints it (`%v`).
  var printed: String {
    switch self {
    case .nothing: "<no value>"
    case .text(let text): text
    case .number(let value): NumberText.short(value)
    case .integer(let value): String(value)
    case .boolean(let value): value ? "true" : "false"
    case .map(let entries): "map[" + entries.map { "\($0.name):\($0.value)" }.joined(separator: " ") + "]"
    case .list(let items): "[" + items.map(\.printed).joined(separator: " ") + "]"
    case .sample(let labels, let value):
      "{" + TemplateValue.map(labels.all).printed + " " + NumberText.short(value) + "}"
    case .data: "{}"
    }
  }

  /// As Go names the type in messages.
  var typeName: String {
    switch self {
    case .nothing: "<nil>"
    case .text: "string"
    case .number: "float64"
    case .integer: "int"
    case .boolean: "bool"
    case .map: "map[string]string"
    case .list: "template.queryResult"
    case .sample: "*template.sample"
    case .data: "struct"
    }
  }
}
