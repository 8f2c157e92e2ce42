// Metadata: which topics there are, and where their partitions are led. Here: all by one broker.
public import Basics

public struct MetadataRequest: Sendable {
  /// nil asks for all topics.
  public var topics: [Topic]? = nil
  public var allowAutoTopicCreation = true

  public init() {}

  public init(topics: [Topic]?, allowAutoTopicCreation: Bool = true) {
    self.topics = topics
    self.allowAutoTopicCreation = allowAutoTopicCreation
  }

  /// A topic by name, or with no name by its id.
  public struct Topic: Sendable {
    public var id = TopicID.none
    public var name: String? = nil

    public init() {}

    public init(id: TopicID, name: String? = nil) {
      self.id = id
      self.name = name
    }
  }
}

public struct MetadataResponse: Sendable {
  public var brokers: [Broker] = []
  public var clusterID: String? = nil
  public var controllerID: Int32 = -1
  public var topics: [Topic] = []

  public init() {}

  public init(brokers: [Broker], clusterID: String? = nil, controllerID: Int32 = -1, topics: [Topic] = []) {
    self.brokers = brokers
    self.clusterID = clusterID
    self.controllerID = controllerID
    self.topics = topics
  }

  public struct Broker: Sendable {
    public var nodeID: Int32 = 0
    public var host = ""
    public var port: Int32 = 0

    public init() {}

    public init(nodeID: Int32, host: String = "", port: Int32 = 0) {
      self.nodeID = nodeID
      self.host = host
      self.port = port
    }
  }

  public struct Topic: Sendable {
    public var error = ErrorCode.none
    /// Nil only in the answer to an unknown id.
    public var name: String? = nil
    public var id = TopicID.none
    public var isInternal = false
    public var partitions: [Partition] = []

    public init() {}

    public init(
      error: ErrorCode, name: String? = nil, id: TopicID = TopicID.none, isInternal: Bool = false,
      partitions: [Partition] = []
    ) {
      self.error = error
      self.name = name
      self.id = id
      self.isInternal = isInternal
      self.partitions = partitions
    }
  }

  public struct Partition: Sendable {
    public var error = ErrorCode.none
    public var partition = PartitionID(0)
    public var leaderID: Int32 = 0
    public var leaderEpoch = onlyLeaderEpoch
    public var replicas: [Int32] = []
    public var inSyncReplicas: [Int32] = []

    public init() {}

    public init(
      error: ErrorCode, partition: PartitionID = PartitionID(0), leaderID: Int32 = 0,
      leaderEpoch: Int32 = onlyLeaderEpoch, replicas: [Int32] = [], inSyncReplicas: [Int32] = []
    ) {
      self.error = error
      self.partition = partition
      self.leaderID = leaderID
      self.leaderEpoch = leaderEpoch
      self.replicas = replicas
      self.inSyncReplicas = inSyncReplicas
    }
  }
}

extension MetadataRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    if wire.version == 0 {
      // Here no topics stand for all.
      var named = topics ?? []
      try wire.field(&named)
      topics = named.isEmpty ? nil : named
    } else {
      try wire.field(&topics)
    }
    if wire.version >= 4 { try wire.field(&allowAutoTopicCreation) }
    // Whether to list what the client is authorized to do: nobody is restricted.
    if (8...10).contains(wire.version) { try wire.constant(Int8(0)) }
    if wire.version >= 8 { try wire.constant(Int8(0)) }
    try wire.tags()
  }
}

extension MetadataRequest.Topic: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    if wire.version >= 10 {
      try wire.field(&id)
      try wire.field(&name)
    } else {
      var present = name ?? ""
      try wire.field(&present)
      name = present
    }
    try wire.tags()
  }
}

extension MetadataResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.throttleTime(since: 3)
    try wire.field(&brokers)
    if wire.version >= 2 { try wire.field(&clusterID) }
    if wire.version >= 1 { try wire.field(&controllerID) }
    try wire.field(&topics)
    if (8...10).contains(wire.version) { try wire.constant(notAsked) }
    try wire.tags()
  }
}

extension MetadataResponse.Broker: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&nodeID)
    try wire.field(&host)
    try wire.field(&port)
    // The rack.
    if wire.version >= 1 { try wire.nullText() }
    try wire.tags()
  }
}

extension MetadataResponse.Topic: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&error)
    if wire.version >= 12 {
      try wire.field(&name)
    } else {
      var present = name ?? ""
      try wire.field(&present)
      name = present
    }
    if wire.version >= 10 { try wire.field(&id) }
    if wire.version >= 1 { try wire.field(&isInternal) }
    try wire.field(&partitions)
    if wire.version >= 8 { try wire.constant(notAsked) }
    try wire.tags()
  }
}

extension MetadataResponse.Partition: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&error)
    try wire.field(&partition)
    try wire.field(&leaderID)
    if wire.version >= 7 { try wire.field(&leaderEpoch) }
    try wire.field(&replicas)
    try wire.field(&inSyncReplicas)
    if wire.version >= 5 {
      var offlineReplicas: [Int32] = []
      try wire.field(&offlineReplicas)
    }
    try wire.tags()
  }
}

/// What stands for "authorized operations" that were not asked for.
private let notAsked = Int32.min
