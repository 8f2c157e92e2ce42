// OffsetFetch: the committed positions of one or more groups.
public import Basics

public struct OffsetFetchRequest: Sendable {
  /// Exactly one before version 8.
  public var groups: [Group] = []
  /// Refuse to answer for partitions on which a transaction's offsets are still pending (KIP-447).
  public var requireStable = false

  public init() {}

  public init(groups: [Group], requireStable: Bool = false) {
    self.groups = groups
    self.requireStable = requireStable
  }

  public struct Group: Sendable {
    public var groupID = ""
    /// nil asks for everything the group has committed.
    public var topics: [TopicEntry<PartitionID>]? = nil

    public init() {}

    public init(groupID: String, topics: [TopicEntry<PartitionID>]? = nil) {
      self.groupID = groupID
      self.topics = topics
    }
  }
}

public struct OffsetFetchResponse: Sendable {
  /// One for each group asked for, in the same order.
  public var groups: [Group] = []

  public init() {}

  public init(groups: [Group]) {
    self.groups = groups
  }

  public struct Group: Sendable {
    public var groupID = ""
    public var error = ErrorCode.none
    public var topics: [TopicEntry<Partition>] = []

    public init() {}

    public init(groupID: String, error: ErrorCode = ErrorCode.none, topics: [TopicEntry<Partition>] = []) {
      self.groupID = groupID
      self.error = error
      self.topics = topics
    }
  }

  public struct Partition: Sendable {
    public var partition = PartitionID(0)
    public var offset = Offset.none
    public var leaderEpoch: Int32 = -1
    public var metadata: String? = ""
    public var error = ErrorCode.none

    public init() {}

    public init(
      partition: PartitionID, offset: Offset = Offset.none, leaderEpoch: Int32 = -1, metadata: String? = "",
      error: ErrorCode = ErrorCode.none
    ) {
      self.partition = partition
      self.offset = offset
      self.leaderEpoch = leaderEpoch
      self.metadata = metadata
      self.error = error
    }
  }
}

extension OffsetFetchRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    if wire.version >= 8 {
      try wire.field(&groups)
    } else {
      var only = groups.first ?? Group()
      try only.fields(&wire)
      groups = [only]
    }
    if wire.version >= 7 { try wire.field(&requireStable) }
    try wire.tags()
  }
}

extension OffsetFetchRequest.Group: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try fields(&wire)
    try wire.tags()
  }

  fileprivate mutating func fields(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&groupID)
    if wire.version >= 2 {
      try wire.field(&topics)
    } else {
      var named = topics ?? []
      try wire.field(&named)
      topics = named
    }
  }
}

extension OffsetFetchResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.throttleTime(since: 3)
    if wire.version >= 8 {
      try wire.field(&groups)
    } else {
      var only = groups.first ?? Group()
      try wire.field(&only.topics)
      if wire.version >= 2 { try wire.field(&only.error) }
      groups = [only]
    }
    try wire.tags()
  }
}

extension OffsetFetchResponse.Group: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&groupID)
    try wire.field(&topics)
    try wire.field(&error)
    try wire.tags()
  }
}

extension OffsetFetchResponse.Partition: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&partition)
    try wire.field(&offset)
    if wire.version >= 5 { try wire.field(&leaderEpoch) }
    try wire.field(&metadata)
    try wire.field(&error)
    try wire.tags()
  }
}
