// DescribeProducers (KIP-664): who writes to a partition, and whose transaction holds its readers up.
public import Basics

public struct DescribeProducersRequest: Sendable {
  public var topics: [TopicEntry<PartitionID>] = []

  public init() {}

  public init(topics: [TopicEntry<PartitionID>]) {
    self.topics = topics
  }
}

public struct DescribeProducersResponse: Sendable {
  public var topics: [TopicEntry<Partition>] = []

  public init() {}

  public init(topics: [TopicEntry<Partition>]) {
    self.topics = topics
  }

  public struct Partition: Sendable {
    public var partition = PartitionID(0)
    public var error = ErrorCode.none
    public var producers: [Producer] = []

    public init() {}

    public init(partition: PartitionID, error: ErrorCode = .none, producers: [Producer] = []) {
      self.partition = partition
      self.error = error
      self.producers = producers
    }
  }

  public struct Producer: Sendable {
    public var producerID = ProducerID.none
    /// Of 32 bits here alone.
    public var producerEpoch: Int32 = -1
    public var lastSequence: Int32 = -1
    public var lastTimestamp = Timestamp.none
    /// Where its open transaction began in this partition; -1 without one.
    public var transactionStart = Offset.none

    public init() {}

    public init(
      producerID: ProducerID, producerEpoch: ProducerEpoch, lastSequence: Int32, lastTimestamp: Timestamp,
      transactionStart: Offset
    ) {
      self.producerID = producerID
      self.producerEpoch = Int32(producerEpoch.rawValue)
      self.lastSequence = lastSequence
      self.lastTimestamp = lastTimestamp
      self.transactionStart = transactionStart
    }
  }
}

extension DescribeProducersRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&topics)
    try wire.tags()
  }
}

extension DescribeProducersResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.throttleTime()
    try wire.field(&topics)
    try wire.tags()
  }
}

extension DescribeProducersResponse.Partition: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&partition)
    try wire.field(&error)
    try wire.nullText()
    try wire.field(&producers)
    try wire.tags()
  }
}

extension DescribeProducersResponse.Producer: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&producerID)
    try wire.field(&producerEpoch)
    try wire.field(&lastSequence)
    try wire.field(&lastTimestamp)
    // The coordinator's epoch: it never changes hands.
    try wire.constant(Int32(0))
    try wire.field(&transactionStart)
    try wire.tags()
  }
}
