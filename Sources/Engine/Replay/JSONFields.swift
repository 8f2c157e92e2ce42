// A JSON text taken apart into its leaves, each under its path, so that two texts can be compared field by
// field. It is for showing differences: numbers and strings are compared as they are written.

/// The leaves of a JSON text in order: `rating` -> `5`, `tags[1]` -> `"b"`.
struct JSONFields {
  private(set) var fields: [(path: String, text: String)] = []
  private let bytes: [UInt8]
  private var position = 0

  /// Deeper texts are compared as a whole.
  private static let depthMax = 64

  /// nil when the bytes are not one JSON text.
  init?(_ bytes: [UInt8]) {
    self.bytes = bytes
    guard readValue("", depth: 0) else { return nil }
    skipSpace()
    guard position == bytes.count else { return nil }
  }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) { position += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func readValue(_ path: String, depth: Int) -> Bool {
    guard depth < Self.depthMax else { return false }
    if take("{") { return readObject(path, depth) }
    if take("[") { return readArray(path, depth) }
    skipSpace()
    let start = position
    guard bytes.indices.contains(position) else { return false }
    if bytes[position] == UInt8(ascii: "\"") {
      guard skipString() else { return false }
    } else {
      let plain: Set<UInt8> = Set("+-.0123456789eEtrufalsn".utf8)
      while position < bytes.count, plain.contains(bytes[position]) { position += 1 }
    }
    guard position > start else { return false }
    fields.append((path, String(decoding: bytes[start..<position], as: UTF8.self)))
    return true
  }

  private mutating func readObject(_ path: String, _ depth: Int) -> Bool {
    if take("}") {
      fields.append((path, "{}"))
      return true
    }
    repeat {
      skipSpace()
      let start = position
      guard skipString(), position >= start + 2 else { return false }
      let name = String(decoding: bytes[start + 1..<position - 1], as: UTF8.self)
      guard take(":"), readValue(path.isEmpty ? name : "\(path).\(name)", depth: depth + 1) else {
        return false
      }
    } while take(",")
    return take("}")
  }

  private mutating func readArray(_ path: String, _ depth: Int) -> Bool {
    if take("]") {
      fields.append((path, "[]"))
      return true
    }
    var index = 0
    repeat {
      guard readValue("\(path)[\(index)]", depth: depth + 1) else { return false }
      index += 1
    } while take(",")
    return take("]")
  }

  /// Moves behind a string that begins here.
  private mutating func skipString() -> Bool {
    guard bytes.indices.contains(position), bytes[position] == UInt8(ascii: "\"") else { return false }
    position += 1
    while position < bytes.count {
      let byte = bytes[position]
      position += byte == UInt8(ascii: "\\") ? 2 : 1
      if byte == UInt8(ascii: "\"") { return true }
    }
    return false
  }
}
