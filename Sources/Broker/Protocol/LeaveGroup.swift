// LeaveGroup: members go for good; a group's static members may be removed by anyone who knows their names.

public struct LeaveGroupRequest: Sendable {
  public var groupID = ""
  /// Exactly one before version 3.
  public var members: [Member] = []

  public init() {}

  public init(groupID: String, members: [Member] = []) {
    self.groupID = groupID
    self.members = members
  }

  public struct Member: Sendable {
    /// Empty when a static member is named by its instance alone.
    public var memberID = ""
    public var groupInstanceID: String? = nil
    public var reason: String? = nil

    public init() {}

    public init(memberID: String, groupInstanceID: String? = nil, reason: String? = nil) {
      self.memberID = memberID
      self.groupInstanceID = groupInstanceID
      self.reason = reason
    }
  }
}

public struct LeaveGroupResponse: Sendable {
  /// Before version 3 the only member's error belongs here.
  public var error = ErrorCode.none
  public var members: [Member] = []

  public init() {}

  public init(error: ErrorCode, members: [Member] = []) {
    self.error = error
    self.members = members
  }

  public struct Member: Sendable {
    public var memberID = ""
    public var groupInstanceID: String? = nil
    public var error = ErrorCode.none

    public init() {}

    public init(memberID: String, groupInstanceID: String? = nil, error: ErrorCode = ErrorCode.none) {
      self.memberID = memberID
      self.groupInstanceID = groupInstanceID
      self.error = error
    }
  }
}

extension LeaveGroupRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&groupID)
    if wire.version >= 3 {
      try wire.field(&members)
    } else {
      var only = members.first ?? Member()
      try wire.field(&only.memberID)
      members = [only]
    }
    try wire.tags()
  }
}

extension LeaveGroupRequest.Member: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&memberID)
    try wire.field(&groupInstanceID)
    if wire.version >= 5 { try wire.field(&reason) }
    try wire.tags()
  }
}

extension LeaveGroupResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.throttleTime(since: 1)
    try wire.field(&error)
    if wire.version >= 3 { try wire.field(&members) }
    try wire.tags()
  }
}

extension LeaveGroupResponse.Member: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&memberID)
    try wire.field(&groupInstanceID)
    try wire.field(&error)
    try wire.tags()
  }
}
