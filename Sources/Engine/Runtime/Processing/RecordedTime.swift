// The only time a fold sees. The wall clock enters once per epoch, as a value that the epoch record keeps.
public import Basics

/// A task's recorded time: never goes back, whatever clocks and producers say.
public struct RecordedTime: Hashable, Sendable {
  @usableFromInline var current: Timestamp
  /// Recorded time at the open epoch's end; no record moves it further.
  @usableFromInline var end: Timestamp

  /// Recorded time as the previous epoch left it.
  init(_ previous: Timestamp) {
    current = previous
    end = previous
  }

  @inlinable public var now: Timestamp { current }

  /// Begins an epoch while the wall clock shows `wallClock`.
  mutating func openEpoch(wallClock: Timestamp) { end = max(current, wallClock) }

  /// Moves to a record's time, before it is folded.
  @inlinable @inline(__always)
  mutating func advance(to timestamp: Timestamp) { current = max(current, min(timestamp, end)) }

  /// After the last record.
  mutating func closeEpoch() { current = end }
}
