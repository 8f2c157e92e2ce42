// Events counted by agent, the second of two stages: partials from wherever events landed become one standing
// per agent. As a value it is the state that is kept; as JSON it is what the projection shows.
public import Basics

/// How many events of each type an agent has had.
public struct AgentScorecard: Hashable, Sendable {
  public let organization: String
  public let agent: String
  /// In the order of their types' bytes.
  public private(set) var counts: [AgentPartial.Count] = []

  /// A partial brought more types than this to an agent: its further types are counted as `other`, so that a
  /// producer that invents types cannot fill a task's memory.
  public static let typesMax = 64
  public static let otherType = "other"

  public init(organization: String, agent: String) {
    self.organization = organization
    self.agent = agent
  }

  public var events: UInt64 { counts.reduce(0) { $0 &+ $1.events } }

  /// Adds what a task has counted.
  public mutating func add(_ partial: AgentPartial) {
    for count in partial.counts { add(count) }
  }

  private mutating func add(_ count: AgentPartial.Count) {
    if let index = counts.firstIndex(where: { $0.type == count.type }) {
      counts[index].events &+= count.events
      return
    }
    guard counts.count < Self.typesMax || count.type == Self.otherType else {
      return add(AgentPartial.Count(type: Self.otherType, events: count.events))
    }
    let place = counts.firstIndex { count.type.utf8.lexicographicallyPrecedes($0.type.utf8) } ?? counts.count
    counts.insert(count, at: place)
  }

  /// As the projection has it:
  /// `{"schema_version":1,"organization":"acme","agent":"triage","events":2,"events_by_type":{"a":1,"b":1}}`.
  public func appendJSON(to bytes: inout [UInt8]) {
    bytes.append(contentsOf: "{\"schema_version\":\(Self.schemaVersion),\"organization\":".utf8)
    bytes.appendJSON(organization)
    bytes.append(contentsOf: ",\"agent\":".utf8)
    bytes.appendJSON(agent)
    bytes.append(contentsOf: ",\"events\":\(events),\"events_by_type\":{".utf8)
    for (index, count) in counts.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes.appendJSON(count.type)
      bytes.append(contentsOf: ":\(count.events)".utf8)
    }
    bytes.append(contentsOf: "}}".utf8)
  }
}

/// The bytes are a partial's, of all events so far.
extension AgentScorecard: Storable {
  public func store(into bytes: inout [UInt8]) {
    AgentPartial(organization: organization, agent: agent, counts: counts).store(into: &bytes)
  }

  public init?(stored bytes: RawSpan) {
    guard let all = AgentPartial(stored: bytes) else { return nil }
    self.init(organization: all.organization, agent: all.agent)
    counts = all.counts
  }
}
