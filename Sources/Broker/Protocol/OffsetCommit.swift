// OffsetCommit: a group's positions, kept outside of any transaction.
public import Basics

public struct OffsetCommitRequest: Sendable {
  public var groupID = ""
  /// -1 with an empty member id: committed by someone outside of the group's membership.
  public var generation: Int32 = -1
  public var memberID = ""
  public var groupInstanceID: String? = nil
  public var topics: [TopicEntry<CommittedOffset>] = []

  public init() {}

  public init(
    groupID: String, generation: Int32 = -1, memberID: String = "", groupInstanceID: String? = nil,
    topics: [TopicEntry<CommittedOffset>] = []
  ) {
    self.groupID = groupID
    self.generation = generation
    self.memberID = memberID
    self.groupInstanceID = groupInstanceID
    self.topics = topics
  }
}

/// A position to be committed for one partition.
public struct CommittedOffset: Sendable {
  public var partition = PartitionID(0)
  public var offset = Offset.none
  public var leaderEpoch: Int32 = -1
  public var metadata: String? = nil

  public init() {}

  public init(
    partition: PartitionID, offset: Offset = Offset.none, leaderEpoch: Int32 = -1, metadata: String? = nil
  ) {
    self.partition = partition
    self.offset = offset
    self.leaderEpoch = leaderEpoch
    self.metadata = metadata
  }
}

public struct OffsetCommitResponse: Sendable {
  public var topics: [TopicEntry<PartitionError>] = []

  public init() {}

  public init(topics: [TopicEntry<PartitionError>]) {
    self.topics = topics
  }
}

extension OffsetCommitRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&groupID)
    try wire.field(&generation)
    try wire.field(&memberID)
    if wire.version >= 7 { try wire.field(&groupInstanceID) }
    // How long to keep the offsets: the broker decides, as Kafka's has since version 5.
    if (2...4).contains(wire.version) { try wire.constant(Int64(-1)) }
    try wire.field(&topics)
    try wire.tags()
  }
}

extension CommittedOffset: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&partition)
    try wire.field(&offset)
    let isTransactional = wire.key == .txnOffsetCommit
    if wire.version >= (isTransactional ? 2 : 6) { try wire.field(&leaderEpoch) }
    // When it was committed, as the client sees it.
    if wire.version == 1 && !isTransactional { try wire.constant(Int64(-1)) }
    try wire.field(&metadata)
    try wire.tags()
  }
}

extension OffsetCommitResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.throttleTime(since: 3)
    try wire.field(&topics)
    try wire.tags()
  }
}
