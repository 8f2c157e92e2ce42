// A regular expression as instructions for many threads in step (Thompson; Pike's captures as Russ Cox
// describes them in "Regular Expression Matching: the Virtual Machine Approach").

struct PatternProgram: Sendable {
  enum Instruction: Sendable {
    case scalar(Unicode.Scalar)
    case set(ScalarSet)
    /// Goes on at both, the first with priority.
    case split(Int, Int)
    case jump(Int)
    case save(slot: Int)
    case assert(PatternNode.Assertion)
    case match
  }

  /// Repetitions of repetitions multiply; this many hold any pattern that a person writes.
  private static let instructionsMax = 20_000

  private(set) var instructions: [Instruction] = []
  let names: [String?]

  init(_ node: PatternNode, names: [String?], textLength: Int) throws(Pattern.Fault) {
    self.names = names
    do throws(TooLarge) {
      try emit(.group(node, index: 0))
      try append(.match)
    } catch {
      throw Pattern.Fault(
        offset: textLength, what: "more than \(Self.instructionsMax) steps when written out")
    }
  }

  private struct TooLarge: Error {}

  private mutating func append(_ instruction: Instruction) throws(TooLarge) {
    guard instructions.count < Self.instructionsMax else { throw TooLarge() }
    instructions.append(instruction)
  }

  private mutating func emit(_ node: PatternNode) throws(TooLarge) {
    switch node {
    case .empty: return
    case .scalars(let set): try append(set.single.map { .scalar($0) } ?? .set(set))
    case .assertion(let kind): try append(.assert(kind))
    case .sequence(let nodes): for node in nodes { try emit(node) }
    case .group(let inner, let index):
      try append(.save(slot: 2 * index))
      try emit(inner)
      try append(.save(slot: 2 * index + 1))
    case .choice(let nodes): try emitChoice(nodes)
    case .repeated(let inner, let least, let most, let isGreedy):
      for _ in 0..<least { try emit(inner) }
      guard let most else { return try emitLoop(inner, isGreedy: isGreedy) }
      try emitOptional(inner, count: most - least, isGreedy: isGreedy)
    }
  }

  private mutating func emitChoice(_ nodes: [PatternNode]) throws(TooLarge) {
    var jumps: [Int] = []
    for (index, node) in nodes.enumerated() {
      guard index + 1 < nodes.count else {
        try emit(node)
        break
      }
      let split = instructions.count
      try append(.match)
      try emit(node)
      jumps.append(instructions.count)
      try append(.match)
      instructions[split] = .split(split + 1, instructions.count)
    }
    for jump in jumps { instructions[jump] = .jump(instructions.count) }
  }

  private mutating func emitLoop(_ node: PatternNode, isGreedy: Bool) throws(TooLarge) {
    let split = instructions.count
    try append(.match)
    try emit(node)
    try append(.jump(split))
    instructions[split] =
      isGreedy ? .split(split + 1, instructions.count) : .split(instructions.count, split + 1)
  }

  private mutating func emitOptional(_ node: PatternNode, count: Int, isGreedy: Bool) throws(TooLarge) {
    var splits: [Int] = []
    for _ in 0..<count {
      splits.append(instructions.count)
      try append(.match)
      try emit(node)
    }
    for split in splits {
      instructions[split] =
        isGreedy ? .split(split + 1, instructions.count) : .split(instructions.count, split + 1)
    }
  }
}
