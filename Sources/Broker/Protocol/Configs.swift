// DescribeConfigs and AlterConfigs: a topic's or the broker's settings. AlterConfigs replaces all of them.

/// What has settings; other kinds come over the wire and are refused.
public struct ConfigResource: Hashable, Sendable {
  public struct Kind: RawRepresentable, Hashable, Sendable {
    public var rawValue: Int8
    public init(rawValue: Int8) { self.rawValue = rawValue }

    public static let topic = Kind(rawValue: 2)
    public static let broker = Kind(rawValue: 4)
  }

  public var kind = Kind.topic
  public var name = ""

  public init() {}

  public init(kind: Kind, name: String = "") {
    self.kind = kind
    self.name = name
  }
}

/// Who gave a setting its value.
public enum ConfigSource: Int8, Sendable {
  case topic = 1
  case brokerCommandLine = 4
  case standard = 5
}

public struct DescribeConfigsRequest: Sendable {
  public var resources: [Resource] = []
  public var includeSynonyms = false
  public var includeDocumentation = false

  public init() {}

  public init(resources: [Resource], includeSynonyms: Bool = false, includeDocumentation: Bool = false) {
    self.resources = resources
    self.includeSynonyms = includeSynonyms
    self.includeDocumentation = includeDocumentation
  }

  public struct Resource: Sendable {
    public var resource = ConfigResource()
    /// nil asks for all.
    public var names: [String]? = nil

    public init() {}

    public init(resource: ConfigResource, names: [String]? = nil) {
      self.resource = resource
      self.names = names
    }
  }
}

public struct DescribeConfigsResponse: Sendable {
  public var results: [Result] = []

  public init() {}

  public init(results: [Result]) {
    self.results = results
  }

  public struct Result: Sendable {
    public var error = ErrorCode.none
    public var errorMessage: String? = nil
    public var resource = ConfigResource()
    public var configs: [Config] = []

    public init() {}

    public init(
      error: ErrorCode, errorMessage: String? = nil, resource: ConfigResource = ConfigResource(),
      configs: [Config] = []
    ) {
      self.error = error
      self.errorMessage = errorMessage
      self.resource = resource
      self.configs = configs
    }
  }

  public struct Config: Sendable {
    public var name = ""
    public var value: String? = nil
    public var isReadOnly = false
    public var source = ConfigSource.standard
    public var type = ConfigType.unknown
    public var documentation: String? = nil

    public init() {}

    public init(
      name: String, value: String? = nil, isReadOnly: Bool = false,
      source: ConfigSource = ConfigSource.standard, type: ConfigType = ConfigType.unknown,
      documentation: String? = nil
    ) {
      self.name = name
      self.value = value
      self.isReadOnly = isReadOnly
      self.source = source
      self.type = type
      self.documentation = documentation
    }
  }

  public enum ConfigType: Int8, Sendable {
    case unknown = 0
    case boolean, string, int32, int16, int64, double, list, classname, password
  }
}

public struct AlterConfigsRequest: Sendable {
  public var resources: [Resource] = []
  public var validateOnly = false

  public init() {}

  public init(resources: [Resource], validateOnly: Bool = false) {
    self.resources = resources
    self.validateOnly = validateOnly
  }

  public struct Resource: Sendable {
    public var resource = ConfigResource()
    public var configs: [ConfigValue] = []

    public init() {}

    public init(resource: ConfigResource, configs: [ConfigValue] = []) {
      self.resource = resource
      self.configs = configs
    }
  }
}

public struct AlterConfigsResponse: Sendable {
  public var results: [Result] = []

  public init() {}

  public init(results: [Result]) {
    self.results = results
  }

  public struct Result: Sendable {
    public var error = ErrorCode.none
    public var errorMessage: String? = nil
    public var resource = ConfigResource()

    public init() {}

    public init(error: ErrorCode, errorMessage: String? = nil, resource: ConfigResource = ConfigResource()) {
      self.error = error
      self.errorMessage = errorMessage
      self.resource = resource
    }
  }
}

extension DescribeConfigsRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&resources)
    if wire.version >= 1 { try wire.field(&includeSynonyms) }
    if wire.version >= 3 { try wire.field(&includeDocumentation) }
    try wire.tags()
  }
}

extension DescribeConfigsRequest.Resource: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&resource.kind)
    try wire.field(&resource.name)
    try wire.field(&names)
    try wire.tags()
  }
}

extension DescribeConfigsResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.throttleTime()
    try wire.field(&results)
    try wire.tags()
  }
}

extension DescribeConfigsResponse.Result: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&error)
    try wire.field(&errorMessage)
    try wire.field(&resource.kind)
    try wire.field(&resource.name)
    try wire.field(&configs)
    try wire.tags()
  }
}

extension DescribeConfigsResponse.Config: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&name)
    try wire.field(&value)
    try wire.field(&isReadOnly)
    if wire.version == 0 {
      var isDefault = source == .standard
      try wire.field(&isDefault)
    } else {
      try wire.field(&source)
    }
    // Not secret; and no synonyms, as a setting has one name here.
    try wire.constant(Int8(0))
    if wire.version >= 1 {
      var synonyms: [String] = []
      try wire.field(&synonyms)
    }
    if wire.version >= 3 {
      try wire.field(&type)
      try wire.field(&documentation)
    }
    try wire.tags()
  }
}

extension AlterConfigsRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&resources)
    try wire.field(&validateOnly)
    try wire.tags()
  }
}

extension AlterConfigsRequest.Resource: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&resource.kind)
    try wire.field(&resource.name)
    try wire.field(&configs)
    try wire.tags()
  }
}

extension AlterConfigsResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.throttleTime()
    try wire.field(&results)
    try wire.tags()
  }
}

extension AlterConfigsResponse.Result: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&error)
    try wire.field(&errorMessage)
    try wire.field(&resource.kind)
    try wire.field(&resource.name)
    try wire.tags()
  }
}
