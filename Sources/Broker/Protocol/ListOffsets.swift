// ListOffsets: where a partition begins, ends, or stood at a time.
public import Basics

public struct ListOffsetsRequest: Sendable {
  public var isolation = IsolationLevel.readUncommitted
  public var topics: [TopicEntry<Partition>] = []

  public init() {}

  public init(isolation: IsolationLevel, topics: [TopicEntry<Partition>] = []) {
    self.isolation = isolation
    self.topics = topics
  }

  public struct Partition: Sendable {
    public var partition = PartitionID(0)
    public var currentLeaderEpoch: Int32 = -1
    public var position = Position.latest

    public init() {}

    public init(partition: PartitionID, currentLeaderEpoch: Int32 = -1, position: Position = Position.latest)
    {
      self.partition = partition
      self.currentLeaderEpoch = currentLeaderEpoch
      self.position = position
    }
  }

  /// What is asked for; on the wire a timestamp, of which some negative ones have a meaning.
  public enum Position: Hashable, Sendable {
    case latest, earliest
    /// The record with the largest timestamp (KIP-734).
    case largestTimestamp
    /// The first record stamped at or after this time.
    case time(Timestamp)
  }
}

public struct ListOffsetsResponse: Sendable {
  public var topics: [TopicEntry<Partition>] = []

  public init() {}

  public init(topics: [TopicEntry<Partition>]) {
    self.topics = topics
  }

  public struct Partition: Sendable {
    public var partition = PartitionID(0)
    public var error = ErrorCode.none
    public var timestamp = Timestamp.none
    public var offset = Offset.none
    public var leaderEpoch: Int32 = -1

    public init() {}

    public init(
      partition: PartitionID, error: ErrorCode = ErrorCode.none, timestamp: Timestamp = Timestamp.none,
      offset: Offset = Offset.none, leaderEpoch: Int32 = -1
    ) {
      self.partition = partition
      self.error = error
      self.timestamp = timestamp
      self.offset = offset
      self.leaderEpoch = leaderEpoch
    }
  }
}

extension ListOffsetsRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.constant(Int32(-1))
    if wire.version >= 2 { try wire.field(&isolation) }
    try wire.field(&topics)
    try wire.tags()
  }
}

extension ListOffsetsRequest.Partition: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&partition)
    if wire.version >= 4 { try wire.field(&currentLeaderEpoch) }
    var time = position.timestamp
    try wire.field(&time)
    position = ListOffsetsRequest.Position(time)
    try wire.tags()
  }
}

extension ListOffsetsResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.throttleTime(since: 2)
    try wire.field(&topics)
    try wire.tags()
  }
}

extension ListOffsetsResponse.Partition: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&partition)
    try wire.field(&error)
    try wire.field(&timestamp)
    try wire.field(&offset)
    if wire.version >= 4 { try wire.field(&leaderEpoch) }
    try wire.tags()
  }
}

extension ListOffsetsRequest.Position {
  fileprivate init(_ timestamp: Timestamp) {
    switch timestamp.rawValue {
    case -1: self = .latest
    case -2: self = .earliest
    case -3: self = .largestTimestamp
    default: self = .time(timestamp)
    }
  }

  fileprivate var timestamp: Timestamp {
    switch self {
    case .latest: Timestamp(milliseconds: -1)
    case .earliest: Timestamp(milliseconds: -2)
    case .largestTimestamp: Timestamp(milliseconds: -3)
    case .time(let time): time
    }
  }
}
