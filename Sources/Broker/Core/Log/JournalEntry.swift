// What the journal says, in the store's own words. Everything else that the broker remembers is `state`,
// which only the broker's core can read.
public import Basics
public import BrokerProtocol

/// One partition of one incarnation of a topic: never given twice, so that a topic created again finds no old
/// records.
public struct LogID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
  public var rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
  public init(_ value: UInt64) { rawValue = value }

  public static func < (a: LogID, b: LogID) -> Bool { a.rawValue < b.rawValue }
  public var description: String { String(rawValue) }
}

/// The number of a frame, counted from 1 in a data folder's life. An answer that depends on a frame may leave
/// once `LogStore.durable` has reached it.
public struct JournalPosition: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
  public var rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
  public init(_ value: UInt64) { rawValue = value }

  /// Before the first frame.
  public static let zero = JournalPosition(0)

  public static func < (a: JournalPosition, b: JournalPosition) -> Bool { a.rawValue < b.rawValue }
  public var next: JournalPosition { JournalPosition(rawValue + 1) }
  public var description: String { String(rawValue) }
}

public enum JournalEntry: Sendable {
  /// The batch's base offset is the log's end.
  case append(LogID, RecordBatch)
  /// The log now starts at the offset (at most its end); segments wholly below it go.
  case trim(LogID, below: Offset)
  /// The log's next batch begins a new segment, so that what stands now can be compacted or deleted.
  case roll(LogID)
  /// A compaction's result takes the place of what it was made from; see `CompactionJob`.
  case replace(LogID, SegmentReplacement)
  case create(LogID)
  case remove(LogID)
  /// A change of the core's state, opaque to the store.
  case state(ByteSlice)
}
