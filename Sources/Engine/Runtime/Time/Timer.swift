// What a fold leaves to be called about later: a moment in recorded time, and a name.
public import Basics

/// A timer's name within its task: a fold sets, moves and cancels a timer by it, and is told it when the
/// timer fires. Timers that are due together fire in the order of their names' bytes.
public struct TimerID: Hashable, Comparable, StorableKey {
  public let bytes: [UInt8]

  @inlinable public init(_ bytes: [UInt8]) { self.bytes = bytes }

  @inlinable public init(_ text: String) { bytes = Array(text.utf8) }

  @inlinable public static func < (a: TimerID, b: TimerID) -> Bool {
    a.bytes.lexicographicallyPrecedes(b.bytes)
  }

  @inlinable public func store(into bytes: inout [UInt8]) { bytes.append(contentsOf: self.bytes) }

  public init?(stored bytes: RawSpan) { self.bytes = bytes.copied }
}

/// A timer: fires once when recorded time reaches `due`.
public struct Timer: Hashable, Comparable, Sendable {
  public var due: Timestamp
  public var id: TimerID

  public init(due: Timestamp, id: TimerID) {
    self.due = due
    self.id = id
  }

  public static func < (a: Timer, b: Timer) -> Bool { a.due == b.due ? a.id < b.id : a.due < b.due }
}
