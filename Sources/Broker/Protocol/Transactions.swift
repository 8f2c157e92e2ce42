// What makes a transaction: partitions and groups that join it, offsets committed by it, and its end
// (KIP-98).
public import Basics

public struct AddPartitionsToTxnRequest: Sendable {
  public var transactionalID = ""
  public var producerID = ProducerID.none
  public var producerEpoch = ProducerEpoch.none
  public var topics: [TopicEntry<PartitionID>] = []

  public init() {}

  public init(
    transactionalID: String, producerID: ProducerID = ProducerID.none,
    producerEpoch: ProducerEpoch = ProducerEpoch.none, topics: [TopicEntry<PartitionID>] = []
  ) {
    self.transactionalID = transactionalID
    self.producerID = producerID
    self.producerEpoch = producerEpoch
    self.topics = topics
  }
}

public struct AddPartitionsToTxnResponse: Sendable {
  public var topics: [TopicEntry<PartitionError>] = []

  public init() {}

  public init(topics: [TopicEntry<PartitionError>]) {
    self.topics = topics
  }
}

public struct AddOffsetsToTxnRequest: Sendable {
  public var transactionalID = ""
  public var producerID = ProducerID.none
  public var producerEpoch = ProducerEpoch.none
  public var groupID = ""

  public init() {}

  public init(
    transactionalID: String, producerID: ProducerID = ProducerID.none,
    producerEpoch: ProducerEpoch = ProducerEpoch.none, groupID: String = ""
  ) {
    self.transactionalID = transactionalID
    self.producerID = producerID
    self.producerEpoch = producerEpoch
    self.groupID = groupID
  }
}

public struct AddOffsetsToTxnResponse: Sendable {
  public var error = ErrorCode.none

  public init() {}

  public init(error: ErrorCode) {
    self.error = error
  }
}

/// Offsets that count when the transaction commits.
public struct TxnOffsetCommitRequest: Sendable {
  public var transactionalID = ""
  public var groupID = ""
  public var producerID = ProducerID.none
  public var producerEpoch = ProducerEpoch.none
  /// -1 with an empty member id: a client older than KIP-447, which the generation does not fence.
  public var generation: Int32 = -1
  public var memberID = ""
  public var groupInstanceID: String? = nil
  public var topics: [TopicEntry<CommittedOffset>] = []

  public init() {}

  public init(
    transactionalID: String, groupID: String = "", producerID: ProducerID = ProducerID.none,
    producerEpoch: ProducerEpoch = ProducerEpoch.none, generation: Int32 = -1, memberID: String = "",
    groupInstanceID: String? = nil, topics: [TopicEntry<CommittedOffset>] = []
  ) {
    self.transactionalID = transactionalID
    self.groupID = groupID
    self.producerID = producerID
    self.producerEpoch = producerEpoch
    self.generation = generation
    self.memberID = memberID
    self.groupInstanceID = groupInstanceID
    self.topics = topics
  }
}

public struct TxnOffsetCommitResponse: Sendable {
  public var topics: [TopicEntry<PartitionError>] = []

  public init() {}

  public init(topics: [TopicEntry<PartitionError>]) {
    self.topics = topics
  }
}

public struct EndTxnRequest: Sendable {
  public var transactionalID = ""
  public var producerID = ProducerID.none
  public var producerEpoch = ProducerEpoch.none
  /// False aborts.
  public var commit = false

  public init() {}

  public init(
    transactionalID: String, producerID: ProducerID = ProducerID.none,
    producerEpoch: ProducerEpoch = ProducerEpoch.none, commit: Bool = false
  ) {
    self.transactionalID = transactionalID
    self.producerID = producerID
    self.producerEpoch = producerEpoch
    self.commit = commit
  }
}

public struct EndTxnResponse: Sendable {
  public var error = ErrorCode.none

  public init() {}

  public init(error: ErrorCode) {
    self.error = error
  }
}

extension AddPartitionsToTxnRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&transactionalID)
    try wire.field(&producerID)
    try wire.field(&producerEpoch)
    try wire.field(&topics)
    try wire.tags()
  }
}

extension AddPartitionsToTxnResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.throttleTime()
    try wire.field(&topics)
    try wire.tags()
  }
}

extension AddOffsetsToTxnRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&transactionalID)
    try wire.field(&producerID)
    try wire.field(&producerEpoch)
    try wire.field(&groupID)
    try wire.tags()
  }
}

extension AddOffsetsToTxnResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.throttleTime()
    try wire.field(&error)
    try wire.tags()
  }
}

extension TxnOffsetCommitRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&transactionalID)
    try wire.field(&groupID)
    try wire.field(&producerID)
    try wire.field(&producerEpoch)
    if wire.version >= 3 {
      try wire.field(&generation)
      try wire.field(&memberID)
      try wire.field(&groupInstanceID)
    }
    try wire.field(&topics)
    try wire.tags()
  }
}

extension TxnOffsetCommitResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.throttleTime()
    try wire.field(&topics)
    try wire.tags()
  }
}

extension EndTxnRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&transactionalID)
    try wire.field(&producerID)
    try wire.field(&producerEpoch)
    try wire.field(&commit)
    try wire.tags()
  }
}

extension EndTxnResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.throttleTime()
    try wire.field(&error)
    try wire.tags()
  }
}
