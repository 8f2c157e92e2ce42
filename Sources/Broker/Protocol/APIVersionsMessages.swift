// ApiVersions: a client's first question, which requests and versions the broker speaks (KIP-35, KIP-511).

public struct APIVersionsRequest: Sendable {
  public var clientSoftwareName = ""
  public var clientSoftwareVersion = ""

  public init() {}

  public init(clientSoftwareName: String, clientSoftwareVersion: String = "") {
    self.clientSoftwareName = clientSoftwareName
    self.clientSoftwareVersion = clientSoftwareVersion
  }
}

public struct APIVersionsResponse: Sendable {
  public var error = ErrorCode.none

  public init() {}

  public init(error: ErrorCode) {
    self.error = error
  }
}

extension APIVersionsRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    if wire.version >= 3 {
      try wire.field(&clientSoftwareName)
      try wire.field(&clientSoftwareVersion)
    }
    try wire.tags()
  }
}

extension APIVersionsResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&error)
    var table = APIVersions.table.map(Entry.init)
    try wire.field(&table)
    try wire.throttleTime(since: 1)
    try wire.tags()
  }
}

/// One line of the table.
private struct Entry: WireValue {
  var key: Int16 = 0
  var least: Int16 = 0
  var greatest: Int16 = 0

  init() {}

  init(_ line: (key: APIKey, versions: APIVersions)) {
    key = line.key.rawValue
    least = line.versions.served.lowerBound
    greatest = line.versions.served.upperBound
  }

  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&key)
    try wire.field(&least)
    try wire.field(&greatest)
    try wire.tags()
  }
}
