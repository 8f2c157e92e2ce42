// What is wrong with bytes that are not JSON, and where.

/// Bytes that are not JSON text as RFC 8259 has it, told by the byte where reading stopped.
public struct JSONFault: Error, Hashable, Sendable {
  public enum Rule: String, Sendable {
    case endsTooEarly = "the text ends too early"
    case unexpectedByte = "no JSON value, name or separator can stand here"
    case trailingBytes = "something follows the value"
    case invalidUTF8 = "the bytes are not UTF-8"
    case controlCharacter = "a control character in a string must be escaped"
    case invalidEscape = "no such escape"
    case loneSurrogate = "half of a surrogate pair"
    case invalidNumber = "not a number of JSON"
    case numberTooLarge = "a number beyond what a double holds"
    case tooDeep = "objects and arrays nested more than 64 deep"
    case tooLong = "more than 1 GB of JSON"
    /// The value is JSON, but of another kind than the reader was asked for.
    case unexpectedKind = "a value of another kind was expected"
    /// What was read breaks a rule of the event's shape, which the decoder knows.
    case shape = "a rule of the event's type is broken"
  }

  public var rule: Rule
  /// Counted in bytes from 0.
  public var position: Int

  public init(_ rule: Rule, at position: Int) {
    self.rule = rule
    self.position = position
  }
}

/// The JSON pointer (RFC 6901) of the value that the byte at `position` belongs to; of the innermost one
/// begun before it where the text is broken earlier. It reads the text again: for errors, not for the hot
/// path.
public func jsonPointer(to position: Int, in bytes: RawSpan) -> String {
  var path: [String] = []
  var indices: [Int] = []
  var reader = JSONReader(bytes)
  do throws(JSONFault) { try walk(&reader, to: position, &path, &indices) } catch {}
  return path.reduce("") { $0 + "/" + escapedForPointer($1) }
}

/// `~` and `/` within a name, as RFC 6901 writes them.
func escapedForPointer(_ name: String) -> String {
  guard name.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return name }
  return name.reduce(into: "") { text, character in
    switch character {
    case "~": text += "~0"
    case "/": text += "~1"
    default: text.append(character)
    }
  }
}

/// Reads on until `position` is reached; `path` then leads there, one part per depth.
private func walk(
  _ reader: inout JSONReader, to position: Int, _ path: inout [String], _ indices: inout [Int]
) throws(JSONFault) {
  repeat {
    if reader.depth > 0 {
      guard try advance(&reader, to: position, &path, &indices) else { continue }
    }
    let kind = try reader.kind()
    if reader.position >= position { return }
    switch kind {
    case .object, .array:
      if kind == .object { try reader.enterObject() } else { try reader.enterArray() }
      indices.append(-1)
    default: _ = try reader.skip()
    }
    if reader.position > position, kind != .object, kind != .array { return }
  } while reader.depth > 0 && reader.position <= position
}

/// To the next member or element; false when the container has ended.
private func advance(
  _ reader: inout JSONReader, to position: Int, _ path: inout [String], _ indices: inout [Int]
) throws(JSONFault) -> Bool {
  let level = reader.depth - 1
  func leave() {
    path.removeLast(max(0, path.count - level))
    indices.removeLast()
  }
  func enter(_ part: String) {
    path.removeLast(max(0, path.count - level))
    path.append(part)
  }
  if reader.isInObject {
    guard let name = try reader.nextName() else {
      leave()
      return false
    }
    enter(name.string(in: reader.bytes))
  } else {
    guard try reader.nextElement() else {
      leave()
      return false
    }
    indices[level] += 1
    enter(String(indices[level]))
  }
  return true
}
