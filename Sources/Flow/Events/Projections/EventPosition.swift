// Where an event stands: what leads from a projection back to the log.
public import Basics

/// A record's topic, partition and offset.
public struct EventPosition: Hashable, Sendable {
  public var partition: TopicPartition
  public var offset: Offset

  public init(_ partition: TopicPartition, _ offset: Offset) {
    self.partition = partition
    self.offset = offset
  }
}

extension EventPosition: Storable {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(countedText: partition.topic)
    bytes.append(littleEndian: partition.partition.rawValue)
    bytes.append(littleEndian: offset.rawValue)
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let position = reader.eventPosition(), reader.isAtEnd else { return nil }
    self = position
  }
}

extension ByteReader {
  /// What `EventPosition.store` wrote.
  @_lifetime(self: copy self)
  public mutating func eventPosition() -> EventPosition? {
    guard let topic = text(), let partition = integer(Int32.self), let offset = integer(Int64.self) else {
      return nil
    }
    return EventPosition(
      TopicPartition(topic: topic, partition: PartitionID(partition)), Offset(offset))
  }
}
