// Regular expressions that strangers may write: RE2's syntax, and a time of matching that grows with the text
// and with the pattern, whatever they are. No look-around, no back references, no \p{...} classes.

/// A regular expression ready to match.
public struct Pattern: Sendable {
  /// Where it stopped being one, counted in UTF-8 bytes, and why.
  public struct Fault: Error, Equatable, Sendable {
    public var offset: Int
    public var what: String
  }

  /// As it was written.
  public let text: String
  let program: PatternProgram
  /// What alone matches, when the pattern is a plain word or several: most patterns of rules are.
  private let words: Set<[UInt8]>?

  /// `dotMatchesNewline` is how Prometheus 3 reads the patterns of matchers.
  public init(_ text: String, dotMatchesNewline: Bool = false) throws(Fault) {
    self.text = text
    var parser = PatternParser(text, dotMatchesNewline: dotMatchesNewline)
    let node = try parser.parse()
    program = try PatternProgram(node, names: parser.names, textLength: text.utf8.count)
    words = node.words.map { Set($0.map { Array($0.utf8) }) }
  }

  /// The names of the groups, nil for one without; group 0 is the whole match.
  public var groupNames: [String?] { program.names }

  /// Whether the whole of `text` matches.
  public func matchesWhole(_ text: String) -> Bool {
    if let words { return words.contains(Array(text.utf8)) }
    var machine = PatternMachine(program, Array(text.unicodeScalars))
    return machine.acceptsWhole()
  }

  /// The texts of the groups when all of `text` matches; nil in it for a group that took no part.
  public func groupsOfWholeMatch(_ text: String) -> [String?]? {
    let scalars = Array(text.unicodeScalars)
    var machine = PatternMachine(program, scalars)
    return machine.match(from: 0, wholeOnly: true).map { groups(of: $0, in: scalars) }
  }

  /// `text` with each match, leftmost and not overlapping, replaced by `template` as `expanding` reads it.
  public func replacingMatches(in text: String, with template: String) -> String {
    let scalars = Array(text.unicodeScalars)
    var machine = PatternMachine(program, scalars)
    var result = String.UnicodeScalarView()
    var (copied, position, lastEnd) = (0, 0, -1)
    while position <= scalars.count, let slots = machine.match(from: position, wholeOnly: false) {
      let (start, end) = (slots[0], slots[1])
      result.append(contentsOf: scalars[copied..<start])
      // Go's rule: no empty match right after a match.
      if end > lastEnd || start > lastEnd {
        result.append(contentsOf: expanding(template, groups: groups(of: slots, in: scalars)).unicodeScalars)
      }
      (copied, lastEnd) = (end, end)
      if end == start {
        if end < scalars.count { result.append(scalars[end]) }
        (copied, position) = (min(end + 1, scalars.count), end + 1)
      } else {
        position = end
      }
    }
    result.append(contentsOf: scalars[min(copied, scalars.count)...])
    return String(result)
  }

  /// `template` with `$1`, `${1}`, `$name` and `${name}` replaced by the groups, `$$` by `$`; a group that is
  /// not there becomes nothing (Go's regexp.Expand).
  public func expanding(_ template: String, groups: [String?]) -> String {
    var result = String.UnicodeScalarView()
    var rest = Array(template.unicodeScalars)[...]
    while let scalar = rest.popFirst() {
      guard scalar == "$", let next = rest.first else {
        result.append(scalar)
        continue
      }
      if next == "$" {
        rest.removeFirst()
        result.append("$")
      } else if let name = takeGroupName(&rest) {
        result.append(contentsOf: group(named: name, in: groups).unicodeScalars)
      } else {
        result.append("$")
      }
    }
    return String(result)
  }

  private func takeGroupName(_ rest: inout ArraySlice<Unicode.Scalar>) -> String? {
    func isWord(_ scalar: Unicode.Scalar) -> Bool {
      scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
    }
    let isBraced = rest.first == "{"
    let name = rest.dropFirst(isBraced ? 1 : 0).prefix(while: isWord)
    guard !name.isEmpty else { return nil }
    var after = rest.dropFirst(name.count + (isBraced ? 1 : 0))
    if isBraced, after.popFirst() != "}" { return nil }
    rest = after
    return String(String.UnicodeScalarView(name))
  }

  private func group(named name: String, in groups: [String?]) -> String {
    let isNumber = name.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    if isNumber { return Int(name).flatMap { groups.indices.contains($0) ? groups[$0] : nil } ?? "" }
    return groupNames.firstIndex(of: name).flatMap { groups.indices.contains($0) ? groups[$0] : nil } ?? ""
  }

  private func groups(of slots: [Int], in scalars: [Unicode.Scalar]) -> [String?] {
    stride(from: 0, to: slots.count, by: 2).map { index in
      guard slots[index] >= 0, slots[index + 1] >= slots[index] else { return nil }
      return String(String.UnicodeScalarView(scalars[slots[index]..<slots[index + 1]]))
    }
  }
}
