// What a YAML document says, with the place of every part, so that whoever reads it can point at what is
// wrong.

/// One value of a document.
public struct Node: Sendable {
  public enum Content: Sendable {
    case scalar(Scalar)
    case sequence([Node])
    /// In the order written; no key stands twice.
    case mapping([Pair])
  }

  /// Text as written, and whether it stood without quotes: only then may it mean a number, true, false or
  /// null.
  public struct Scalar: Sendable {
    public var text: String
    public var isPlain: Bool
  }

  public struct Pair: Sendable {
    public var key: String
    public var keyPosition: Position
    public var value: Node
  }

  public var content: Content
  public var position: Position
}

/// Line and column from 1; columns count characters.
public struct Position: Hashable, Sendable, CustomStringConvertible {
  public var line: Int
  public var column: Int

  public var description: String { "\(line):\(column)" }
}

extension Node {
  /// Null by YAML 1.2's core schema: nothing written, `~` or `null`.
  public var isNull: Bool {
    guard case .scalar(let scalar) = content, scalar.isPlain else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(scalar.text)
  }

  /// What it is, as a diagnostic names it.
  public var kind: String {
    switch content {
    case .sequence: "a list"
    case .mapping: "a mapping"
    case .scalar(let scalar): isNull ? "nothing" : scalar.kind
    }
  }
}

extension Node.Scalar {
  var kind: String {
    if boolean != nil { return text }
    if isPlain, Double(text) != nil { return "the number \(text)" }
    return "the text \"\(text.prefix(40))\""
  }

  /// True or false by YAML 1.2's core schema; `yes` and `on` are text.
  var boolean: Bool? {
    guard isPlain else { return nil }
    switch text {
    case "true", "True", "TRUE": return true
    case "false", "False", "FALSE": return false
    default: return nil
    }
  }
}
