// Reading a tree against what is expected of it. Everything that is wrong is collected, so that a person
// mends a file in one go: a method that finds a node wrong reports it and answers nil.
public import Basics

/// Reads nodes of one file and keeps the diagnostics.
public struct StrictReader: Sendable {
  public let file: String
  public private(set) var diagnostics: [Diagnostic] = []

  public init(file: String) { self.file = file }

  public func place(_ position: Position) -> Diagnostic.Place {
    .file(file, line: position.line, column: position.column)
  }

  public mutating func report(
    _ what: String, at position: Position, why: String? = nil, next: String? = nil
  ) {
    diagnostics.append(Diagnostic(what, at: place(position), why: why, next: next))
  }

  /// Reports a finding whose place is within a node.
  public mutating func report(_ diagnostic: Diagnostic) { diagnostics.append(diagnostic) }

  /// Throws what has been reported, if anything.
  public func finish() throws(Diagnostics) {
    if !diagnostics.isEmpty { throw Diagnostics(diagnostics) }
  }
}

// MARK: - Shapes

extension StrictReader {
  /// The pairs of a mapping, whatever its keys: for maps whose keys are names.
  public mutating func pairs(_ node: Node) -> [Node.Pair]? {
    guard case .mapping(let pairs) = node.content else { return unexpected(node, wanted: "a mapping") }
    return pairs
  }

  /// The values of a mapping by key. `what` names the thing it describes, as "topic"; a key that is not
  /// `known` is reported, and so is a `required` one that is missing.
  public mutating func fields(
    _ node: Node, of what: String, known: [String], required: [String] = []
  ) -> [String: Node]? {
    guard let pairs = pairs(node) else { return nil }
    var fields: [String: Node] = [:]
    for pair in pairs {
      if known.contains(pair.key) {
        fields[pair.key] = pair.value
      } else {
        report(
          "unknown key \"\(pair.key)\" of a \(what)", at: pair.keyPosition,
          next: didYouMean(pair.key, among: known) ?? "its keys are \(known.joined(separator: ", "))")
      }
    }
    for key in required where fields[key] == nil {
      report("a \(what) without \"\(key)\"", at: node.position)
    }
    return fields
  }

  public mutating func items(_ node: Node) -> [Node]? {
    guard case .sequence(let items) = node.content else { return unexpected(node, wanted: "a list") }
    return items
  }

  /// Reports that `node` is not what is `wanted`.
  public mutating func unexpected<Value>(_ node: Node, wanted: String, next: String? = nil) -> Value? {
    report("expected \(wanted), found \(node.kind)", at: node.position, next: next)
    return nil
  }
}

// MARK: - Scalars

extension StrictReader {
  /// Text; a plain number, true, false or nothing is none, because quotes make the difference visible.
  public mutating func text(_ node: Node) -> String? {
    guard case .scalar(let scalar) = node.content, !node.isNull else {
      return unexpected(node, wanted: "text")
    }
    guard !scalar.isPlain || (scalar.boolean == nil && Double(scalar.text) == nil) else {
      return unexpected(node, wanted: "text", next: "to mean text, write \"\(scalar.text)\" in quotes")
    }
    return scalar.text
  }

  /// Any scalar as it is written, for values that are passed on.
  public mutating func written(_ node: Node) -> String? {
    guard case .scalar(let scalar) = node.content, !node.isNull else {
      return unexpected(node, wanted: "a single value")
    }
    return scalar.text
  }

  public mutating func integer(_ node: Node, in range: ClosedRange<Int>) -> Int? {
    guard case .scalar(let scalar) = node.content, scalar.isPlain, let value = Int(scalar.text) else {
      return unexpected(node, wanted: "a whole number")
    }
    guard range.contains(value) else {
      return unexpected(node, wanted: "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  public mutating func boolean(_ node: Node) -> Bool? {
    guard case .scalar(let scalar) = node.content, let value = scalar.boolean else {
      return unexpected(node, wanted: "true or false")
    }
    return value
  }

  /// One of the words that a type names.
  public mutating func choice<Value>(_ node: Node, of type: Value.Type = Value.self) -> Value?
  where Value: RawRepresentable<String> & CaseIterable {
    guard let word = text(node) else { return nil }
    if let value = Value(rawValue: word) { return value }
    let words = type.allCases.map(\.rawValue)
    report(
      "unknown value \"\(word)\"", at: node.position, why: "it is one of \(words.joined(separator: ", "))",
      next: didYouMean(word, among: words))
    return nil
  }
}
