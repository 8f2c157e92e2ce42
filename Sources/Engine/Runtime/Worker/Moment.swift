// The clock as a worker is given it, once a turn.
public import Basics

/// One reading of both clocks.
public struct Moment: Hashable, Sendable {
  /// What people call now; may jump.
  public var wallClock: Timestamp
  /// Since some fixed point; never goes back.
  public var uptime: Duration

  public init(wallClock: Timestamp, uptime: Duration) {
    self.wallClock = wallClock
    self.uptime = uptime
  }
}
