// JoinGroup: a member enters a consumer group or its next generation; the answer waits until the others have,
// too.
public import Basics

public struct JoinGroupRequest: Sendable {
  public var groupID = ""
  public var sessionTimeout = Duration.zero
  /// Nil before version 1, where the session timeout serves for both.
  public var rebalanceTimeout: Duration? = nil
  /// Empty for a member that has none yet.
  public var memberID = ""
  public var groupInstanceID: String? = nil
  public var protocolType = ""
  /// The assignors the member knows, the dearest first.
  public var protocols: [GroupProtocol] = []
  public var reason: String? = nil

  public init() {}

  public init(
    groupID: String, sessionTimeout: Duration = Duration.zero, rebalanceTimeout: Duration? = nil,
    memberID: String = "", groupInstanceID: String? = nil, protocolType: String = "",
    protocols: [GroupProtocol] = [], reason: String? = nil
  ) {
    self.groupID = groupID
    self.sessionTimeout = sessionTimeout
    self.rebalanceTimeout = rebalanceTimeout
    self.memberID = memberID
    self.groupInstanceID = groupInstanceID
    self.protocolType = protocolType
    self.protocols = protocols
    self.reason = reason
  }

  public struct GroupProtocol: Sendable {
    public var name = ""
    public var metadata = ByteSlice.empty

    public init() {}

    public init(name: String, metadata: ByteSlice = ByteSlice.empty) {
      self.name = name
      self.metadata = metadata
    }
  }
}

public struct JoinGroupResponse: Sendable {
  public var error = ErrorCode.none
  public var generation: Int32 = -1
  public var protocolType: String? = nil
  public var protocolName: String? = nil
  public var leader = ""
  /// True tells a returning static leader that the assignment stands (KIP-814).
  public var skipAssignment = false
  public var memberID = ""
  /// Filled for the leader only.
  public var members: [Member] = []

  public init() {}

  public init(
    error: ErrorCode, generation: Int32 = -1, protocolType: String? = nil, protocolName: String? = nil,
    leader: String = "", skipAssignment: Bool = false, memberID: String = "", members: [Member] = []
  ) {
    self.error = error
    self.generation = generation
    self.protocolType = protocolType
    self.protocolName = protocolName
    self.leader = leader
    self.skipAssignment = skipAssignment
    self.memberID = memberID
    self.members = members
  }

  public struct Member: Sendable {
    public var memberID = ""
    public var groupInstanceID: String? = nil
    public var metadata = ByteSlice.empty

    public init() {}

    public init(memberID: String, groupInstanceID: String? = nil, metadata: ByteSlice = ByteSlice.empty) {
      self.memberID = memberID
      self.groupInstanceID = groupInstanceID
      self.metadata = metadata
    }
  }
}

extension JoinGroupRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&groupID)
    try wire.field(&sessionTimeout)
    if wire.version >= 1 {
      var timeout = rebalanceTimeout ?? sessionTimeout
      try wire.field(&timeout)
      rebalanceTimeout = timeout
    }
    try wire.field(&memberID)
    if wire.version >= 5 { try wire.field(&groupInstanceID) }
    try wire.field(&protocolType)
    try wire.field(&protocols)
    if wire.version >= 8 { try wire.field(&reason) }
    try wire.tags()
  }
}

extension JoinGroupRequest.GroupProtocol: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&name)
    try wire.field(&metadata)
    try wire.tags()
  }
}

extension JoinGroupResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.throttleTime(since: 2)
    try wire.field(&error)
    try wire.field(&generation)
    if wire.version >= 7 {
      try wire.field(&protocolType)
      try wire.field(&protocolName)
    } else {
      var name = protocolName ?? ""
      try wire.field(&name)
      protocolName = name
    }
    try wire.field(&leader)
    if wire.version >= 9 { try wire.field(&skipAssignment) }
    try wire.field(&memberID)
    try wire.field(&members)
    try wire.tags()
  }
}

extension JoinGroupResponse.Member: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&memberID)
    if wire.version >= 5 { try wire.field(&groupInstanceID) }
    try wire.field(&metadata)
    try wire.tags()
  }
}
