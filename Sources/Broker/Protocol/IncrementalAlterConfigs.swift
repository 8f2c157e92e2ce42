// IncrementalAlterConfigs (KIP-339): single settings change, all others stay. Answered as AlterConfigs is.

public struct IncrementalAlterConfigsRequest: Sendable {
  public var resources: [Resource] = []
  public var validateOnly = false

  public init() {}

  public init(resources: [Resource], validateOnly: Bool = false) {
    self.resources = resources
    self.validateOnly = validateOnly
  }

  public struct Resource: Sendable {
    public var resource = ConfigResource()
    public var changes: [Change] = []

    public init() {}

    public init(resource: ConfigResource, changes: [Change]) {
      self.resource = resource
      self.changes = changes
    }
  }

  public struct Change: Sendable {
    public var name = ""
    public var operation = Operation.set
    public var value: String? = nil

    public init() {}

    public init(name: String, operation: Operation, value: String? = nil) {
      self.name = name
      self.operation = operation
      self.value = value
    }
  }

  public enum Operation: Int8, Sendable {
    case set = 0
    /// Back to the default.
    case delete = 1
    /// Adds to a list.
    case append = 2
    /// Takes from a list.
    case subtract = 3
  }
}

extension IncrementalAlterConfigsRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&resources)
    try wire.field(&validateOnly)
    try wire.tags()
  }
}

extension IncrementalAlterConfigsRequest.Resource: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&resource.kind)
    try wire.field(&resource.name)
    try wire.field(&changes)
    try wire.tags()
  }
}

extension IncrementalAlterConfigsRequest.Change: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&name)
    try wire.field(&operation)
    try wire.field(&value)
    try wire.tags()
  }
}
