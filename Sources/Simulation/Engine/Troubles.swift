// What may go wrong in a life of the engine, by family, so that a failing life can be narrowed down by
// leaving families out.
internal import Basics

/// Families of faults.
public struct Troubles: OptionSet, Hashable, Sendable {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// Requests and answers that are lost, and requests that arrive long after their sender gave up.
  public static let network = Troubles(rawValue: 1 << 0)
  /// Commits and aborts that come back as timeouts or fatal errors, whether they happened or not.
  public static let doubt = Troubles(rawValue: 1 << 1)
  /// Coordinators that are loading, full queues, answers that ask for patience.
  public static let patience = Troubles(rawValue: 1 << 2)
  /// Processes that die at any call.
  public static let crashes = Troubles(rawValue: 1 << 3)
  /// Processes, or their threads, or their group membership, that stand still and go on as if nothing was.
  public static let pauses = Troubles(rawValue: 1 << 4)
  /// A second process in a worker's place while the first is only paused.
  public static let doubles = Troubles(rawValue: 1 << 5)
  /// Brokers that restart, with the loss of everything not synced.
  public static let brokers = Troubles(rawValue: 1 << 6)
  /// Wall clocks that jump and differ.
  public static let clocks = Troubles(rawValue: 1 << 7)
  /// Producers of inputs that abort, and that leave transactions open.
  public static let writers = Troubles(rawValue: 1 << 8)
  /// Workers that are told to stop, and come again.
  public static let stops = Troubles(rawValue: 1 << 9)

  public static let all = Troubles(rawValue: 1 << 10 - 1)

  /// About half of the families; now and then none.
  static func some(_ random: inout SeededRandom) -> Troubles {
    Troubles(rawValue: Int(truncatingIfNeeded: random.next())).intersection(.all)
  }
}

/// What is broken on purpose, to see that the checks notice.
public enum EngineSabotage: String, Sendable, CaseIterable {
  /// Offsets go into transactions without saying for which member of which generation.
  case unfencedOffsets
  /// Committed offsets are given out while a transaction that changes them is open.
  case unstableOffsets
  /// A transaction that was aborted is reported as committed.
  case lostCommit
  /// Inputs are read with the records of aborted transactions.
  case uncommittedReads
  /// A late answer makes the producer send its records twice.
  case repeatedRecords
}
