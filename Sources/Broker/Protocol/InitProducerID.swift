// InitProducerId: a producer gets its number and epoch; a transactional one fences its older self (KIP-98,
// KIP-360).

public struct InitProducerIDRequest: Sendable {
  /// Nil for a producer that is idempotent only.
  public var transactionalID: String? = nil
  public var transactionTimeout = Duration.zero
  /// What the producer had until now, when it only wants its epoch raised.
  public var producerID = ProducerID.none
  public var producerEpoch = ProducerEpoch.none

  public init() {}

  public init(
    transactionalID: String?, transactionTimeout: Duration = Duration.zero,
    producerID: ProducerID = ProducerID.none, producerEpoch: ProducerEpoch = ProducerEpoch.none
  ) {
    self.transactionalID = transactionalID
    self.transactionTimeout = transactionTimeout
    self.producerID = producerID
    self.producerEpoch = producerEpoch
  }
}

public struct InitProducerIDResponse: Sendable {
  public var error = ErrorCode.none
  public var producerID = ProducerID.none
  public var producerEpoch = ProducerEpoch.none

  public init() {}

  public init(
    error: ErrorCode, producerID: ProducerID = ProducerID.none,
    producerEpoch: ProducerEpoch = ProducerEpoch.none
  ) {
    self.error = error
    self.producerID = producerID
    self.producerEpoch = producerEpoch
  }
}

extension InitProducerIDRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&transactionalID)
    try wire.field(&transactionTimeout)
    if wire.version >= 3 {
      try wire.field(&producerID)
      try wire.field(&producerEpoch)
    }
    try wire.tags()
  }
}

extension InitProducerIDResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.throttleTime()
    try wire.field(&error)
    try wire.field(&producerID)
    try wire.field(&producerEpoch)
    try wire.tags()
  }
}
