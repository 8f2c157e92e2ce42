// What a regular expression says, as a tree.

indirect enum PatternNode: Sendable {
  case empty
  case scalars(ScalarSet)
  case sequence([PatternNode])
  case choice([PatternNode])
  /// Between `least` and `most` times, without end when nil; as many as possible when greedy.
  case repeated(PatternNode, least: Int, most: Int?, isGreedy: Bool)
  case group(PatternNode, index: Int)
  case assertion(Assertion)

  enum Assertion: Sendable { case textStart, textEnd, lineStart, lineEnd, wordEdge, noWordEdge }

  /// The few texts that match, when that is all there is to it.
  var words: [String]? {
    switch self {
    case .empty: return [""]
    case .scalars(let set): return set.single.map { [String(Character($0))] }
    case .group(let node, _): return node.words
    case .choice(let nodes):
      var all: [String] = []
      for node in nodes {
        guard let words = node.words else { return nil }
        all += words
      }
      return all
    case .sequence(let nodes):
      var word = ""
      for node in nodes {
        guard let words = node.words, words.count == 1 else { return nil }
        word.unicodeScalars.append(contentsOf: words[0].unicodeScalars)
      }
      return [word]
    case .repeated, .assertion: return nil
    }
  }
}

/// A set of Unicode scalars, as a class in brackets says it.
struct ScalarSet: Sendable {
  var ranges: [ClosedRange<UInt32>]
  var isNegated = false
  /// Upper and lower case are one.
  var foldsCase = false

  var single: Unicode.Scalar? {
    guard ranges.count == 1, ranges[0].lowerBound == ranges[0].upperBound, !isNegated, !foldsCase else {
      return nil
    }
    return Unicode.Scalar(ranges[0].lowerBound)
  }

  func contains(_ scalar: Unicode.Scalar) -> Bool {
    let isIn = covers(scalar.value) || (foldsCase && otherCases(of: scalar).contains(where: covers))
    return isIn != isNegated
  }

  private func covers(_ value: UInt32) -> Bool { ranges.contains { $0.contains(value) } }

  private func otherCases(of scalar: Unicode.Scalar) -> [UInt32] {
    [scalar.properties.lowercaseMapping, scalar.properties.uppercaseMapping].compactMap {
      let mapped = $0.unicodeScalars
      return mapped.count == 1 ? mapped.first?.value : nil
    }
  }

  static let digits = ScalarSet(ranges: [0x30...0x39])
  static let spaces = ScalarSet(ranges: [0x09...0x0A, 0x0C...0x0D, 0x20...0x20])
  static let wordCharacters = ScalarSet(ranges: [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
  static let all = ScalarSet(ranges: [0...0x10FFFF])
  static let allButNewline = ScalarSet(ranges: [0x0A...0x0A], isNegated: true)

  /// The ranges that it covers, negation carried out.
  var covered: [ClosedRange<UInt32>] {
    guard isNegated else { return ranges }
    var (covered, next): ([ClosedRange<UInt32>], UInt32) = ([], 0)
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if range.lowerBound > next { covered.append(next...(range.lowerBound - 1)) }
      next = max(next, range.upperBound + 1)
    }
    if next <= 0x10FFFF { covered.append(next...0x10FFFF) }
    return covered
  }

  /// `[[:alpha:]]` and its kin.
  static func named(_ name: String) -> ScalarSet? {
    switch name {
    case "alnum": ScalarSet(ranges: [0x30...0x39, 0x41...0x5A, 0x61...0x7A])
    case "alpha": ScalarSet(ranges: [0x41...0x5A, 0x61...0x7A])
    case "ascii": ScalarSet(ranges: [0...0x7F])
    case "blank": ScalarSet(ranges: [0x09...0x09, 0x20...0x20])
    case "cntrl": ScalarSet(ranges: [0...0x1F, 0x7F...0x7F])
    case "digit": .digits
    case "graph": ScalarSet(ranges: [0x21...0x7E])
    case "lower": ScalarSet(ranges: [0x61...0x7A])
    case "print": ScalarSet(ranges: [0x20...0x7E])
    case "punct": ScalarSet(ranges: [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E])
    case "space": ScalarSet(ranges: [0x09...0x0D, 0x20...0x20])
    case "upper": ScalarSet(ranges: [0x41...0x5A])
    case "word": .wordCharacters
    case "xdigit": ScalarSet(ranges: [0x30...0x39, 0x41...0x46, 0x61...0x66])
    default: nil
    }
  }
}
