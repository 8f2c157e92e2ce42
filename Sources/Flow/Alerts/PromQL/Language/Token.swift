// The smallest parts of a PromQL expression, and what is wrong when there is none.

/// What is wrong with an expression, and where.
public struct ExpressionFault: Error, Hashable, Sendable {
  /// In UTF-8 bytes from the beginning of the expression.
  public var offset: Int
  public var what: String
  public var why: String?
  public var next: String?

  public init(_ what: String, at offset: Int, why: String? = nil, next: String? = nil) {
    self.offset = offset
    self.what = what
    self.why = why
    self.next = next
  }

  /// The place in `text`, both from 1, the column in characters.
  public func position(in text: String) -> (line: Int, column: Int) {
    let before = text.utf8.prefix(offset)
    let lineStart =
      before.lastIndex(of: UInt8(ascii: "\n")).map { before.index(after: $0) } ?? before.startIndex
    return (
      before.count { $0 == UInt8(ascii: "\n") } + 1,
      String(decoding: before[lineStart...], as: UTF8.self).unicodeScalars.count + 1
    )
  }
}

struct Token: Sendable {
  enum Kind: Equatable, Sendable {
    /// A name or a keyword; which one, the parser knows by where it stands.
    case word(String)
    /// A number, or a duration in seconds.
    case number(Double)
    case string(String)
    case symbol(String)
    case end
  }

  var kind: Kind
  /// In UTF-8 bytes.
  var range: Range<Int>

  /// As a message names it.
  var description: String {
    switch kind {
    case .word(let word): "\"\(word)\""
    case .number: "a number"
    case .string: "a text in quotes"
    case .symbol(let symbol): "\"\(symbol)\""
    case .end: "the end of the expression"
    }
  }
}
