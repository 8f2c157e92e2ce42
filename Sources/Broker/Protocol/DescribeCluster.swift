// DescribeCluster (KIP-700): the brokers, without the topics that Metadata brings along.

public struct DescribeClusterRequest: Sendable {
  public var includeAuthorizedOperations = false
  public var endpoints = Endpoints.brokers

  public init() {}

  /// Whose addresses are asked for.
  public enum Endpoints: Int8, Sendable {
    case brokers = 1
    case controllers = 2
  }
}

public struct DescribeClusterResponse: Sendable {
  public var error = ErrorCode.none
  public var errorMessage: String? = nil
  public var endpoints = DescribeClusterRequest.Endpoints.brokers
  public var clusterID = ""
  public var controllerID: Int32 = -1
  public var brokers: [Broker] = []

  public init() {}

  public init(error: ErrorCode, errorMessage: String? = nil) {
    self.error = error
    self.errorMessage = errorMessage
  }

  public init(clusterID: String, controllerID: Int32, brokers: [Broker]) {
    self.clusterID = clusterID
    self.controllerID = controllerID
    self.brokers = brokers
  }

  public struct Broker: Sendable {
    public var nodeID: Int32 = -1
    public var host = ""
    public var port: Int32 = -1

    public init() {}

    public init(nodeID: Int32, host: String, port: Int32) {
      self.nodeID = nodeID
      self.host = host
      self.port = port
    }
  }
}

extension DescribeClusterRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&includeAuthorizedOperations)
    if wire.version >= 1 { try wire.field(&endpoints) }
    try wire.tags()
  }
}

extension DescribeClusterResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.throttleTime()
    try wire.field(&error)
    try wire.field(&errorMessage)
    if wire.version >= 1 { try wire.field(&endpoints) }
    try wire.field(&clusterID)
    try wire.field(&controllerID)
    try wire.field(&brokers)
    try wire.authorizedOperations()
    try wire.tags()
  }
}

extension DescribeClusterResponse.Broker: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&nodeID)
    try wire.field(&host)
    try wire.field(&port)
    // No rack.
    try wire.nullText()
    try wire.tags()
  }
}
