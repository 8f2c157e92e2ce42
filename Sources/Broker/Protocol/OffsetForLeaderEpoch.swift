// OffsetForLeaderEpoch (KIP-101, KIP-320): where the log of a leader's epoch ends, for readers that ask
// whether what they have read still stands.
public import Basics

public struct OffsetForLeaderEpochRequest: Sendable {
  public var topics: [TopicEntry<Partition>] = []

  public init() {}

  public init(topics: [TopicEntry<Partition>]) {
    self.topics = topics
  }

  public struct Partition: Sendable {
    public var partition = PartitionID(0)
    /// Whom the client takes for the leader; -1: it does not say.
    public var currentLeaderEpoch: Int32 = -1
    /// The epoch asked for.
    public var leaderEpoch: Int32 = 0

    public init() {}

    public init(partition: PartitionID, currentLeaderEpoch: Int32 = -1, leaderEpoch: Int32) {
      self.partition = partition
      self.currentLeaderEpoch = currentLeaderEpoch
      self.leaderEpoch = leaderEpoch
    }
  }
}

public struct OffsetForLeaderEpochResponse: Sendable {
  public var topics: [TopicEntry<Partition>] = []

  public init() {}

  public init(topics: [TopicEntry<Partition>]) {
    self.topics = topics
  }

  public struct Partition: Sendable {
    public var error = ErrorCode.none
    public var partition = PartitionID(0)
    /// -1, with an offset of -1, for an epoch there never was.
    public var leaderEpoch: Int32 = -1
    public var endOffset = Offset.none

    public init() {}

    public init(partition: PartitionID, error: ErrorCode = .none) {
      self.partition = partition
      self.error = error
    }
  }
}

extension OffsetForLeaderEpochRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    // A client is no replica.
    if wire.version >= 3 { try wire.constant(Int32(-1)) }
    try wire.field(&topics)
    try wire.tags()
  }
}

extension OffsetForLeaderEpochRequest.Partition: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&partition)
    try wire.field(&currentLeaderEpoch)
    try wire.field(&leaderEpoch)
    try wire.tags()
  }
}

extension OffsetForLeaderEpochResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.throttleTime()
    try wire.field(&topics)
    try wire.tags()
  }
}

extension OffsetForLeaderEpochResponse.Partition: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&error)
    try wire.field(&partition)
    try wire.field(&leaderEpoch)
    try wire.field(&endOffset)
    try wire.tags()
  }
}
