// What many messages share: topics with something per partition.
public import Basics

/// A topic's name with something per partition: how most requests and responses are nested.
public struct TopicEntry<Partition: Sendable>: Sendable {
  public var name = ""
  public var partitions: [Partition] = []

  public init() {}

  public init(name: String, partitions: [Partition] = []) {
    self.name = name
    self.partitions = partitions
  }
}

/// A partition's number with an error: the answer of requests that return nothing else.
public struct PartitionError: Sendable, Equatable {
  public var partition = PartitionID(0)
  public var error = ErrorCode.none

  public init() {}

  public init(partition: PartitionID, error: ErrorCode = ErrorCode.none) {
    self.partition = partition
    self.error = error
  }
}
