// CreatePartitions: a topic gets more partitions; what stands in the old ones stays there.

public struct CreatePartitionsRequest: Sendable {
  public var topics: [Topic] = []
  public var timeout = Duration.zero
  public var validateOnly = false

  public init() {}

  public init(topics: [Topic], validateOnly: Bool = false) {
    self.topics = topics
    self.validateOnly = validateOnly
  }

  public struct Topic: Sendable {
    public var name = ""
    /// How many there shall be in the end.
    public var partitionCount: Int32 = 0
    /// The replicas of each new partition; nil leaves them to the broker.
    public var assignments: [Assignment]? = nil

    public init() {}

    public init(name: String, partitionCount: Int32, assignments: [Assignment]? = nil) {
      self.name = name
      self.partitionCount = partitionCount
      self.assignments = assignments
    }
  }

  public struct Assignment: Sendable {
    public var brokerIDs: [Int32] = []

    public init() {}

    public init(brokerIDs: [Int32]) {
      self.brokerIDs = brokerIDs
    }
  }
}

public struct CreatePartitionsResponse: Sendable {
  public var results: [Result] = []

  public init() {}

  public init(results: [Result]) {
    self.results = results
  }

  public struct Result: Sendable {
    public var name = ""
    public var error = ErrorCode.none
    public var errorMessage: String? = nil

    public init() {}

    public init(name: String, error: ErrorCode = .none, errorMessage: String? = nil) {
      self.name = name
      self.error = error
      self.errorMessage = errorMessage
    }
  }
}

extension CreatePartitionsRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&topics)
    try wire.field(&timeout)
    try wire.field(&validateOnly)
    try wire.tags()
  }
}

extension CreatePartitionsRequest.Topic: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&name)
    try wire.field(&partitionCount)
    try wire.field(&assignments)
    try wire.tags()
  }
}

extension CreatePartitionsRequest.Assignment: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&brokerIDs)
    try wire.tags()
  }
}

extension CreatePartitionsResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.throttleTime()
    try wire.field(&results)
    try wire.tags()
  }
}

extension CreatePartitionsResponse.Result: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&name)
    try wire.field(&error)
    try wire.field(&errorMessage)
    try wire.tags()
  }
}
