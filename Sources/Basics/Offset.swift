// Where a record stands: offset, partition, topic. Distinct types, so that one can never be passed for the
// other.

/// A record's position in its partition, counted from 0; never reused, even when the record is deleted.
public struct Offset: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
  public var rawValue: Int64
  @inlinable public init(rawValue: Int64) { self.rawValue = rawValue }
  @inlinable public init(_ value: Int64) { rawValue = value }

  public static let zero = Offset(0)
  /// Kafka's -1: no offset is known.
  public static let none = Offset(-1)

  @inlinable public static func < (a: Offset, b: Offset) -> Bool { a.rawValue < b.rawValue }
  @inlinable public static func + (a: Offset, count: Int64) -> Offset { Offset(a.rawValue + count) }
  @inlinable public static func - (a: Offset, b: Offset) -> Int64 { a.rawValue - b.rawValue }
  @inlinable public var next: Offset { Offset(rawValue + 1) }

  public var description: String { String(rawValue) }
}

/// A partition's number within its topic, counted from 0.
public struct PartitionID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
  public var rawValue: Int32
  @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
  @inlinable public init(_ value: Int32) { rawValue = value }

  @inlinable public static func < (a: PartitionID, b: PartitionID) -> Bool { a.rawValue < b.rawValue }

  public var description: String { String(rawValue) }
}

/// One partition of one topic, ordered by name, then number.
public struct TopicPartition: Hashable, Comparable, Sendable, CustomStringConvertible {
  public var topic: String
  public var partition: PartitionID

  @inlinable public init(topic: String, partition: PartitionID) {
    self.topic = topic
    self.partition = partition
  }

  @inlinable public static func < (a: TopicPartition, b: TopicPartition) -> Bool {
    a.topic == b.topic ? a.partition < b.partition : a.topic < b.topic
  }

  /// `topic/partition`, as diagnostics show it.
  public var description: String { "\(topic)/\(partition)" }
}
