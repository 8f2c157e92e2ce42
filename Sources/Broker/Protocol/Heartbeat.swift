// Heartbeat: a member says it lives, and hears whether its group rebalances.

public struct HeartbeatRequest: Sendable {
  public var groupID = ""
  public var generation: Int32 = -1
  public var memberID = ""
  public var groupInstanceID: String? = nil

  public init() {}

  public init(groupID: String, generation: Int32 = -1, memberID: String = "", groupInstanceID: String? = nil)
  {
    self.groupID = groupID
    self.generation = generation
    self.memberID = memberID
    self.groupInstanceID = groupInstanceID
  }
}

public struct HeartbeatResponse: Sendable {
  public var error = ErrorCode.none

  public init() {}

  public init(error: ErrorCode) {
    self.error = error
  }
}

extension HeartbeatRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&groupID)
    try wire.field(&generation)
    try wire.field(&memberID)
    if wire.version >= 3 { try wire.field(&groupInstanceID) }
    try wire.tags()
  }
}

extension HeartbeatResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.throttleTime(since: 1)
    try wire.field(&error)
    try wire.tags()
  }
}
