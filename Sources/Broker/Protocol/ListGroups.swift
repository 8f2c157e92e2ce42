// ListGroups and DescribeGroups: which groups there are, and who is in them.
public import Basics

public struct ListGroupsRequest: Sendable {
  /// Only groups in one of these states; empty: in any.
  public var states: [String] = []
  /// Only groups of one of these types; empty: of any.
  public var types: [String] = []

  public init() {}

  public init(states: [String], types: [String] = []) {
    self.states = states
    self.types = types
  }
}

public struct ListGroupsResponse: Sendable {
  public var error = ErrorCode.none
  public var groups: [Group] = []

  public init() {}

  public init(groups: [Group]) {
    self.groups = groups
  }

  public struct Group: Sendable {
    public var groupID = ""
    public var protocolType = ""
    public var state = ""
    public var type = ""

    public init() {}

    public init(groupID: String, protocolType: String, state: String, type: String) {
      self.groupID = groupID
      self.protocolType = protocolType
      self.state = state
      self.type = type
    }
  }
}

public struct DescribeGroupsRequest: Sendable {
  public var groupIDs: [String] = []
  public var includeAuthorizedOperations = false

  public init() {}

  public init(groupIDs: [String]) {
    self.groupIDs = groupIDs
  }
}

public struct DescribeGroupsResponse: Sendable {
  public var groups: [Group] = []

  public init() {}

  public init(groups: [Group]) {
    self.groups = groups
  }

  public struct Group: Sendable {
    public var error = ErrorCode.none
    public var groupID = ""
    public var state = ""
    public var protocolType = ""
    /// The assignor; empty unless the group is stable.
    public var protocolName = ""
    public var members: [Member] = []

    public init() {}

    public init(groupID: String, error: ErrorCode) {
      self.groupID = groupID
      self.error = error
    }

    public init(
      groupID: String, state: String, protocolType: String = "", protocolName: String = "",
      members: [Member] = []
    ) {
      self.groupID = groupID
      self.state = state
      self.protocolType = protocolType
      self.protocolName = protocolName
      self.members = members
    }
  }

  public struct Member: Sendable {
    public var memberID = ""
    public var groupInstanceID: String? = nil
    public var clientID = ""
    public var metadata = ByteSlice.empty
    public var assignment = ByteSlice.empty

    public init() {}

    public init(
      memberID: String, groupInstanceID: String? = nil, clientID: String = "",
      metadata: ByteSlice = .empty, assignment: ByteSlice = .empty
    ) {
      self.memberID = memberID
      self.groupInstanceID = groupInstanceID
      self.clientID = clientID
      self.metadata = metadata
      self.assignment = assignment
    }
  }
}

extension ListGroupsRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    if wire.version >= 4 { try wire.field(&states) }
    if wire.version >= 5 { try wire.field(&types) }
    try wire.tags()
  }
}

extension ListGroupsResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.throttleTime(since: 1)
    try wire.field(&error)
    try wire.field(&groups)
    try wire.tags()
  }
}

extension ListGroupsResponse.Group: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&groupID)
    try wire.field(&protocolType)
    if wire.version >= 4 { try wire.field(&state) }
    if wire.version >= 5 { try wire.field(&type) }
    try wire.tags()
  }
}

extension DescribeGroupsRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&groupIDs)
    if wire.version >= 3 { try wire.field(&includeAuthorizedOperations) }
    try wire.tags()
  }
}

extension DescribeGroupsResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.throttleTime(since: 1)
    try wire.field(&groups)
    try wire.tags()
  }
}

extension DescribeGroupsResponse.Group: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&error)
    try wire.field(&groupID)
    try wire.field(&state)
    try wire.field(&protocolType)
    try wire.field(&protocolName)
    try wire.field(&members)
    if wire.version >= 3 { try wire.authorizedOperations() }
    try wire.tags()
  }
}

extension DescribeGroupsResponse.Member: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&memberID)
    if wire.version >= 4 { try wire.field(&groupInstanceID) }
    try wire.field(&clientID)
    // The client's host: the core that answers knows no sockets.
    try wire.emptyText()
    try wire.field(&metadata)
    try wire.field(&assignment)
    try wire.tags()
  }
}
