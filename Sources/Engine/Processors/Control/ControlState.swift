// What a processor knows from its control partition: the files in force and what control events have set.
// Every processor that is configured embeds one. Its rows are a store with a changelog like any other, so a
// restarted task is configured as it was, and nothing but the control topic changes it: a replay sees each
// setting from the same epoch on.
internal import Basics
internal import Control
internal import Events
internal import Runtime

/// The settings in force for one task. Control records come first in their epoch, so a fold asks and needs
/// not remember.
struct ControlState {
  /// To be listed among the processor's stores; its changelog is `<prefix>.<processor>.settings.changelog`.
  let store = KeyValueStore<ControlKey, ControlValue>("settings")

  /// The configuration decoded, since it was last asked for.
  private var decoded: Configuration?
  private var active: [String]?
  /// Settings with every switch taken into account, by agent.
  private var effective: [AgentName: AgentSettings] = [:]
  /// The cache is dropped when it holds so many agents; a process has memory for more, a task has not them.
  private static let agentsMax = 50_000

  private struct AgentName: Hashable {
    var organization: String
    var agent: String
  }

  /// The organization that stands for the whole installation.
  static let platform = "platform"

  init() {}
}

// MARK: - Asking

extension ControlState {
  /// What is collected from an agent. Nothing is learned while a switch is off: the agent's own, its
  /// organization's, or the installation's (R10.9).
  mutating func settings(organization: String, agent: String) -> AgentSettings {
    let name = AgentName(organization: organization, agent: agent)
    if let known = effective[name] { return known }
    var settings = AgentSettings()
    if case .agent(let set)? = store[.agent(organization: organization, agent: agent)] { settings = set }
    let switches = [(Self.platform, ""), (organization, ""), (organization, agent)]
    if !switches.allSatisfy(isOn) { settings.learningEnabled = false }
    if effective.count >= Self.agentsMax { effective.removeAll() }
    effective[name] = settings
    return settings
  }

  /// Whether anything is learned at all (R10.9).
  var isLearningOn: Bool { isOn(Self.platform, "") }

  private func isOn(_ organization: String, _ agent: String) -> Bool {
    guard case .isOn(let isOn)? = store[.learning(organization: organization, agent: agent)] else {
      return true
    }
    return isOn
  }

  /// Whether a user may annotate and review, for `agent` if one is named.
  func isExpert(organization: String, user: String, agent: String? = nil) -> Bool {
    expert(organization: organization, user: user)?.mayJudge(agent) ?? false
  }

  func expert(organization: String, user: String) -> Expert? {
    guard case .expert(let expert)? = store[.expert(organization: organization, expert: user)] else {
      return nil
    }
    return expert
  }

  /// nil for one that no event has named.
  func organization(_ name: String) -> Organization? {
    guard case .organization(let organization)? = store[.organization(name)] else { return nil }
    return organization
  }

  /// Those that events have made active, in order.
  mutating func activeOrganizations() -> [String] {
    if let active { return active }
    var names: [String] = []
    store.forEachInOrder { key, value in
      if case .organization(let name) = key, case .organization(let one) = value, one.isActive {
        names.append(name)
      }
    }
    active = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    return active ?? []
  }

  /// Tells configurations apart: what was made of one stands as long as this stays the same. 0: there is
  /// none.
  var version: UInt64 {
    store.read(.configuration) { value in
      guard case .bytes(let bytes)? = value else { return 0 }
      return unsafe XXH64.hash(bytes.span.bytes)
    }
  }

  /// The paths in force that begin with `folder`, in order: "rules/platform/".
  mutating func paths(below folder: String = "") -> [String] {
    configuration().files.keys.filter { $0.hasPrefix(folder) }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// The content of a file in force; nil when none has that path.
  mutating func file(_ path: String) -> [UInt8]? {
    guard let hash = configuration().files[path], case .bytes(let content)? = store[.file(hash: hash)] else {
      return nil
    }
    return content
  }

  private mutating func configuration() -> Configuration {
    if let decoded { return decoded }
    var found = Configuration()
    if case .bytes(let bytes)? = store[.configuration] { found = Configuration(decoding: bytes) ?? found }
    decoded = found
    return found
  }
}

// MARK: - Folding

extension ControlState {
  /// What a control record came to.
  struct Outcome {
    /// The fold's verdict on the record.
    var verdict = Verdict.folded
    /// What the processor has to remove from its own stores.
    var erasure: Erasure?
  }

  /// Takes the next record of the control input.
  mutating func fold(
    _ record: borrowing InputRecord, with decoder: inout EventDecoder
  ) -> Outcome {
    if let bytes = record.key, let key = String(stored: bytes) {
      if key == Configuration.recordKey { return Outcome(verdict: takeConfiguration(record)) }
      if key.hasPrefix(Configuration.fileKey("")) { return Outcome(verdict: takeFile(record, key)) }
    }
    do throws(Violation) {
      let envelope = try Envelope(record)
      let event = try decoder.decode(envelope, from: .control)
      return Outcome(erasure: set(event, of: envelope))
    } catch {
      return Outcome(verdict: .setAside(SetAsideReason(rawValue: error.reason.rawValue)))
    }
  }

  /// A list of files that are not all there leaves in force what is.
  private mutating func takeConfiguration(_ record: borrowing InputRecord) -> Verdict {
    guard let value = record.value, let bytes = [UInt8](stored: value),
      let configuration = Configuration(decoding: bytes)
    else { return .setAside(.undecodable) }
    for hash in configuration.files.values where store[.file(hash: hash)] == nil {
      return .setAside(.invalid)
    }
    store[.configuration] = .bytes(bytes)
    decoded = configuration
    return .folded
  }

  private func takeFile(_ record: borrowing InputRecord, _ key: String) -> Verdict {
    guard let value = record.value, let content = [UInt8](stored: value) else {
      return .setAside(.undecodable)
    }
    let hash = Configuration.hash(of: content)
    guard key == Configuration.fileKey(hash) else { return .setAside(.invalid) }
    store[.file(hash: hash)] = .bytes(content)
    return .folded
  }

  private mutating func set(_ event: borrowing DecodedEvent, of envelope: borrowing Envelope) -> Erasure? {
    let organization = envelope.organization.string
    let agent = envelope.agent?.string ?? ""
    switch event.type {
    case .agentConfigured:
      let settings = AgentSettings(event.fields(AgentConfigured.self))
      store[.agent(organization: organization, agent: agent)] = .agent(settings)
      effective[AgentName(organization: organization, agent: agent)] = nil
    case .expertChanged:
      let fields = event.fields(ExpertChanged.self)
      if let expert = fields.text(.expertID)?.string {
        store[.expert(organization: organization, expert: expert)] = .expert(Expert(fields))
      }
    case .organizationChanged:
      store[.organization(organization)] = .organization(
        Organization(event.fields(OrganizationChanged.self)))
      active = nil
    case .learningSwitched:
      let isOn = event.fields(LearningSwitched.self).boolean(.enabled) ?? true
      store[.learning(organization: organization, agent: agent)] = .isOn(isOn)
      effective.removeAll()
    case .erasureRequested:
      return Erasure(organization: organization, event.fields(ErasureRequested.self))
    default:
      // configuration.published: promised by a released schema, and without effect (docs/events.md).
      break
    }
    return nil
  }
}
