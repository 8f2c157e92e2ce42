// Who may annotate and review: the value behind `expert.changed` (R2.5, R14.3).
public import Basics

/// One expert of one organization.
public struct Expert: Hashable, Sendable {
  public var isActive: Bool
  /// The agents they may judge; nil: all of the organization.
  public var agents: [String]?
  public var domains: [String]?

  public init(isActive: Bool, agents: [String]? = nil, domains: [String]? = nil) {
    self.isActive = isActive
    self.agents = agents
    self.domains = domains
  }

  public init(_ event: borrowing Fields<ExpertChanged>) {
    self.init(
      isActive: event.boolean(.active) ?? false, agents: event.texts(.agents), domains: event.texts(.domains))
  }

  /// Whether they may judge `agent`; nil asks whether they may judge at all.
  public func mayJudge(_ agent: String?) -> Bool {
    guard isActive else { return false }
    guard let agent, let agents else { return true }
    return agents.contains(agent)
  }
}

extension Expert: Storable {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(isActive ? 1 : 0)
    bytes.append(texts: agents)
    bytes.append(texts: domains)
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let isActive = reader.integer(UInt8.self), let agents = reader.texts(),
      let domains = reader.texts(), reader.isAtEnd
    else { return nil }
    self.init(isActive: isActive == 1, agents: agents.texts, domains: domains.texts)
  }
}
