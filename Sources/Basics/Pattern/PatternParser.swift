// RE2's syntax (github.com/google/re2/wiki/Syntax) into a tree. Depth and repetitions are bounded, so that a
// pattern of a few bytes cannot exhaust stack or memory.

struct PatternParser {
  private struct Flags {
    var foldsCase = false
    var isMultiline = false
    var dotMatchesNewline = false
    var isLazy = false
  }

  /// As RE2 and Go have it.
  private static let repetitionsMax = 1000
  private static let depthMax = 200

  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var flags = Flags()
  private var depth = 0
  /// By group; the whole match is the first.
  private(set) var names: [String?] = [nil]

  init(_ text: String, dotMatchesNewline: Bool) {
    scalars = Array(text.unicodeScalars)
    flags.dotMatchesNewline = dotMatchesNewline
  }

  mutating func parse() throws(Pattern.Fault) -> PatternNode {
    let node = try choice()
    guard position == scalars.count else { throw fault("unexpected )") }
    return node
  }

  private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  private mutating func take(_ text: String) -> Bool {
    guard scalars[position...].starts(with: text.unicodeScalars) else { return false }
    position += text.unicodeScalars.count
    return true
  }

  private func fault(_ what: String, at place: Int? = nil) -> Pattern.Fault {
    Pattern.Fault(offset: scalars[..<(place ?? position)].reduce(0) { $0 + UTF8.width($1) }, what: what)
  }

  private mutating func choice() throws(Pattern.Fault) -> PatternNode {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.depthMax else { throw fault("groups nested more than \(Self.depthMax) deep") }
    var branches = [try sequence()]
    while take("|") { branches.append(try sequence()) }
    return branches.count == 1 ? branches[0] : .choice(branches)
  }

  private mutating func sequence() throws(Pattern.Fault) -> PatternNode {
    var nodes: [PatternNode] = []
    while let scalar = next, scalar != "|", scalar != ")" {
      if take("\\Q") {
        while next != nil, !take("\\E") {
          nodes.append(literal(scalars[position]))
          position += 1
        }
        if let last = nodes.popLast() { nodes.append(try repetitions(of: last)) }
        continue
      }
      guard let node = try atom() else { continue }
      nodes.append(try repetitions(of: node))
    }
    return nodes.isEmpty ? .empty : nodes.count == 1 ? nodes[0] : .sequence(nodes)
  }

  private func literal(_ scalar: Unicode.Scalar) -> PatternNode {
    .scalars(ScalarSet(ranges: [scalar.value...scalar.value], foldsCase: flags.foldsCase))
  }

  /// Nil for flags, which stand for nothing.
  private mutating func atom() throws(Pattern.Fault) -> PatternNode? {
    let scalar = scalars[position]
    switch scalar {
    case "*", "+", "?": throw fault("\(scalar) without something to repeat")
    case "(": return try group()
    case "[": return .scalars(try bracketed())
    case "\\": return try escape()
    default: break
    }
    position += 1
    switch scalar {
    case ".": return .scalars(flags.dotMatchesNewline ? .all : .allButNewline)
    case "^": return .assertion(flags.isMultiline ? .lineStart : .textStart)
    case "$": return .assertion(flags.isMultiline ? .lineEnd : .textEnd)
    default: return literal(scalar)
    }
  }

  // MARK: Repetitions

  private mutating func repetitions(of atom: PatternNode) throws(Pattern.Fault) -> PatternNode {
    var node = atom
    var isRepeated = false
    while let (least, most) = try quantifier() {
      if isRepeated { throw fault("a repetition of a repetition", at: position - 1) }
      let isLazy = take("?") != flags.isLazy
      node = .repeated(node, least: least, most: most, isGreedy: !isLazy)
      isRepeated = true
    }
    return node
  }

  private mutating func quantifier() throws(Pattern.Fault) -> (least: Int, most: Int?)? {
    if take("*") { return (0, nil) }
    if take("+") { return (1, nil) }
    if take("?") { return (0, 1) }
    let start = position
    guard take("{"), let least = number() else {
      position = start
      return nil
    }
    var most: Int? = least
    if take(",") { most = number() }
    guard take("}") else {
      // Not a repetition: RE2 takes the brace for itself.
      position = start
      return nil
    }
    guard least <= Self.repetitionsMax, most.map({ (least...Self.repetitionsMax).contains($0) }) ?? true
    else {
      throw fault("an invalid number of repetitions", at: start)
    }
    return (least, most)
  }

  private mutating func number() -> Int? {
    let start = position
    while let scalar = next, ("0"..."9").contains(scalar), position - start < 5 { position += 1 }
    return Int(String(String.UnicodeScalarView(scalars[start..<position])))
  }

  // MARK: Groups

  private mutating func group() throws(Pattern.Fault) -> PatternNode? {
    let start = position
    position += 1
    let outer = flags
    var index: Int?
    if take("?P<") || take("?<") {
      index = try named()
    } else if take("?") {
      guard try setFlags() else { return nil }
    } else {
      index = names.count
      names.append(nil)
    }
    let inner = try choice()
    guard take(")") else { throw fault("a group that is not closed", at: start) }
    flags = outer
    return index.map { .group(inner, index: $0) } ?? inner
  }

  private mutating func named() throws(Pattern.Fault) -> Int {
    let start = position
    while let scalar = next, ScalarSet.wordCharacters.contains(scalar) { position += 1 }
    let name = String(String.UnicodeScalarView(scalars[start..<position]))
    guard !name.isEmpty, take(">") else { throw fault("an invalid name of a group", at: start) }
    guard !names.contains(name) else { throw fault("a second group named \(name)", at: start) }
    names.append(name)
    return names.count - 1
  }

  /// True when a group follows whose flags these are, false when they hold for the rest of this one.
  private mutating func setFlags() throws(Pattern.Fault) -> Bool {
    var isOn = true
    while let scalar = next {
      position += 1
      switch scalar {
      case "i": flags.foldsCase = isOn
      case "m": flags.isMultiline = isOn
      case "s": flags.dotMatchesNewline = isOn
      case "U": flags.isLazy = isOn
      case "-" where isOn: isOn = false
      case ":": return true
      case ")": return false
      default: throw fault("an unknown flag \(scalar)", at: position - 1)
      }
    }
    throw fault("a group that is not closed")
  }

  // MARK: Escapes and classes

  private mutating func escape() throws(Pattern.Fault) -> PatternNode {
    if take("\\A") { return .assertion(.textStart) }
    if take("\\z") { return .assertion(.textEnd) }
    if take("\\b") { return .assertion(.wordEdge) }
    if take("\\B") { return .assertion(.noWordEdge) }
    if let set = shorthand() { return .scalars(set) }
    return literal(try escapedScalar())
  }

  private mutating func shorthand() -> ScalarSet? {
    let all: [(String, ScalarSet)] = [("d", .digits), ("s", .spaces), ("w", .wordCharacters)]
    for (letter, set) in all {
      if take("\\" + letter) { return set }
      if take("\\" + letter.uppercased()) { return ScalarSet(ranges: set.ranges, isNegated: true) }
    }
    return nil
  }

  private mutating func escapedScalar() throws(Pattern.Fault) -> Unicode.Scalar {
    let start = position
    position += 1
    guard let scalar = next else { throw fault("a \\ at the end", at: start) }
    position += 1
    switch scalar {
    case "a": return "\u{7}"
    case "f": return "\u{C}"
    case "t": return "\t"
    case "n": return "\n"
    case "r": return "\r"
    case "v": return "\u{B}"
    case "x": return try hexadecimal(from: start)
    case "0"..."7": return octal(first: scalar)
    default: break
    }
    guard scalar.isASCII, !ScalarSet.wordCharacters.contains(scalar) else {
      let why =
        scalar == "p" || scalar == "P" ? "classes of Unicode are not supported: \\" : "an unknown escape \\"
      throw fault(why + String(Character(scalar)), at: start)
    }
    return scalar
  }

  private mutating func octal(first: Unicode.Scalar) -> Unicode.Scalar {
    var value = first.value - 0x30
    for _ in 0..<2 {
      guard let digit = next, ("0"..."7").contains(digit) else { break }
      value = value * 8 + digit.value - 0x30
      position += 1
    }
    return Unicode.Scalar(value) ?? "\0"
  }

  private mutating func hexadecimal(from start: Int) throws(Pattern.Fault) -> Unicode.Scalar {
    let isBraced = take("{")
    let digits = scalars[position...].prefix(isBraced ? 6 : 2).prefix { $0.properties.isASCIIHexDigit }
    position += digits.count
    guard isBraced ? take("}") : digits.count == 2,
      let value = UInt32(String(String.UnicodeScalarView(digits)), radix: 16),
      let scalar = Unicode.Scalar(value)
    else { throw fault("an invalid \\x escape", at: start) }
    return scalar
  }

  private mutating func bracketed() throws(Pattern.Fault) -> ScalarSet {
    let start = position
    position += 1
    var set = ScalarSet(ranges: [], foldsCase: flags.foldsCase)
    set.isNegated = take("^")
    var isFirst = true
    while isFirst || next != "]" {
      guard next != nil else { throw fault("a class that is not closed", at: start) }
      isFirst = false
      if let inner = try innerClass() {
        set.ranges += inner.covered
        continue
      }
      let low = try classScalar()
      var high = low
      if next == "-", position + 1 < scalars.count, scalars[position + 1] != "]" {
        position += 1
        high = try classScalar()
        guard low.value <= high.value else { throw fault("a range that ends before it begins") }
      }
      set.ranges.append(low.value...high.value)
    }
    position += 1
    return set
  }

  private mutating func innerClass() throws(Pattern.Fault) -> ScalarSet? {
    if let set = shorthand() { return set }
    let start = position
    guard take("[:") else { return nil }
    let isNegated = take("^")
    let name = scalars[position...].prefix { ScalarSet.wordCharacters.contains($0) }
    position += name.count
    guard take(":]"), let set = ScalarSet.named(String(String.UnicodeScalarView(name))) else {
      throw fault("an unknown class", at: start)
    }
    return ScalarSet(ranges: set.ranges, isNegated: isNegated)
  }

  private mutating func classScalar() throws(Pattern.Fault) -> Unicode.Scalar {
    guard let scalar = next else { throw fault("a class that is not closed") }
    if scalar == "\\" { return try escapedScalar() }
    position += 1
    return scalar
  }
}
