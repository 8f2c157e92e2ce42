// The only time a fold sees. The wall clock enters once per epoch, as values that the epoch record keeps:
// where recorded time and the watermark stand at the epoch's end. All in between follows from them and the
// records.
public import Basics

/// A task's recorded time and its watermark: neither goes back, whatever clocks and producers say.
public struct RecordedTime: Hashable, Sendable {
  @usableFromInline var current: Timestamp
  /// Recorded time at the open epoch's end; no record moves it further.
  @usableFromInline var end: Timestamp
  /// The watermark as the previous epoch left it.
  @usableFromInline var watermarkBefore: EventTime
  /// How far behind recorded time the watermark is in the open epoch.
  @usableFromInline var lag_ms: Int64
  /// In what steps the watermark follows recorded time.
  @usableFromInline var step_ms: Int64 = 1

  /// An epoch of a backlog may span months. What a processor emits when an epoch closes would then be
  /// stamped months behind what it is about, and come too late for whoever reads it; so recorded time is cut
  /// into slots of this length, about as long as the shortest pane, and a processor is closed at the end of
  /// each.
  static let slot_ms: Int64 = 10_000

  /// How long after it happened an event may be stamped and still be in time for its window.
  static let lateness = Duration.seconds(5)

  /// Before a first epoch.
  init() { self.init(.zero, Self.watermark(behind: .zero)) }

  /// As the previous epoch left it.
  init(_ previous: Timestamp, _ watermark: EventTime) {
    current = previous
    end = previous
    watermarkBefore = watermark
    lag_ms = previous.rawValue &- watermark.rawValue
  }

  @inlinable public var now: Timestamp { current }

  @inlinable public var watermark: EventTime {
    let time = step_ms == 1 ? current.rawValue : current.rawValue &- current.rawValue % step_ms
    return max(watermarkBefore, EventTime(milliseconds: time &- lag_ms))
  }

  /// The watermark of a task whose inputs all come from outside: its recorded time never passes a record that
  /// is there, so all that can still come late is what was stamped late.
  static func watermark(behind time: Timestamp) -> EventTime {
    EventTime(milliseconds: (time - lateness).rawValue)
  }

  /// Begins an epoch that ends at this time and with this watermark; where they would go back, they stay.
  /// What tasks wrote about a slot is stamped in it, but anywhere: behind tasks the watermark follows slot by
  /// slot.
  mutating func openEpoch(end: Timestamp, watermark: EventTime, isBehindTasks: Bool = false) {
    self.end = max(current, end)
    watermarkBefore = self.watermark
    let after = max(watermarkBefore, watermark)
    lag_ms = self.end.rawValue &- after.rawValue
    step_ms = isBehindTasks ? Self.slot_ms : 1
  }

  /// The last record is folded: nothing more is to come of the time that follows.
  @usableFromInline mutating func allRead() { step_ms = 1 }

  /// What recorded time becomes when a record of this timestamp is folded.
  @inlinable @inline(__always)
  func reached(by timestamp: Timestamp) -> Timestamp { max(current, min(timestamp, end)) }

  @inlinable @inline(__always)
  mutating func advance(to timestamp: Timestamp) { current = reached(by: timestamp) }

  /// After the last record.
  mutating func closeEpoch() { current = end }
}
