// CreateTopics: new topics with their configuration.
public import Basics

public struct CreateTopicsRequest: Sendable {
  public var topics: [Topic] = []
  public var timeout = Duration.zero
  /// Check and answer, but create nothing.
  public var validateOnly = false

  public init() {}

  public init(topics: [Topic], timeout: Duration = Duration.zero, validateOnly: Bool = false) {
    self.topics = topics
    self.timeout = timeout
    self.validateOnly = validateOnly
  }

  public struct Topic: Sendable {
    public var name = ""
    /// -1: the broker's default, or as many as `assignments` names.
    public var partitionCount: Int32 = -1
    /// -1: the broker's default.
    public var replicationFactor: Int16 = -1
    public var assignments: [Assignment] = []
    public var configs: [ConfigValue] = []

    public init() {}

    public init(
      name: String, partitionCount: Int32 = -1, replicationFactor: Int16 = -1, assignments: [Assignment] = [],
      configs: [ConfigValue] = []
    ) {
      self.name = name
      self.partitionCount = partitionCount
      self.replicationFactor = replicationFactor
      self.assignments = assignments
      self.configs = configs
    }
  }

  public struct Assignment: Sendable {
    public var partition = PartitionID(0)
    public var brokerIDs: [Int32] = []

    public init() {}

    public init(partition: PartitionID, brokerIDs: [Int32] = []) {
      self.partition = partition
      self.brokerIDs = brokerIDs
    }
  }
}

/// A setting by name; nil takes the default.
public struct ConfigValue: Sendable, Equatable {
  public var name = ""
  public var value: String? = nil

  public init() {}

  public init(name: String, value: String? = nil) {
    self.name = name
    self.value = value
  }
}

public struct CreateTopicsResponse: Sendable {
  public var topics: [Topic] = []

  public init() {}

  public init(topics: [Topic]) {
    self.topics = topics
  }

  public struct Topic: Sendable {
    public var name = ""
    public var id = TopicID.none
    public var error = ErrorCode.none
    public var errorMessage: String? = nil
    public var partitionCount: Int32 = -1
    public var replicationFactor: Int16 = -1
    /// Nil when the topic was not created.
    public var configs: [Config]? = nil

    public init() {}

    public init(
      name: String, id: TopicID = TopicID.none, error: ErrorCode = ErrorCode.none,
      errorMessage: String? = nil, partitionCount: Int32 = -1, replicationFactor: Int16 = -1,
      configs: [Config]? = nil
    ) {
      self.name = name
      self.id = id
      self.error = error
      self.errorMessage = errorMessage
      self.partitionCount = partitionCount
      self.replicationFactor = replicationFactor
      self.configs = configs
    }
  }

  public struct Config: Sendable {
    public var name = ""
    public var value: String? = nil
    public var source = ConfigSource.standard

    public init() {}

    public init(name: String, value: String? = nil, source: ConfigSource = ConfigSource.standard) {
      self.name = name
      self.value = value
      self.source = source
    }
  }
}

extension CreateTopicsRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&topics)
    try wire.field(&timeout)
    if wire.version >= 1 { try wire.field(&validateOnly) }
    try wire.tags()
  }
}

extension CreateTopicsRequest.Topic: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&name)
    try wire.field(&partitionCount)
    try wire.field(&replicationFactor)
    try wire.field(&assignments)
    try wire.field(&configs)
    try wire.tags()
  }
}

extension CreateTopicsRequest.Assignment: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&partition)
    try wire.field(&brokerIDs)
    try wire.tags()
  }
}

extension ConfigValue: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&name)
    try wire.field(&value)
    try wire.tags()
  }
}

extension CreateTopicsResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.throttleTime(since: 2)
    try wire.field(&topics)
    try wire.tags()
  }
}

extension CreateTopicsResponse.Topic: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&name)
    if wire.version >= 7 { try wire.field(&id) }
    try wire.field(&error)
    if wire.version >= 1 { try wire.field(&errorMessage) }
    if wire.version >= 5 {
      try wire.field(&partitionCount)
      try wire.field(&replicationFactor)
      try wire.field(&configs)
    }
    try wire.tags()
  }
}

extension CreateTopicsResponse.Config: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&name)
    try wire.field(&value)
    // Neither read-only nor, further on, secret: a topic's settings are not.
    try wire.constant(Int8(0))
    try wire.field(&source)
    try wire.constant(Int8(0))
    try wire.tags()
  }
}
