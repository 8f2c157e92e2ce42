// SyncGroup: the leader hands in the assignment, every member gets its share.
public import Basics

public struct SyncGroupRequest: Sendable {
  public var groupID = ""
  public var generation: Int32 = -1
  public var memberID = ""
  public var groupInstanceID: String? = nil
  public var protocolType: String? = nil
  public var protocolName: String? = nil
  /// Empty unless the sender leads.
  public var assignments: [Assignment] = []

  public init() {}

  public init(
    groupID: String, generation: Int32 = -1, memberID: String = "", groupInstanceID: String? = nil,
    protocolType: String? = nil, protocolName: String? = nil, assignments: [Assignment] = []
  ) {
    self.groupID = groupID
    self.generation = generation
    self.memberID = memberID
    self.groupInstanceID = groupInstanceID
    self.protocolType = protocolType
    self.protocolName = protocolName
    self.assignments = assignments
  }

  public struct Assignment: Sendable {
    public var memberID = ""
    public var assignment = ByteSlice.empty

    public init() {}

    public init(memberID: String, assignment: ByteSlice = ByteSlice.empty) {
      self.memberID = memberID
      self.assignment = assignment
    }
  }
}

public struct SyncGroupResponse: Sendable {
  public var error = ErrorCode.none
  public var protocolType: String? = nil
  public var protocolName: String? = nil
  public var assignment = ByteSlice.empty

  public init() {}

  public init(
    error: ErrorCode, protocolType: String? = nil, protocolName: String? = nil,
    assignment: ByteSlice = ByteSlice.empty
  ) {
    self.error = error
    self.protocolType = protocolType
    self.protocolName = protocolName
    self.assignment = assignment
  }
}

extension SyncGroupRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&groupID)
    try wire.field(&generation)
    try wire.field(&memberID)
    if wire.version >= 3 { try wire.field(&groupInstanceID) }
    if wire.version >= 5 {
      try wire.field(&protocolType)
      try wire.field(&protocolName)
    }
    try wire.field(&assignments)
    try wire.tags()
  }
}

extension SyncGroupRequest.Assignment: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&memberID)
    try wire.field(&assignment)
    try wire.tags()
  }
}

extension SyncGroupResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.throttleTime(since: 1)
    try wire.field(&error)
    if wire.version >= 5 {
      try wire.field(&protocolType)
      try wire.field(&protocolName)
    }
    try wire.field(&assignment)
    try wire.tags()
  }
}
