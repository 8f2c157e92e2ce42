// Runs a program over a text: every thread is at one instruction, and no two are at the same one, so a
// scalar of the text costs at most one visit of each instruction.

struct PatternMachine {
  private struct Thread {
    var instruction: Int
    var slots: [Int]
  }

  private let program: PatternProgram
  private let scalars: [Unicode.Scalar]
  /// By instruction: the step at which a thread was last put there.
  private var visited: [Int]
  private var step = 0

  init(_ program: PatternProgram, _ scalars: [Unicode.Scalar]) {
    self.program = program
    self.scalars = scalars
    visited = [Int](repeating: 0, count: program.instructions.count)
  }

  /// Whether all of the text matches: without slots, which costs a tenth.
  mutating func acceptsWhole() -> Bool {
    var threads: [Int] = []
    step += 1
    spread(0, at: 0, into: &threads)
    for (position, scalar) in scalars.enumerated() {
      var following: [Int] = []
      step += 1
      for thread in threads where accepts(program.instructions[thread], scalar) {
        spread(thread + 1, at: position + 1, into: &following)
      }
      if following.isEmpty { return false }
      threads = following
    }
    return threads.contains { if case .match = program.instructions[$0] { true } else { false } }
  }

  /// The slots of the leftmost match that begins at `start` or later, of all that begin there the one
  /// with the highest priority; -1 where a group took no part. `wholeOnly`: all of the text or nothing.
  mutating func match(from start: Int, wholeOnly: Bool) -> [Int]? {
    var threads: [Thread] = []
    var found: [Int]?
    for position in start...max(start, scalars.count) {
      if position == start { step += 1 }
      if found == nil, position == start || !wholeOnly {
        let slots = [Int](repeating: -1, count: 2 * program.names.count)
        spread(Thread(instruction: 0, slots: slots), at: position, into: &threads)
      }
      if threads.isEmpty, found != nil || wholeOnly { break }
      var following: [Thread] = []
      step += 1
      for thread in threads {
        let instruction = program.instructions[thread.instruction]
        if case .match = instruction {
          if wholeOnly, position < scalars.count { continue }
          found = thread.slots
          break
        }
        guard position < scalars.count, accepts(instruction, scalars[position]) else { continue }
        let next = Thread(instruction: thread.instruction + 1, slots: thread.slots)
        spread(next, at: position + 1, into: &following)
      }
      threads = following
    }
    return found
  }

  private func accepts(_ instruction: PatternProgram.Instruction, _ scalar: Unicode.Scalar) -> Bool {
    switch instruction {
    case .scalar(let wanted): scalar == wanted
    case .set(let set): set.contains(scalar)
    default: false
    }
  }

  /// Follows what needs no scalar, by priority, and puts a thread at each instruction that needs one. A
  /// stack of its own: programs are longer than a thread's stack is deep.
  private mutating func spread(_ thread: Thread, at position: Int, into threads: inout [Thread]) {
    var waiting = [thread]
    while var thread = waiting.popLast() {
      guard visited[thread.instruction] != step else { continue }
      visited[thread.instruction] = step
      switch program.instructions[thread.instruction] {
      case .jump(let target):
        thread.instruction = target
        waiting.append(thread)
      case .split(let first, let second):
        waiting.append(Thread(instruction: second, slots: thread.slots))
        waiting.append(Thread(instruction: first, slots: thread.slots))
      case .save(let slot):
        thread.instruction += 1
        thread.slots[slot] = position
        waiting.append(thread)
      case .assert(let kind):
        guard holds(kind, at: position) else { continue }
        thread.instruction += 1
        waiting.append(thread)
      case .scalar, .set, .match: threads.append(thread)
      }
    }
  }

  private mutating func spread(_ instruction: Int, at position: Int, into threads: inout [Int]) {
    var waiting = [instruction]
    while let instruction = waiting.popLast() {
      guard visited[instruction] != step else { continue }
      visited[instruction] = step
      switch program.instructions[instruction] {
      case .jump(let target): waiting.append(target)
      case .split(let first, let second):
        waiting.append(second)
        waiting.append(first)
      case .save: waiting.append(instruction + 1)
      case .assert(let kind): if holds(kind, at: position) { waiting.append(instruction + 1) }
      case .scalar, .set, .match: threads.append(instruction)
      }
    }
  }

  private func holds(_ assertion: PatternNode.Assertion, at position: Int) -> Bool {
    let before = position > 0 ? scalars[position - 1] : nil
    let after = position < scalars.count ? scalars[position] : nil
    func isWord(_ scalar: Unicode.Scalar?) -> Bool { scalar.map(ScalarSet.wordCharacters.contains) ?? false }
    switch assertion {
    case .textStart: return before == nil
    case .textEnd: return after == nil
    case .lineStart: return before == nil || before == "\n"
    case .lineEnd: return after == nil || after == "\n"
    case .wordEdge: return isWord(before) != isWord(after)
    case .noWordEdge: return isWord(before) == isWord(after)
    }
  }
}
