// DeleteTopics: topics and all their records go.

public struct DeleteTopicsRequest: Sendable {
  public var topics: [Topic] = []
  public var timeout = Duration.zero

  public init() {}

  public init(topics: [Topic], timeout: Duration = Duration.zero) {
    self.topics = topics
    self.timeout = timeout
  }

  /// A topic by name, or with no name by its id.
  public struct Topic: Sendable {
    public var name: String? = nil
    public var id = TopicID.none

    public init() {}

    public init(name: String?, id: TopicID = TopicID.none) {
      self.name = name
      self.id = id
    }
  }
}

public struct DeleteTopicsResponse: Sendable {
  public var topics: [Topic] = []

  public init() {}

  public init(topics: [Topic]) {
    self.topics = topics
  }

  public struct Topic: Sendable {
    /// Nil only in the answer to an unknown id.
    public var name: String? = nil
    public var id = TopicID.none
    public var error = ErrorCode.none
    public var errorMessage: String? = nil

    public init() {}

    public init(
      name: String?, id: TopicID = TopicID.none, error: ErrorCode = ErrorCode.none,
      errorMessage: String? = nil
    ) {
      self.name = name
      self.id = id
      self.error = error
      self.errorMessage = errorMessage
    }
  }
}

extension DeleteTopicsRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    if wire.version >= 6 {
      try wire.field(&topics)
    } else {
      var names = topics.map { $0.name ?? "" }
      try wire.field(&names)
      topics = names.map { Topic(name: $0) }
    }
    try wire.field(&timeout)
    try wire.tags()
  }
}

extension DeleteTopicsRequest.Topic: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&name)
    try wire.field(&id)
    try wire.tags()
  }
}

extension DeleteTopicsResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.throttleTime(since: 1)
    try wire.field(&topics)
    try wire.tags()
  }
}

extension DeleteTopicsResponse.Topic: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    if wire.version >= 6 {
      try wire.field(&name)
      try wire.field(&id)
    } else {
      var present = name ?? ""
      try wire.field(&present)
      name = present
    }
    try wire.field(&error)
    if wire.version >= 5 { try wire.field(&errorMessage) }
    try wire.tags()
  }
}
