// What an executor has done and what it still has to do: pure, so that a test needs no broker. Its lines on
// disk are what makes acting twice impossible.
import Basics

/// What became of a decision.
enum ExecutedStatus: String { case applied, failed, skipped }

/// Decisions taken from the topics, told apart into those to act on and those to refuse.
struct ExecutorLedger {
  /// Ids that need nothing more.
  private(set) var settled: Set<String> = []
  /// The last decision applied, by deployment.
  private(set) var standing: [String: ExecutedDecision] = [:]
  /// By name, as the last applied decision that names it wants it.
  private(set) var flags: [String: Bool] = [:]
  private var waiting: [ExecutedDecision] = []

  enum Step: Equatable {
    case act(ExecutedDecision)
    case refuse(ExecutedDecision, because: String)
  }

  /// A decision from a topic. One that is settled or waits already is the same decision again.
  mutating func take(_ decision: ExecutedDecision) {
    guard !decision.isHold, !settled.contains(decision.id), !waiting.contains(where: { $0.id == decision.id })
    else { return }
    waiting.append(decision)
  }

  /// What to do now, rollbacks first. Of a deployment's decisions only the newest is acted on: what it says
  /// is where the deployment ought to be, whatever came between.
  func steps() -> [Step] {
    var acts: [ExecutedDecision] = []
    var refusals: [Step] = []
    for decision in waiting {
      if decision.isDrill {
        acts.append(decision)
        continue
      }
      let rivals = waiting.filter { $0.key == decision.key && !$0.isDrill }
      if let stands = standing[decision.key], decision.revision < stands.revision {
        refusals.append(.refuse(decision, because: "revision \(stands.revision) has been applied"))
      } else if let stands = standing[decision.key], decision.sequence <= stands.sequence {
        refusals.append(.refuse(decision, because: "decision \(stands.sequence) has been applied"))
      } else if let newer = rivals.filter({ $0.sequence > decision.sequence }).max(by: {
        $0.sequence < $1.sequence
      }) {
        refusals.append(.refuse(decision, because: "decision \(newer.sequence) takes its place"))
      } else {
        acts.append(decision)
      }
    }
    let ordered = acts.filter(\.isRollback) + acts.filter { !$0.isRollback }
    return ordered.map { .act($0) } + refusals
  }

  /// Takes down what became of a decision. One that failed stays to be tried again.
  mutating func settle(_ decision: ExecutedDecision, _ status: ExecutedStatus) {
    guard status != .failed else { return }
    settled.insert(decision.id)
    waiting.removeAll { $0.id == decision.id }
    guard status == .applied, !decision.isDrill else { return }
    standing[decision.key] = decision
    for (name, isOn) in decision.flags { flags[name] = isOn }
  }
}

// MARK: - On disk

extension ExecutorLedger {
  /// One line a settled decision.
  static func line(_ decision: ExecutedDecision, _ status: ExecutedStatus) -> [UInt8] {
    Array("{\"status\":\"\(status.rawValue)\",\"decision\":".utf8) + decision.json + Array("}\n".utf8)
  }

  /// The ledger that these lines leave. A last line without an end was cut off by a crash: it is not there.
  init(lines bytes: [UInt8]) {
    var rest = bytes[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      let line = rest[..<end]
      rest = rest[(end + 1)...]
      let opening = Array("{\"status\":\"".utf8)
      guard line.starts(with: opening) else { continue }
      let tail = line.dropFirst(opening.count)
      let name = String(decoding: tail.prefix { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
      let middle = Array("\",\"decision\":".utf8)
      let json = tail.dropFirst(name.utf8.count + middle.count).dropLast()
      guard let status = ExecutedStatus(rawValue: name), let decision = ExecutedDecision(Array(json)) else {
        continue
      }
      settle(decision, status)
    }
  }
}
