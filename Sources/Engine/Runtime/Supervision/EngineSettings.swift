// How the engine runs, apart from what it runs.

/// The limits and intervals of every worker; the defaults suit two cores and a broker nearby.
public struct EngineSettings: Sendable {
  /// A commit costs a few milliseconds whatever is in it; below this interval commits would be most of the
  /// work.
  public var commitIntervalMin: Duration = .milliseconds(20)
  /// While inputs keep coming, an epoch is closed after this at the latest.
  public var commitIntervalMax: Duration = .milliseconds(100)
  /// How many records of one task an epoch holds at most: about as many as are folded within
  /// `commitIntervalMax`.
  public var recordsPerEpochMax = 20_000
  /// How many bytes of one task's records an epoch holds at most, about, so that memory is bounded by tasks.
  public var bytesPerEpochMax = 16 << 20
  /// A transaction not yet offered for commit after this is aborted; below the brokers'
  /// `transaction.timeout.ms` of 10 s.
  public var transactionTimeMax: Duration = .seconds(8)
  /// How long to leave Kafka alone after it asked to try again.
  public var retryInterval: Duration = .milliseconds(50)
  /// How long a worker rests at most, so that its group membership and its mailbox are served.
  public var idleWaitMax: Duration = .milliseconds(50)
  /// The changelogs' `delete.retention.ms`: rows older than half of it may have missed a deletion.
  public var tombstoneRetention: Duration = .seconds(7 * 24 * 3600)

  public init() {}
}
