// The count of an epoch's records: nothing that was read vanishes. Each record has exactly one verdict, so
// the ledger balances by construction; it is checked again before it is published and after it is read.

/// Why a record was not folded. Processors add reasons of their own; a name is lower case with hyphens.
public struct SetAsideReason: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
  public var rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  public static let late = SetAsideReason(rawValue: "late")
  public static let duplicate = SetAsideReason(rawValue: "duplicate")
  public static let undecodable = SetAsideReason(rawValue: "undecodable")
  public static let invalid = SetAsideReason(rawValue: "invalid")
  /// Something the record would have made is larger than its topic takes.
  public static let tooLarge = SetAsideReason(rawValue: "too-large")
  /// The record would have made a value of a store larger than its changelog takes.
  public static let stateTooLarge = SetAsideReason(rawValue: "state-too-large")

  public static func < (a: SetAsideReason, b: SetAsideReason) -> Bool { a.rawValue < b.rawValue }
  public var description: String { rawValue }
}

/// What became of one record: exactly one of these.
public enum Verdict: Hashable, Sendable {
  case folded
  /// Sent on to the task that owns its key.
  case forwarded
  case setAside(SetAsideReason)
}

/// How many records of one input partition were read in an epoch, and what became of them.
public struct Ledger: Hashable, Sendable {
  public private(set) var read: Int64 = 0
  public private(set) var folded: Int64 = 0
  public private(set) var forwarded: Int64 = 0
  public private(set) var setAside: [SetAsideReason: Int64] = [:]

  public init() {}

  /// nil unless the counts balance: read = folded + forwarded + set aside, none negative.
  public init?(read: Int64, folded: Int64, forwarded: Int64, setAside: [SetAsideReason: Int64]) {
    (self.read, self.folded, self.forwarded, self.setAside) = (read, folded, forwarded, setAside)
    guard isBalanced else { return nil }
  }

  public mutating func countFolded(_ records: Int) {
    read += Int64(records)
    folded += Int64(records)
  }

  public mutating func count(_ verdict: Verdict) {
    read += 1
    switch verdict {
    case .folded: folded += 1
    case .forwarded: forwarded += 1
    case .setAside(let reason): setAside[reason, default: 0] += 1
    }
  }

  public var isBalanced: Bool {
    var rest = read
    for part in [folded, forwarded] + setAside.values {
      guard part >= 0, part <= rest else { return false }
      rest -= part
    }
    return rest == 0
  }

  public static func + (a: Ledger, b: Ledger) -> Ledger {
    var sum = a
    sum.read += b.read
    sum.folded += b.folded
    sum.forwarded += b.forwarded
    sum.setAside.merge(b.setAside, uniquingKeysWith: +)
    return sum
  }
}
