// Where a byte of a YAML scalar stands in the file: an error within an expression is shown at its own place,
// however the expression is quoted and folded.
internal import Basics
internal import YAML

/// Finds places in the texts of one file.
struct ScalarPlace {
  private let file: String
  private let lines: [[Unicode.Scalar]]

  init(_ bytes: [UInt8], file: String) {
    self.file = file
    lines = String(decoding: bytes, as: UTF8.self).unicodeScalars
      .split(separator: "\n", omittingEmptySubsequences: false).map(Array.init)
  }

  /// The place of byte `offset` of the text that a node at `position` holds. Blanks change when a scalar is
  /// folded, the other characters do not: they are counted.
  func place(of offset: Int, in text: String, at position: Position) -> Diagnostic.Place {
    let before = String(decoding: text.utf8.prefix(offset), as: UTF8.self)
    let wanted = before.unicodeScalars.count { !isBlank($0) }
    var (line, column) = (position.line - 1, position.column - 1)
    guard lines.indices.contains(line), lines[line].indices.contains(column) else {
      return .file(file, line: position.line, column: position.column)
    }
    let opening = lines[line][column]
    if opening == "|" || opening == ">" { (line, column) = (line + 1, 0) }
    if opening == "\"" || opening == "'" { column += 1 }
    var seen = 0
    while line < lines.count {
      while column < lines[line].count {
        let scalar = lines[line][column]
        if !isBlank(scalar) {
          if seen == wanted { return .file(file, line: line + 1, column: column + 1) }
          // An escaped quote is two characters in the file and one in the text.
          if (opening == "\"" && scalar == "\\") || (opening == "'" && scalar == "'") { column += 1 }
          seen += 1
        }
        column += 1
      }
      (line, column) = (line + 1, 0)
    }
    return .file(file, line: position.line, column: position.column)
  }

  private func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }
}
