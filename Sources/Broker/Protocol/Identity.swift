// The numbers the protocol names things by, as types of their own.

/// A producer's number, given once by the broker.
public struct ProducerID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
  public var rawValue: Int64
  @inlinable public init(rawValue: Int64) { self.rawValue = rawValue }
  @inlinable public init(_ value: Int64) { rawValue = value }

  /// Kafka's -1: the batch or request comes from no idempotent producer.
  public static let none = ProducerID(-1)

  @inlinable public static func < (a: ProducerID, b: ProducerID) -> Bool { a.rawValue < b.rawValue }
  public var description: String { String(rawValue) }
}

/// Raised each time a producer is initialized anew, so that its older self is fenced.
public struct ProducerEpoch: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
  public var rawValue: Int16
  @inlinable public init(rawValue: Int16) { self.rawValue = rawValue }
  @inlinable public init(_ value: Int16) { rawValue = value }

  /// Kafka's -1: no epoch is known.
  public static let none = ProducerEpoch(-1)

  @inlinable public static func < (a: ProducerEpoch, b: ProducerEpoch) -> Bool { a.rawValue < b.rawValue }
  public var description: String { String(rawValue) }
}

/// A topic's identity (KIP-516): a topic deleted and created again under its old name has another one.
public struct TopicID: Hashable, Sendable {
  public var high: UInt64
  public var low: UInt64

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// All zero: no id is known.
  public static let none = TopicID(high: 0, low: 0)
}

/// The largest leader epoch a broker without peers ever has: nobody else can lead.
public let onlyLeaderEpoch: Int32 = 0

/// Which records a reader may see.
public enum IsolationLevel: Int8, Sendable {
  case readUncommitted = 0
  /// Only below the last stable offset, with the aborted transactions named.
  case readCommitted = 1
}
