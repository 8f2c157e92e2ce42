// DeleteGroups and OffsetDelete: a group goes with its positions, or only some of its positions go.
public import Basics

public struct DeleteGroupsRequest: Sendable {
  public var groupIDs: [String] = []

  public init() {}

  public init(groupIDs: [String]) {
    self.groupIDs = groupIDs
  }
}

public struct DeleteGroupsResponse: Sendable {
  public var results: [Result] = []

  public init() {}

  public init(results: [Result]) {
    self.results = results
  }

  public struct Result: Sendable {
    public var groupID = ""
    public var error = ErrorCode.none

    public init() {}

    public init(groupID: String, error: ErrorCode) {
      self.groupID = groupID
      self.error = error
    }
  }
}

public struct OffsetDeleteRequest: Sendable {
  public var groupID = ""
  public var topics: [TopicEntry<PartitionID>] = []

  public init() {}

  public init(groupID: String, topics: [TopicEntry<PartitionID>]) {
    self.groupID = groupID
    self.topics = topics
  }
}

public struct OffsetDeleteResponse: Sendable {
  /// Why nothing at all was deleted; then no topic is named.
  public var error = ErrorCode.none
  public var topics: [TopicEntry<PartitionError>] = []

  public init() {}

  public init(error: ErrorCode, topics: [TopicEntry<PartitionError>] = []) {
    self.error = error
    self.topics = topics
  }
}

extension DeleteGroupsRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&groupIDs)
    try wire.tags()
  }
}

extension DeleteGroupsResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.throttleTime()
    try wire.field(&results)
    try wire.tags()
  }
}

extension DeleteGroupsResponse.Result: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&groupID)
    try wire.field(&error)
    try wire.tags()
  }
}

extension OffsetDeleteRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&groupID)
    try wire.field(&topics)
    try wire.tags()
  }
}

extension OffsetDeleteResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&error)
    try wire.throttleTime()
    try wire.field(&topics)
    try wire.tags()
  }
}
