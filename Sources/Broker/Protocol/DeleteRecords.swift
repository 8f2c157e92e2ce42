// DeleteRecords: everything before an offset goes.
public import Basics

public struct DeleteRecordsRequest: Sendable {
  public var topics: [TopicEntry<Partition>] = []
  public var timeout = Duration.zero

  public init() {}

  public init(topics: [TopicEntry<Partition>], timeout: Duration = Duration.zero) {
    self.topics = topics
    self.timeout = timeout
  }

  public struct Partition: Sendable {
    public var partition = PartitionID(0)
    /// The first record to be kept; -1 stands for the high watermark.
    public var offset = Offset.none

    public init() {}

    public init(partition: PartitionID, offset: Offset = Offset.none) {
      self.partition = partition
      self.offset = offset
    }
  }
}

public struct DeleteRecordsResponse: Sendable {
  public var topics: [TopicEntry<Partition>] = []

  public init() {}

  public init(topics: [TopicEntry<Partition>]) {
    self.topics = topics
  }

  public struct Partition: Sendable {
    public var partition = PartitionID(0)
    /// The log's start afterwards.
    public var lowWatermark = Offset.none
    public var error = ErrorCode.none

    public init() {}

    public init(partition: PartitionID, lowWatermark: Offset = Offset.none, error: ErrorCode = ErrorCode.none)
    {
      self.partition = partition
      self.lowWatermark = lowWatermark
      self.error = error
    }
  }
}

extension DeleteRecordsRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&topics)
    try wire.field(&timeout)
    try wire.tags()
  }
}

extension DeleteRecordsRequest.Partition: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&partition)
    try wire.field(&offset)
    try wire.tags()
  }
}

extension DeleteRecordsResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.throttleTime()
    try wire.field(&topics)
    try wire.tags()
  }
}

extension DeleteRecordsResponse.Partition: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&partition)
    try wire.field(&lowWatermark)
    try wire.field(&error)
    try wire.tags()
  }
}
