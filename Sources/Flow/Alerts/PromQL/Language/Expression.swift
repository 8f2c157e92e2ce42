// A PromQL expression that has been read and checked; the only way to one is through the parser.

/// A checked PromQL expression, as of Prometheus 3 without native histograms.
public struct Expression: Sendable {
  /// As it was written.
  public let text: String
  let root: ExpressionNode
  let selectorCount: Int

  public init(_ text: String) throws(ExpressionFault) {
    var lexer = Lexer(text)
    var parser = ExpressionParser(try lexer.tokens())
    self.text = text
    root = try parser.wholeExpression()
    selectorCount = parser.selectorCount
  }

  /// Whether its value is a vector or a scalar, which rules need.
  public var isVectorOrScalar: Bool { root.type == .vector || root.type == .scalar }
  /// Why it is of no use to a rule: its value is a text, or series over a window.
  public var unsuited: ExpressionFault {
    ExpressionFault(
      "a \(root.type.rawValue)", at: root.range.lowerBound, why: "a rule needs an instant vector or a scalar")
  }

  func text(of node: ExpressionNode) -> String {
    let bytes = Array(text.utf8)
    return String(decoding: bytes[node.range.clamped(to: bytes.indices)], as: UTF8.self)
  }
}

extension Expression: Equatable {
  public static func == (a: Expression, b: Expression) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }
}
