// Events counted by agent where they land: the first of two stages. What an epoch counted leaves as one
// partial per agent, so an agent with many events is many counts in few records, not a hot partition.
public import Basics

/// Counts of events by organization, agent and type, until they are taken out.
public struct AgentCounts: Sendable {
  /// The longest organization, agent or type that is counted: an envelope's 256 characters in UTF-8.
  public static let nameBytesMax = 1024

  private var agents = ByteTally()
  /// By agent's number and type.
  private var types = ByteTally()
  private var scratch: [UInt8] = []

  public init() {}

  public var isEmpty: Bool { agents.isEmpty }

  /// Counts an event. False when a name is empty, too long, or not UTF-8: then nothing is counted.
  public mutating func add(organization: RawSpan, agent: RawSpan, type: RawSpan) -> Bool {
    guard isName(organization), isName(agent), isName(type) else { return false }
    var key: [UInt8] = []
    swap(&key, &scratch)
    defer { swap(&key, &scratch) }
    key.removeAll(keepingCapacity: true)
    key.append(countedField: organization)
    key.append(countedField: agent)
    let number = agents.add(unsafe key.span.bytes)
    key.removeAll(keepingCapacity: true)
    key.append(littleEndian: UInt32(number))
    unsafe type.withUnsafeBytes { unsafe key.append(contentsOf: $0) }
    types.add(unsafe key.span.bytes)
    return true
  }

  /// Hands over one partial per agent, in the order in which agents were first met, and begins anew.
  public mutating func take() -> [AgentPartial] {
    guard !isEmpty else { return [] }
    var partials: [AgentPartial] = []
    agents.forEach { _, key, _ in
      var reader = ByteReader(key)
      partials.append(AgentPartial(organization: reader.text() ?? "", agent: reader.text() ?? ""))
    }
    types.forEach { _, key, count in
      var reader = ByteReader(key)
      guard let number = reader.integer(UInt32.self),
        let type = String(stored: key.extracting(droppingFirst: 4))
      else { return }
      partials[Int(number)].counts.append(AgentPartial.Count(type: type, events: count))
    }
    agents.removeAll()
    types.removeAll()
    return partials
  }

  private func isName(_ bytes: RawSpan) -> Bool {
    guard (1...Self.nameBytesMax).contains(bytes.byteCount) else { return false }
    return unsafe bytes.withUnsafeBytes { bytes in
      unsafe bytes.allSatisfy { $0 < 0x80 } || String(validating: bytes, as: UTF8.self) != nil
    }
  }
}

/// What one task counted of one agent in one epoch.
public struct AgentPartial: Hashable, Sendable {
  public struct Count: Hashable, Sendable {
    public var type: String
    public var events: UInt64

    public init(type: String, events: UInt64) {
      self.type = type
      self.events = events
    }
  }

  public var organization: String
  public var agent: String
  public var counts: [Count]

  public init(organization: String, agent: String, counts: [Count] = []) {
    self.organization = organization
    self.agent = agent
    self.counts = counts
  }

  /// The agent's key on every topic: `organization/agent`. A `/` or `%` within the organization is written as
  /// in URLs, so two agents never share a key.
  public var key: String {
    var key = ""
    for character in organization.unicodeScalars {
      switch character {
      case "%": key += "%25"
      case "/": key += "%2F"
      default: key.unicodeScalars.append(character)
      }
    }
    return "\(key)/\(agent)"
  }
}

extension AgentPartial: Storable {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(Self.schemaVersion)
    bytes.append(countedText: organization)
    bytes.append(countedText: agent)
    bytes.append(littleEndian: UInt32(counts.count))
    for count in counts {
      bytes.append(countedText: count.type)
      bytes.append(littleEndian: count.events)
    }
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard reader.integer(UInt8.self) == Self.schemaVersion, let organization = reader.text(),
      let agent = reader.text(), let count = reader.integer(UInt32.self)
    else { return nil }
    self.init(organization: organization, agent: agent)
    for _ in 0..<count {
      guard let type = reader.text(), let events = reader.integer(UInt64.self) else { return nil }
      counts.append(Count(type: type, events: events))
    }
    guard reader.isAtEnd else { return nil }
  }
}
