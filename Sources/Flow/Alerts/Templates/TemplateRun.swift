// Carries a template out: variables in scope, the value of dot, and what is printed.
internal import Metrics

struct TemplateRun {
  /// A rule's annotation is read by people; one this long is a slip.
  private static let outputMax = 65_536

  let data: TemplateData
  private var variables: [(name: String, value: TemplateValue)]

  init(_ data: TemplateData) {
    self.data = data
    variables = [
      ("", .data), ("labels", .map(data.labels.all)), ("externalLabels", .map(data.externalLabels.all)),
      ("externalURL", .text(data.externalURL)), ("value", .number(data.value)),
    ]
  }

  mutating func output(of nodes: [TemplateNode]) throws(TemplateError) -> String {
    var text = ""
    try run(nodes, dot: .data, into: &text)
    return text
  }

  private mutating func run(_ nodes: [TemplateNode], dot: TemplateValue, into text: inout String)
    throws(TemplateError)
  {
    let scope = variables.count
    defer { variables.removeLast(variables.count - scope) }
    for node in nodes {
      switch node {
      case .text(let part): text += part
      case .action(let pipeline):
        let value = try value(of: pipeline, dot: dot)
        if pipeline.variables.isEmpty { text += value.printed }
      case .branch(let pipeline, let then, let otherwise, let isWith):
        let outer = variables.count
        let value = try value(of: pipeline, dot: dot)
        try run(value.isTrue ? then : otherwise, dot: isWith && value.isTrue ? value : dot, into: &text)
        variables.removeLast(variables.count - outer)
      case .range(let pipeline, let each, let otherwise):
        try runRange(pipeline, each, otherwise, dot: dot, into: &text)
      }
      guard text.utf8.count <= Self.outputMax else {
        throw TemplateError("more than \(Self.outputMax) bytes of text")
      }
    }
  }

  private mutating func runRange(
    _ pipeline: TemplateNode.Pipeline, _ each: [TemplateNode], _ otherwise: [TemplateNode],
    dot: TemplateValue,
    into text: inout String
  ) throws(TemplateError) {
    var source = pipeline
    source.variables = []
    let items: [(key: TemplateValue, value: TemplateValue)]
    switch try value(of: source, dot: dot) {
    case .list(let list): items = list.enumerated().map { (.integer($0.offset), $0.element) }
    case .map(let entries): items = entries.map { (.text($0.name), .text($0.value)) }
    case .nothing: items = []
    case let other: throw TemplateError("range can't iterate over \(other.printed)")
    }
    if items.isEmpty { return try run(otherwise, dot: dot, into: &text) }
    for item in items {
      let outer = variables.count
      if let last = pipeline.variables.last { variables.append((last, item.value)) }
      if pipeline.variables.count == 2 { variables.append((pipeline.variables[0], item.key)) }
      try run(each, dot: item.value, into: &text)
      variables.removeLast(variables.count - outer)
    }
  }

  private mutating func value(of pipeline: TemplateNode.Pipeline, dot: TemplateValue) throws(TemplateError)
    -> TemplateValue
  {
    var piped: TemplateValue?
    for command in pipeline.commands {
      if case .function(let name) = command[0], let function = TemplateFunction(rawValue: name) {
        piped = try call(function, command.dropFirst(), piped: piped, dot: dot)
      } else {
        piped = try value(of: command[0], dot: dot)
      }
    }
    let value = piped ?? .nothing
    for name in pipeline.variables {
      if pipeline.isAssignment, let index = variables.lastIndex(where: { $0.name == name }) {
        variables[index].value = value
      } else {
        variables.append((name, value))
      }
    }
    return value
  }

  private mutating func call(
    _ function: TemplateFunction, _ operands: ArraySlice<TemplateNode.Operand>, piped: TemplateValue?,
    dot: TemplateValue
  ) throws(TemplateError) -> TemplateValue {
    var arguments: [TemplateValue] = []
    for operand in operands {
      arguments.append(try value(of: operand, dot: dot))
      // What decides is not followed by what need not be known any more.
      if let last = arguments.last, piped == nil,
        function == .and ? !last.isTrue : function == .or && last.isTrue
      {
        return last
      }
    }
    if let piped { arguments.append(piped) }
    if function == .query {
      guard arguments.count == 1, case .text(let text) = arguments[0] else {
        throw TemplateError("query takes one expression")
      }
      return .list(try data.query(text).map { .sample($0.labels, $0.value) })
    }
    return try function.value(of: arguments, data)
  }

  private mutating func value(of operand: TemplateNode.Operand, dot: TemplateValue) throws(TemplateError)
    -> TemplateValue
  {
    switch operand {
    case .literal(let value): return value
    case .dot: return dot
    case .variable(let name): return variables.last { $0.name == name }?.value ?? .nothing
    case .function(let name):
      guard let function = TemplateFunction(rawValue: name) else { return .nothing }
      return try call(function, [], piped: nil, dot: dot)
    case .pipeline(let pipeline): return try value(of: pipeline, dot: dot)
    case .field(let owner, let name): return try field(name, of: try value(of: owner, dot: dot))
    }
  }

  private func field(_ name: String, of value: TemplateValue) throws(TemplateError) -> TemplateValue {
    switch (value, name) {
    case (.map(let entries), _): return .text(entries.first { $0.name == name }?.value ?? "")
    case (.data, "Labels"): return .map(data.labels.all)
    case (.data, "ExternalLabels"): return .map(data.externalLabels.all)
    case (.data, "ExternalURL"): return .text(data.externalURL)
    case (.data, "Value"): return .number(data.value)
    case (.sample(let labels, _), "Labels"): return .map(labels.all)
    case (.sample(_, let number), "Value"): return .number(number)
    default: throw TemplateError("can't evaluate field \(name) in type \(value.typeName)")
    }
  }
}
