// Pieces of a template into nodes. Variables and functions are known before anything runs, so that a slip is
// found when the rule is loaded.
internal import Basics

struct TemplateParser {
  private static let depthMax = 50

  private let pieces: [TemplatePiece]
  private var position = 0
  private var depth = 0
  /// The variables in scope, the innermost last.
  private var variables = ["", "labels", "externalLabels", "externalURL", "value"]

  init(_ pieces: [TemplatePiece]) { self.pieces = pieces }

  mutating func template() throws(Template.Fault) -> [TemplateNode] {
    let (nodes, end) = try list()
    if let end { throw Template.Fault(offset: end.offset, what: "an unexpected {{ \(end.word) }}") }
    return nodes
  }

  /// Nodes up to an `end` or `else`, which is answered with what follows it.
  private mutating func list() throws(Template.Fault)
    -> (nodes: [TemplateNode], end: (word: String, rest: [TemplateToken], offset: Int)?)
  {
    depth += 1
    defer { depth -= 1 }
    var nodes: [TemplateNode] = []
    while position < pieces.count {
      let piece = pieces[position]
      position += 1
      switch piece {
      case .text(let text): nodes.append(.text(text))
      case .action(let tokens, let offset):
        guard depth <= Self.depthMax else {
          throw Template.Fault(offset: offset, what: "actions nested more than \(Self.depthMax) deep")
        }
        let rest = Array(tokens.dropFirst())
        switch tokens.first?.kind {
        case nil: throw Template.Fault(offset: offset, what: "an empty action")
        case .word("end"), .word("else"):
          return (nodes, (tokens[0].kind == .word("end") ? "end" : "else", rest, offset))
        case .word("if"), .word("with"), .word("range"): nodes.append(try block(tokens[0].kind, rest, offset))
        case .word(let word) where ["template", "define", "block", "break", "continue"].contains(word):
          throw Template.Fault(offset: offset, what: "\(word) is not supported in a rule's templates")
        default: nodes.append(.action(try pipeline(tokens, offset)))
        }
      }
    }
    return (nodes, nil)
  }

  private mutating func block(_ kind: TemplateToken.Kind, _ tokens: [TemplateToken], _ offset: Int)
    throws(Template.Fault) -> TemplateNode
  {
    let scope = variables.count
    defer { variables.removeLast(variables.count - scope) }
    let isRange = kind == .word("range")
    let condition = try pipeline(tokens, offset, inRange: isRange)
    let (nodes, end) = try list()
    guard let end else { throw Template.Fault(offset: offset, what: "an action without its {{ end }}") }
    var otherwise: [TemplateNode] = []
    if end.word == "else" {
      switch end.rest.first?.kind {
      case nil:
        let (rest, last) = try list()
        guard last?.word == "end" else {
          throw Template.Fault(offset: end.offset, what: "an else without its {{ end }}")
        }
        otherwise = rest
      case .word("if") where !isRange:
        otherwise = [try block(.word("if"), Array(end.rest.dropFirst()), end.offset)]
      case .word("with") where !isRange:
        otherwise = [try block(.word("with"), Array(end.rest.dropFirst()), end.offset)]
      default: throw Template.Fault(offset: end.offset, what: "an else with something after it")
      }
    }
    return isRange
      ? .range(condition, each: nodes, otherwise: otherwise)
      : .branch(condition, then: nodes, otherwise: otherwise, isWith: kind == .word("with"))
  }

  // MARK: Pipelines

  private mutating func pipeline(_ tokens: [TemplateToken], _ offset: Int, inRange: Bool = false)
    throws(Template.Fault) -> TemplateNode.Pipeline
  {
    var rest = tokens[...]
    var pipeline = TemplateNode.Pipeline(commands: [])
    try takeVariables(&rest, &pipeline, inRange: inRange)
    try takeCommands(&rest, &pipeline, offset)
    if let extra = rest.first {
      throw Template.Fault(offset: extra.offset, what: "something unexpected in an action")
    }
    if !pipeline.isAssignment { variables += pipeline.variables }
    return pipeline
  }

  private mutating func takeVariables(
    _ rest: inout ArraySlice<TemplateToken>, _ pipeline: inout TemplateNode.Pipeline, inRange: Bool
  ) throws(Template.Fault) {
    var probe = rest
    var names: [String] = []
    while let token = probe.first, case .variable(let name) = token.kind {
      names.append(name)
      probe.removeFirst()
      guard probe.first?.kind == .symbol(",") else { break }
      probe.removeFirst()
    }
    guard let mark = probe.first, mark.kind == .symbol(":=") || mark.kind == .symbol("="), !names.isEmpty
    else { return }
    guard names.count <= (inRange ? 2 : 1) else {
      throw Template.Fault(offset: mark.offset, what: "too many variables are declared")
    }
    pipeline.variables = names
    pipeline.isAssignment = mark.kind == .symbol("=")
    if pipeline.isAssignment { for name in names { try checkKnown(name, at: mark.offset) } }
    rest = probe.dropFirst()
  }

  private mutating func takeCommands(
    _ rest: inout ArraySlice<TemplateToken>, _ pipeline: inout TemplateNode.Pipeline, _ offset: Int
  ) throws(Template.Fault) {
    repeat {
      var command: [TemplateNode.Operand] = []
      while let token = rest.first, token.kind != .symbol("|"), token.kind != .symbol(")") {
        command.append(try takeOperand(&rest))
      }
      guard !command.isEmpty else {
        throw Template.Fault(offset: rest.first?.offset ?? offset, what: "a command is missing")
      }
      if command.count > 1 || !pipeline.commands.isEmpty {
        guard case .function = command[0] else {
          throw Template.Fault(offset: offset, what: "only a function takes arguments")
        }
      }
      pipeline.commands.append(command)
    } while takeSymbol("|", &rest)
  }

  private func takeSymbol(_ symbol: String, _ rest: inout ArraySlice<TemplateToken>) -> Bool {
    guard rest.first?.kind == .symbol(symbol) else { return false }
    rest.removeFirst()
    return true
  }

  private mutating func takeOperand(_ rest: inout ArraySlice<TemplateToken>) throws(Template.Fault)
    -> TemplateNode.Operand
  {
    depth += 1
    defer { depth -= 1 }
    let token = rest.removeFirst()
    guard depth <= Self.depthMax else {
      throw Template.Fault(offset: token.offset, what: "actions nested more than \(Self.depthMax) deep")
    }
    var operand: TemplateNode.Operand
    switch token.kind {
    case .text(let text): return .literal(.text(text))
    case .number(let number): return .literal(.number(number))
    case .integer(let integer): return .literal(.integer(integer))
    case .word("true"): return .literal(.boolean(true))
    case .word("false"): return .literal(.boolean(false))
    case .word("nil"): return .literal(.nothing)
    case .word(let name):
      guard TemplateFunction(rawValue: name) != nil else {
        throw Template.Fault(
          offset: token.offset, what: "unknown function \"\(name)\" in a template",
          next: didYouMean(name, among: TemplateFunction.allCases.map(\.rawValue)))
      }
      return .function(name)
    case .variable(let name):
      try checkKnown(name, at: token.offset)
      operand = .variable(name)
    case .field(let name, _): operand = .field(of: .dot, name)
    case .symbol("."): operand = .dot
    case .symbol("("):
      var inner = TemplateNode.Pipeline(commands: [])
      try takeCommands(&rest, &inner, token.offset)
      guard takeSymbol(")", &rest) else {
        throw Template.Fault(offset: token.offset, what: "a ( that is not closed")
      }
      operand = .pipeline(inner)
    case .symbol(let symbol):
      throw Template.Fault(offset: token.offset, what: "unexpected \"\(symbol)\" in an action")
    }
    while case .field(let name, isJoined: true)? = rest.first?.kind {
      rest.removeFirst()
      operand = .field(of: operand, name)
    }
    return operand
  }

  private func checkKnown(_ name: String, at offset: Int) throws(Template.Fault) {
    guard variables.contains(name) else {
      throw Template.Fault(
        offset: offset, what: "undefined variable \"$\(name)\" in a template",
        next: didYouMean(name, among: variables).map { $0.replacing("\"", with: "\"$", maxReplacements: 1) })
    }
  }
}
