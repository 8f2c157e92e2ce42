// ListTransactions and DescribeTransactions (KIP-664): which transactional ids there are, and what stands in
// their transactions.
public import Basics

public struct ListTransactionsRequest: Sendable {
  /// Only transactional ids in one of these states; empty: in any.
  public var states: [String] = []
  /// Only those of these producers; empty: of any.
  public var producerIDs: [ProducerID] = []

  public init() {}

  public init(states: [String], producerIDs: [ProducerID] = []) {
    self.states = states
    self.producerIDs = producerIDs
  }
}

public struct ListTransactionsResponse: Sendable {
  public var error = ErrorCode.none
  /// Those asked for that there are not.
  public var unknownStates: [String] = []
  public var transactions: [Transaction] = []

  public init() {}

  public init(unknownStates: [String], transactions: [Transaction]) {
    self.unknownStates = unknownStates
    self.transactions = transactions
  }

  public struct Transaction: Sendable {
    public var transactionalID = ""
    public var producerID = ProducerID.none
    public var state = ""

    public init() {}

    public init(transactionalID: String, producerID: ProducerID, state: String) {
      self.transactionalID = transactionalID
      self.producerID = producerID
      self.state = state
    }
  }
}

public struct DescribeTransactionsRequest: Sendable {
  public var transactionalIDs: [String] = []

  public init() {}

  public init(transactionalIDs: [String]) {
    self.transactionalIDs = transactionalIDs
  }
}

public struct DescribeTransactionsResponse: Sendable {
  public var transactions: [Transaction] = []

  public init() {}

  public init(transactions: [Transaction]) {
    self.transactions = transactions
  }

  public struct Transaction: Sendable {
    public var error = ErrorCode.none
    public var transactionalID = ""
    public var state = ""
    public var timeout = Duration.zero
    /// -1 unless one is ongoing.
    public var startedAt = Timestamp.none
    public var producerID = ProducerID.none
    public var producerEpoch = ProducerEpoch.none
    public var topics: [TopicEntry<PartitionID>] = []

    public init() {}

    public init(error: ErrorCode, transactionalID: String) {
      self.error = error
      self.transactionalID = transactionalID
    }

    public init(
      transactionalID: String, state: String, timeout: Duration, startedAt: Timestamp,
      producerID: ProducerID, producerEpoch: ProducerEpoch, topics: [TopicEntry<PartitionID>]
    ) {
      self.transactionalID = transactionalID
      self.state = state
      self.timeout = timeout
      self.startedAt = startedAt
      self.producerID = producerID
      self.producerEpoch = producerEpoch
      self.topics = topics
    }
  }
}

extension ListTransactionsRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&states)
    try wire.field(&producerIDs)
    try wire.tags()
  }
}

extension ListTransactionsResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.throttleTime()
    try wire.field(&error)
    try wire.field(&unknownStates)
    try wire.field(&transactions)
    try wire.tags()
  }
}

extension ListTransactionsResponse.Transaction: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&transactionalID)
    try wire.field(&producerID)
    try wire.field(&state)
    try wire.tags()
  }
}

extension DescribeTransactionsRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&transactionalIDs)
    try wire.tags()
  }
}

extension DescribeTransactionsResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.throttleTime()
    try wire.field(&transactions)
    try wire.tags()
  }
}

extension DescribeTransactionsResponse.Transaction: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&error)
    try wire.field(&transactionalID)
    try wire.field(&state)
    try wire.field(&timeout)
    try wire.field(&startedAt)
    try wire.field(&producerID)
    try wire.field(&producerEpoch)
    try wire.field(&topics)
    try wire.tags()
  }
}
