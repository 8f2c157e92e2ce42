// One source of a metric: which events add to it, under which conditions, what they add and with which
// labels. Fields are found by name among the declared ones, and by number from then on.
internal import Basics
internal import Events
internal import Metrics
internal import YAML

/// The fields of an event as conditions and labels name them.
struct EventFields {
  var event: MetricSource.Event
  var names: [String]
  /// nil for internal events, whose values say themselves what they are.
  var shapes: [FieldShape]?

  func shape(_ field: Int) -> FieldShape? { shapes?[field] }

  var choices: (Int) -> [String] {
    { field in if case .choice(let names)? = shape(field) { names } else { [] } }
  }
}

/// Topics whose events some processor counts.
private let counted: Set<InputTopic> = [
  .feedback, .executions, .retrievals, .reviews, .experimentEvents, .trainingEvents, .telemetry,
]

extension StrictReader {
  mutating func source(
    _ fields: [String: Node], of node: Node, _ kind: MetricDeclaration.Kind?
  ) -> MetricSource? {
    guard let name = fields["event"] else {
      report("a metric without \"event\" or \"sources\"", at: node.position)
      return nil
    }
    guard let event = event(name) else { return nil }
    var source = MetricSource(event: event.event)
    switch fields["when"]?.content {
    case nil: break
    case .sequence(let items): source.conditions = items.compactMap { condition($0, event) }
    default: source.conditions = fields["when"].flatMap { condition($0, event) }.map { [$0] } ?? []
    }
    if let value = fields["value"].flatMap({ expression($0, event) }) { source.value = value }
    if let weight = fields["weight"].flatMap({ expression($0, event) }) { source.weight = weight }
    for pair in fields["labels"].flatMap({ pairs($0) }) ?? [] {
      guard Label.isName(pair.key), !pair.key.hasPrefix("__") else {
        report("invalid name of a label \"\(pair.key)\"", at: pair.keyPosition)
        continue
      }
      if let text = labelText(pair.value, event) { source.labels.append(.init(pair.key, text)) }
    }
    source.labels.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    source.member = fields["member"].flatMap { labelText($0, event) }
    source.state = fields["state"].flatMap { labelText($0, event) }
    check(source, fields, of: node, kind)
    return source
  }

  private mutating func check(
    _ source: MetricSource, _ fields: [String: Node], of node: Node, _ kind: MetricDeclaration.Kind?
  ) {
    let needsMember: Bool
    switch kind {
    case .population, .distinct: needsMember = true
    default: needsMember = false
    }
    if needsMember, fields["member"] == nil {
      report("a distinct count or a population without \"member\"", at: node.position)
    }
    if kind == .population, fields["state"] == nil {
      report("a population without \"state\"", at: node.position)
    }
    if kind == .population, source.labels.contains(where: { $0.name == "state" || $0.name == "status" }) {
      report("a population's labels are its own", at: node.position, next: "leave the label state out")
    }
  }

  private mutating func event(_ node: Node) -> EventFields? {
    guard let name = text(node) else { return nil }
    if let type = EventType(rawValue: name) {
      guard counted.contains(type.shape.topic) else {
        report("events of type \"\(name)\" are counted by no processor", at: node.position)
        return nil
      }
      let fields = type.shape.fields
      return EventFields(event: .outside(type), names: fields.map(\.name), shapes: fields.map(\.shape))
    }
    if let event = InternalEvent(rawValue: name) {
      return EventFields(event: .inside(event), names: event.fields)
    }
    let known = EventType.allCases.map(\.rawValue) + InternalEvent.allCases.map(\.rawValue)
    report("unknown type of event \"\(name)\"", at: node.position, next: didYouMean(name, among: known))
    return nil
  }

  private mutating func field(_ name: String, _ event: EventFields, at position: Position) -> Int? {
    if let field = event.names.firstIndex(of: name) { return field }
    report(
      "unknown field \"\(name)\"", at: position,
      next: didYouMean(name, among: event.names) ?? "its fields are \(event.names.joined(separator: ", "))")
    return nil
  }

  // MARK: - Conditions

  private mutating func condition(_ node: Node, _ event: EventFields) -> MetricSource.Condition? {
    guard let written = written(node) else { return nil }
    let words = written.split(separator: " ", maxSplits: 2).map(String.init)
    guard let field = field(words.first ?? "", event, at: node.position) else { return nil }
    if words.count == 1 { return .init(field, .isPresent) }
    guard words.count == 3 else {
      report(
        "cannot read the condition \"\(written)\"", at: node.position,
        why: "it is a field, or a field, one of = != < <= > >=, and a value, with spaces between")
      return nil
    }
    guard let test = test(words[1], words[2], field, event, at: node.position) else { return nil }
    return .init(field, test)
  }

  private mutating func test(
    _ sign: String, _ value: String, _ field: Int, _ event: EventFields, at position: Position
  ) -> MetricSource.Condition.Test? {
    let choices = event.choices(field)
    if !choices.isEmpty, sign == "=" || sign == "!=" {
      guard let choice = choices.firstIndex(of: value) else {
        report(
          "\(event.names[field]) is never \"\(value)\"", at: position,
          why: "it is one of \(choices.joined(separator: ", "))", next: didYouMean(value, among: choices))
        return nil
      }
      return sign == "=" ? .equals(Double(choice)) : .differs(Double(choice))
    }
    let isText = if case .text? = event.shape(field) { true } else { false }
    let number = value == "true" ? 1 : value == "false" ? 0 : isText ? nil : Double(value)
    if number == nil, sign == "=" { return .isText(value) }
    if number == nil, sign == "!=" { return .isNotText(value) }
    guard let number else {
      report("\"\(value)\" is no number to compare with", at: position)
      return nil
    }
    switch sign {
    case "=": return .equals(number)
    case "!=": return .differs(number)
    case "<": return .less(number)
    case "<=": return .atMost(number)
    case ">": return .greater(number)
    case ">=": return .atLeast(number)
    default:
      report("unknown comparison \"\(sign)\"", at: position, why: "it is one of = != < <= > >=")
      return nil
    }
  }

  // MARK: - Values and labels

  private mutating func expression(_ node: Node, _ event: EventFields) -> MetricSource.ValueExpression? {
    guard let written = written(node) else { return nil }
    if let constant = Double(written), constant.isFinite { return .constant(constant) }
    let words = written.split(separator: " ").map(String.init)
    guard let name = words.first, let field = field(name, event, at: node.position) else { return nil }
    switch event.shape(field) {
    case .text?, .object?, .choice?, .list?, .records?:
      report("the field \"\(name)\" is no number", at: node.position)
      return nil
    default: break
    }
    if words.count == 1 { return .field(field, factor: 1) }
    guard words.count == 3, words[1] == "*" || words[1] == "/", let factor = Double(words[2]),
      factor.isFinite, factor != 0
    else {
      report(
        "cannot read the value \"\(written)\"", at: node.position,
        why: "it is a number, a field, or a field times or divided by a number: duration_ms / 1000")
      return nil
    }
    return .field(field, factor: words[1] == "*" ? factor : 1 / factor)
  }

  private mutating func labelText(_ node: Node, _ event: EventFields) -> MetricSource.Text? {
    if case .mapping = node.content { return band(node, event) }
    guard let written = written(node) else { return nil }
    if written == "agent" { return .agent }
    if written.hasPrefix("'"), written.hasSuffix("'"), written.count > 2 {
      return .constant(String(written.dropFirst().dropLast()))
    }
    if written.hasPrefix("each ") {
      let name = String(written.dropFirst(5))
      guard let field = field(name, event, at: node.position) else { return nil }
      if case .list? = event.shape(field) { return .element(field) }
      if event.shapes == nil { return .element(field) }
      report("the field \"\(name)\" is no list", at: node.position)
      return nil
    }
    if !event.names.contains(written), let dot = written.firstIndex(of: ".") {
      let name = String(written[..<dot])
      if let field = event.names.firstIndex(of: name), case .object? = event.shape(field) {
        return .member(field, String(written[written.index(after: dot)...]))
      }
    }
    guard let field = field(written, event, at: node.position) else { return nil }
    switch event.shape(field) {
    case .list?, .records?, .object?, .time?:
      report(
        "the field \"\(written)\" is no label", at: node.position, why: "it is a list, an object or a time")
      return nil
    default: return .field(field, names: event.choices(field))
    }
  }

  /// `{field: confidence, above: {0.8: high, 0.6: medium}, else: low}`.
  private mutating func band(_ node: Node, _ event: EventFields) -> MetricSource.Text? {
    guard
      let fields = fields(
        node, of: "banded label", known: ["field", "above", "else"], required: ["field", "above", "else"]),
      let name = fields["field"].flatMap({ text($0) }), let otherwise = fields["else"].flatMap({ text($0) }),
      let field = field(name, event, at: node.position), let above = fields["above"].flatMap({ pairs($0) })
    else { return nil }
    var bands: [MetricSource.Band] = []
    for pair in above {
      guard let bound = Double(pair.key), bound.isFinite else {
        report("\"\(pair.key)\" is no number", at: pair.keyPosition)
        continue
      }
      if let name = text(pair.value) { bands.append(.init(above: bound, name: name)) }
    }
    return .band(field, bands.sorted { $0.above > $1.above }, otherwise: otherwise)
  }
}
