// What a replay of a task found out, as a value; how it is written down stands in `ReplayResult+Text.swift`
// and `ReplayResult+JSON.swift`.
public import Basics
public import Runtime

/// A task's past, recomputed.
public struct ReplayResult: Sendable {
  public enum Verdict: Sendable {
    /// Every epoch compared has the recorded hashes.
    case identical
    /// The first epoch that has not.
    case different(EpochDifference)
    /// Why nothing can be said from some epoch on.
    case unknown(Reason)
  }

  /// Why a replay ends without a verdict.
  public enum Reason: Sendable {
    /// The task has committed no epoch, or none from the one asked for on.
    case nothingRecorded
    /// The epoch log itself begins later; the state before cannot be made again.
    case logCut(first: Epoch)
    case missing(Missing)
    /// An epoch read other partitions than the processor reads today.
    case otherInputs(Epoch)
    /// An epoch differs, but other code had already left another state at the epoch `since`.
    case otherCode(at: Epoch, since: Epoch)
  }

  /// Records that an epoch read and that are not there any more.
  public struct Missing: Hashable, Sendable {
    public var epoch: Epoch
    public var partition: TopicPartition
    public var first: Offset
    public var next: Offset
    /// How many records the epoch read of the range, and how many there are today.
    public var read: Int64
    public var found: Int64
    /// The first offset that is still there.
    public var earliest: Offset
  }

  /// Epochs in a row that other code, or the same with another configuration built in, has folded.
  public struct OtherCode: Hashable, Sendable {
    public var codeHash: UInt64
    public var epochs: ClosedRange<Epoch>
    /// How many of them have the same outputs and state changes nevertheless.
    public var same: Int64
  }

  public var task: TaskID
  public var codeHash: UInt64
  /// How many epochs were folded, and how many of them compared.
  public var folded: Int64 = 0
  public var compared: Int64 = 0
  public var records: Int64 = 0
  public var first: Epoch?
  public var last: Epoch?
  /// Recorded time before the first epoch folded that had one, and after the last.
  public var begin: Timestamp?
  public var end: Timestamp?
  public var otherCode: [OtherCode] = []
  /// The first epoch whose inputs are all still there, when earlier ones' are not, and recorded time before
  /// it: from here on the past can be asked.
  public var retainedFrom: (epoch: Epoch, time: Timestamp)?
  public var verdict = Verdict.identical

  init(_ task: TaskID, codeHash: UInt64) {
    self.task = task
    self.codeHash = codeHash
  }

  /// How much recorded time was folded.
  public var span: Duration {
    guard let begin, let end else { return .zero }
    return max(.zero, end - begin)
  }
}

/// How far a replay has come.
public struct ReplayProgress: Sendable {
  public var task: TaskID
  public var epoch: Epoch
  /// From 0 to 1, by the epoch log.
  public var share: Double
  public var records: Int64
  public var span: Duration
}
