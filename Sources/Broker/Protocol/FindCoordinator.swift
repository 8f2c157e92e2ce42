// FindCoordinator: which broker looks after a group or a transactional id. Here: always this one.

public struct FindCoordinatorRequest: Sendable {
  public var kind = CoordinatorKind.group
  /// Exactly one before version 4.
  public var keys: [String] = []

  public init() {}

  public init(kind: CoordinatorKind, keys: [String] = []) {
    self.kind = kind
    self.keys = keys
  }
}

public enum CoordinatorKind: Int8, Sendable {
  case group = 0
  case transaction = 1
}

public struct FindCoordinatorResponse: Sendable {
  /// One for each key asked for, in the same order.
  public var coordinators: [Coordinator] = []

  public init() {}

  public init(coordinators: [Coordinator]) {
    self.coordinators = coordinators
  }

  public struct Coordinator: Sendable {
    public var key = ""
    public var nodeID: Int32 = -1
    public var host = ""
    public var port: Int32 = -1
    public var error = ErrorCode.none
    public var errorMessage: String? = nil

    public init() {}

    public init(
      key: String, nodeID: Int32 = -1, host: String = "", port: Int32 = -1, error: ErrorCode = ErrorCode.none,
      errorMessage: String? = nil
    ) {
      self.key = key
      self.nodeID = nodeID
      self.host = host
      self.port = port
      self.error = error
      self.errorMessage = errorMessage
    }
  }
}

extension FindCoordinatorRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    if wire.version < 4 {
      var key = keys.first ?? ""
      try wire.field(&key)
      keys = [key]
    }
    if wire.version >= 1 { try wire.field(&kind) }
    if wire.version >= 4 { try wire.field(&keys) }
    try wire.tags()
  }
}

extension FindCoordinatorResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.throttleTime(since: 1)
    if wire.version >= 4 {
      try wire.field(&coordinators)
    } else {
      var only = coordinators.first ?? Coordinator()
      try wire.field(&only.error)
      if wire.version >= 1 { try wire.field(&only.errorMessage) }
      try only.address(&wire)
      coordinators = [only]
    }
    try wire.tags()
  }
}

extension FindCoordinatorResponse.Coordinator: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&key)
    try address(&wire)
    try wire.field(&error)
    try wire.field(&errorMessage)
    try wire.tags()
  }

  fileprivate mutating func address(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&nodeID)
    try wire.field(&host)
    try wire.field(&port)
  }
}
