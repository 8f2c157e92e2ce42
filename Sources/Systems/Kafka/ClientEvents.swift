// What a client tells besides the answers to calls: log lines, statistics, errors of its connections.

/// Where a client's own news goes. A client that is given none of these is silent: nothing goes to standard
/// error.
public struct ClientEvents {
  /// A line of librdkafka's log, with syslog's severity: 7 debug, 6 info, 5 notice, 4 warning, 3 and below
  /// error.
  public struct LogLine: Sendable {
    public var severity: Int
    /// What kind of line it is: `FAIL`, `REBALANCE`.
    public var facility: String
    public var message: String
  }

  /// Called on librdkafka's own threads.
  public var log: (@Sendable (LogLine) -> Void)?
  /// Called on the client's thread, inside a call that serves it: librdkafka's statistics as JSON text, every
  /// `statistics.interval.ms`.
  public var statistics: ((RawSpan) -> Void)?
  /// Called on the client's thread, inside a call that serves it: trouble that librdkafka goes on to mend by
  /// itself, or a fatal error.
  public var error: ((KafkaError) -> Void)?

  public init(
    log: (@Sendable (LogLine) -> Void)? = nil, statistics: ((RawSpan) -> Void)? = nil,
    error: ((KafkaError) -> Void)? = nil
  ) {
    self.log = log
    self.statistics = statistics
    self.error = error
  }
}
