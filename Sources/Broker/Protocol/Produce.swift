// Produce: record batches to append. The batches are slices of the request's own block, in the bytes they
// came in.
public import Basics

public struct ProduceRequest: Sendable {
  public var transactionalID: String? = nil
  public var acks = Acks.all
  public var timeout = Duration.zero
  public var topics: [TopicEntry<Partition>] = []

  public init() {}

  public init(
    transactionalID: String?, acks: Acks = Acks.all, timeout: Duration = Duration.zero,
    topics: [TopicEntry<Partition>] = []
  ) {
    self.transactionalID = transactionalID
    self.acks = acks
    self.timeout = timeout
    self.topics = topics
  }

  public struct Partition: Sendable {
    public var partition = PartitionID(0)
    /// One record batch of format 2; what else clients may send here the core refuses.
    public var records: ByteSlice? = nil

    public init() {}

    public init(partition: PartitionID, records: ByteSlice? = nil) {
      self.partition = partition
      self.records = records
    }
  }
}

/// How much must have happened before a Produce is answered. Other values come over the wire and are refused.
public struct Acks: RawRepresentable, Hashable, Sendable {
  public var rawValue: Int16
  public init(rawValue: Int16) { self.rawValue = rawValue }

  /// No answer is sent.
  public static let none = Acks(rawValue: 0)
  public static let leader = Acks(rawValue: 1)
  public static let all = Acks(rawValue: -1)
}

public struct ProduceResponse: Sendable {
  public var topics: [TopicEntry<Partition>] = []

  public init() {}

  public init(topics: [TopicEntry<Partition>]) {
    self.topics = topics
  }

  public struct Partition: Sendable {
    public var partition = PartitionID(0)
    public var error = ErrorCode.none
    public var baseOffset = Offset.none
    /// Only under message.timestamp.type=LogAppendTime.
    public var logAppendTime = Timestamp.none
    public var logStartOffset = Offset.none
    public var errorMessage: String? = nil

    public init() {}

    public init(
      partition: PartitionID, error: ErrorCode = ErrorCode.none, baseOffset: Offset = Offset.none,
      logAppendTime: Timestamp = Timestamp.none, logStartOffset: Offset = Offset.none,
      errorMessage: String? = nil
    ) {
      self.partition = partition
      self.error = error
      self.baseOffset = baseOffset
      self.logAppendTime = logAppendTime
      self.logStartOffset = logStartOffset
      self.errorMessage = errorMessage
    }
  }
}

extension ProduceRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    if wire.version >= 3 { try wire.field(&transactionalID) }
    try wire.field(&acks)
    try wire.field(&timeout)
    try wire.field(&topics)
    try wire.tags()
  }
}

extension ProduceRequest.Partition: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&partition)
    try wire.field(&records)
    try wire.tags()
  }
}

extension ProduceResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&topics)
    try wire.throttleTime(since: 1)
    try wire.tags()
  }
}

extension ProduceResponse.Partition: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&partition)
    try wire.field(&error)
    try wire.field(&baseOffset)
    if wire.version >= 2 { try wire.field(&logAppendTime) }
    if wire.version >= 5 { try wire.field(&logStartOffset) }
    if wire.version >= 8 {
      // Which records of the batch were at fault: a batch is refused whole, without saying.
      var recordErrors: [Int32] = []
      try wire.field(&recordErrors)
      try wire.field(&errorMessage)
    }
    try wire.tags()
  }
}
