// What a worker tells of itself and its tasks: immutable values, made once a turn at most.
public import Basics

/// A task as it stands.
public struct TaskStatus: Hashable, Sendable {
  public enum State: Hashable, Sendable {
    /// Filling its stores: how many changelog records so far, and how many a second.
    case restoring(records: Int64, perSecond: Double)
    /// Between owners, or finding its place in the epoch log.
    case rebalancing
    case running
    /// Waits for a person, for this reason.
    case stalled(String)
    /// Its worker has ended because another runs under the same instance id.
    case fenced
  }

  public var task: TaskID
  public var state: State
  /// The last epoch known to be committed.
  public var epoch: Epoch?
  /// At that epoch's end: nothing earlier is expected any more.
  public var watermark: EventTime?
  /// When this worker last saw a commit of it.
  public var lastCommit: Timestamp?
  /// How many offsets its inputs hold that it has not read; nil until that is known.
  public var lagRecords: Int64?
  /// How old the last record it has read is, while more wait; zero when none do.
  public var lagTime: Duration?
  /// While it is restoring: how many offsets of its changelogs are left, at most as many records; nil until
  /// that is known.
  public var restoreLeft: Int64?
  /// While it is restoring: why the state on disk could not be carried on; nil when there was none, or when
  /// it only lacked the last changes.
  public var restoreReason: String?
  /// While it is running: what its epochs or its time wait for, other than records; nil when for nothing.
  public var waitsFor: String?
}

/// A worker as it stands.
public struct WorkerStatus: Hashable, Sendable {
  public enum State: Hashable, Sendable {
    case running
    /// Committing what is open before it ends.
    case stopping
    case stopped
    /// Another worker runs under this one's instance id.
    case fenced(String)
    /// It could not begin, for this reason.
    case failed(String)
  }

  public var worker: Int
  public var state: State
  /// In order of their names.
  public var tasks: [TaskStatus]
  /// The trouble with Kafka that it is waiting out; nil when all is well.
  public var trouble: String?
}
