// How long lines, functions and files may be, and which calls are banned where.

enum Limit {
  /// Two panes stand side by side on a laptop's screen at this width; it is swift-format's setting too.
  static let columns = 110
  /// A function must be seen whole on one screen: 70 lines is what a screen shows at a readable size.
  static let functionLines = 70
  /// Beyond this a file holds more than one topic; the median aimed at is 170.
  static let fileLines = 500
}

func lengthViolations(in file: SourceFile) -> [String] {
  var found: [String] = []
  if file.lines.count > Limit.fileLines {
    found.append("\(file.path): \(file.lines.count) lines, at most \(Limit.fileLines)")
  }
  for (index, line) in file.lines.enumerated() where line.count > Limit.columns {
    found.append("\(file.path):\(index + 1): \(line.count) columns, at most \(Limit.columns)")
  }
  for (start, length) in functions(in: file) where length > Limit.functionLines {
    found.append("\(file.path):\(start): a function of \(length) lines, at most \(Limit.functionLines)")
  }
  return found
}

/// First line and length of each function, initializer and subscript. The formatter guarantees that a body
/// ends with a closing brace at its declaration's own indentation.
func functions(in file: SourceFile) -> [(start: Int, length: Int)] {
  let declaration = /^\s*(?:@?[\w():]+\s+)*(?:func\s|init[?(<]|deinit\b|subscript[(<])/
  return file.lines.indices.compactMap { start in
    let line = file.lines[start]
    guard !line.drop(while: { $0 == " " }).hasPrefix("//"), line.firstMatch(of: declaration) != nil,
      line.last != "}", opensBody(at: start, in: file)
    else { return nil }
    let end = String(line.prefix { $0 == " " }) + "}"
    guard let last = file.lines[(start + 1)...].firstIndex(where: { $0 == end }) else { return nil }
    return (start + 1, last - start + 1)
  }
}

/// False for a protocol's requirement, which ends without an opening brace.
private func opensBody(at start: Int, in file: SourceFile) -> Bool {
  let indentation = file.lines[start].prefix { $0 == " " }.count
  for (index, line) in file.lines[start...].enumerated() {
    if line.last == "{" { return true }
    let isSameLevel = line.prefix { $0 == " " }.count <= indentation
    if index > 0, isSameLevel, line.first(where: { $0 != " " }).map({ !")}".contains($0) }) ?? true {
      return false
    }
  }
  return false
}

/// Flow is pure: recorded time, seeded randomness and sorted order come in as values.
func purityViolations(in file: SourceFile) -> [String] {
  guard file.path.hasPrefix(Part.flow.rawValue) else { return [] }
  let banned = [
    "systemTime(", "clock_gettime", "ContinuousClock", "SuspendingClock", "Date(", "time(nil",
    "SystemRandomNumberGenerator", ".random(", ".randomElement(", ".shuffled()", ".shuffle()", "hashValue",
    "Hasher(", "Thread", "await ", "Task {",
  ]
  return matches(of: banned, in: file).map { "\($0) has no place in Flow" }
}

/// What the compiler cannot check stays where C is.
func unsafetyViolations(in file: SourceFile) -> [String] {
  guard Part(path: file.path) != .basics, Part(path: file.path) != .systems else { return [] }
  return matches(of: ["@unchecked Sendable", "nonisolated(unsafe)"], in: file).map {
    "\($0) belongs in Basics or Systems"
  }
}

/// Each file says at its top what it is.
func openingViolations(in file: SourceFile) -> [String] {
  guard let first = file.lines.first(where: { !$0.isEmpty && !$0.hasPrefix("import") }) else {
    return ["\(file.path): is empty"]
  }
  let opens = file.lines.first?.hasPrefix("//") == true || first.hasPrefix("//")
  return opens ? [] : ["\(file.path): opens without saying what it is"]
}

private func matches(of words: [String], in file: SourceFile) -> [String] {
  file.lines.enumerated().flatMap { index, line in
    let code = line.drop(while: { $0 == " " }).hasPrefix("//") ? "" : line
    return words.filter { code.contains($0) }.map { "\(file.path):\(index + 1): \($0)" }
  }
}
