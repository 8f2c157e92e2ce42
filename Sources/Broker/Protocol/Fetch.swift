// Fetch: record batches from an offset on, waiting until enough of them are there (long poll). Answered
// without fetch sessions (KIP-227): session 0 tells the client to name all its partitions in each request.
public import Basics

public struct FetchRequest: Sendable {
  public var maxWait = Duration.zero
  public var minBytes: Int32 = 0
  public var maxBytes = Int32.max
  public var isolation = IsolationLevel.readUncommitted
  public var sessionID: Int32 = 0
  public var sessionEpoch: Int32 = -1
  public var topics: [TopicEntry<Partition>] = []

  public init() {}

  public init(
    maxWait: Duration, minBytes: Int32 = 0, maxBytes: Int32 = Int32.max,
    isolation: IsolationLevel = IsolationLevel.readUncommitted, sessionID: Int32 = 0,
    sessionEpoch: Int32 = -1, topics: [TopicEntry<Partition>] = []
  ) {
    self.maxWait = maxWait
    self.minBytes = minBytes
    self.maxBytes = maxBytes
    self.isolation = isolation
    self.sessionID = sessionID
    self.sessionEpoch = sessionEpoch
    self.topics = topics
  }

  public struct Partition: Sendable {
    public var partition = PartitionID(0)
    public var currentLeaderEpoch: Int32 = -1
    public var fetchOffset = Offset.zero
    public var lastFetchedEpoch: Int32 = -1
    public var maxBytes = Int32.max

    public init() {}

    public init(
      partition: PartitionID, currentLeaderEpoch: Int32 = -1, fetchOffset: Offset = Offset.zero,
      lastFetchedEpoch: Int32 = -1, maxBytes: Int32 = Int32.max
    ) {
      self.partition = partition
      self.currentLeaderEpoch = currentLeaderEpoch
      self.fetchOffset = fetchOffset
      self.lastFetchedEpoch = lastFetchedEpoch
      self.maxBytes = maxBytes
    }
  }
}

public struct FetchResponse: Sendable {
  public var error = ErrorCode.none
  public var topics: [TopicEntry<Partition>] = []

  public init() {}

  public init(error: ErrorCode, topics: [TopicEntry<Partition>] = []) {
    self.error = error
    self.topics = topics
  }

  public struct Partition: Sendable {
    public var partition = PartitionID(0)
    public var error = ErrorCode.none
    public var highWatermark = Offset.none
    public var lastStableOffset = Offset.none
    public var logStartOffset = Offset.none
    /// Nil for readers of uncommitted records.
    public var abortedTransactions: [AbortedTransaction]? = nil
    public var records: [PayloadChunk] = []

    public init() {}

    public init(
      partition: PartitionID, error: ErrorCode = ErrorCode.none, highWatermark: Offset = Offset.none,
      lastStableOffset: Offset = Offset.none, logStartOffset: Offset = Offset.none,
      abortedTransactions: [AbortedTransaction]? = nil, records: [PayloadChunk] = []
    ) {
      self.partition = partition
      self.error = error
      self.highWatermark = highWatermark
      self.lastStableOffset = lastStableOffset
      self.logStartOffset = logStartOffset
      self.abortedTransactions = abortedTransactions
      self.records = records
    }
  }

  /// A transaction whose records, from `firstOffset` to its abort marker, readers of committed records skip.
  public struct AbortedTransaction: Sendable, Equatable {
    public var producerID = ProducerID.none
    public var firstOffset = Offset.none

    public init() {}

    public init(producerID: ProducerID, firstOffset: Offset = Offset.none) {
      self.producerID = producerID
      self.firstOffset = firstOffset
    }
  }
}

extension FetchRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    // The replica: only brokers have a number.
    try wire.constant(Int32(-1))
    try wire.field(&maxWait)
    try wire.field(&minBytes)
    try wire.field(&maxBytes)
    try wire.field(&isolation)
    if wire.version >= 7 {
      try wire.field(&sessionID)
      try wire.field(&sessionEpoch)
    }
    try wire.field(&topics)
    if wire.version >= 7 {
      var forgotten: [TopicEntry<PartitionID>] = []
      try wire.field(&forgotten)
    }
    if wire.version >= 11 {
      var rack = ""
      try wire.field(&rack)
    }
    try wire.tags()
  }
}

extension FetchRequest.Partition: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&partition)
    if wire.version >= 9 { try wire.field(&currentLeaderEpoch) }
    try wire.field(&fetchOffset)
    if wire.version >= 12 { try wire.field(&lastFetchedEpoch) }
    // Where the log of a replica begins.
    if wire.version >= 5 { try wire.constant(Int64(-1)) }
    try wire.field(&maxBytes)
    try wire.tags()
  }
}

extension FetchResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.throttleTime()
    if wire.version >= 7 {
      try wire.field(&error)
      try wire.constant(Int32(0))
    }
    try wire.field(&topics)
    try wire.tags()
  }
}

extension FetchResponse.Partition: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&partition)
    try wire.field(&error)
    try wire.field(&highWatermark)
    try wire.field(&lastStableOffset)
    if wire.version >= 5 { try wire.field(&logStartOffset) }
    try wire.field(&abortedTransactions)
    // A nearer replica to read from: there is none.
    if wire.version >= 11 { try wire.constant(Int32(-1)) }
    try wire.records(&records)
    try wire.tags()
  }
}

extension FetchResponse.AbortedTransaction: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&producerID)
    try wire.field(&firstOffset)
    try wire.tags()
  }
}
