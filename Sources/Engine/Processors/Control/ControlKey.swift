// What is set, by name, and what it is set to: the rows of the store that every processor keeps of its
// control partition.
internal import Basics
internal import Events

/// Names one setting.
enum ControlKey: Hashable, StorableKey {
  case configuration
  case file(hash: String)
  case agent(organization: String, agent: String)
  case expert(organization: String, expert: String)
  case organization(String)
  /// The switch of an agent; without a name, of an organization; of `platform`, of everything (R10.9).
  case learning(organization: String, agent: String)

  private var parts: (kind: UInt8, first: String, second: String) {
    switch self {
    case .configuration: (0, "", "")
    case .file(let hash): (1, hash, "")
    case .agent(let organization, let agent): (2, organization, agent)
    case .expert(let organization, let expert): (3, organization, expert)
    case .organization(let name): (4, name, "")
    case .learning(let organization, let agent): (5, organization, agent)
    }
  }

  func store(into bytes: inout [UInt8]) {
    let (kind, first, second) = parts
    bytes.append(kind)
    bytes.append(countedText: first)
    bytes.append(countedText: second)
  }

  init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let kind = reader.integer(UInt8.self), let first = reader.text(), let second = reader.text(),
      reader.isAtEnd
    else { return nil }
    switch kind {
    case 0: self = .configuration
    case 1: self = .file(hash: first)
    case 2: self = .agent(organization: first, agent: second)
    case 3: self = .expert(organization: first, expert: second)
    case 4: self = .organization(first)
    case 5: self = .learning(organization: first, agent: second)
    default: return nil
    }
  }
}

/// What a setting is set to.
enum ControlValue: Hashable, Storable {
  /// Of a file, or of the record that lists them.
  case bytes([UInt8])
  case agent(AgentSettings)
  case expert(Expert)
  case organization(Organization)
  case isOn(Bool)

  func store(into bytes: inout [UInt8]) {
    switch self {
    case .bytes(let content):
      bytes.append(0)
      bytes += content
    case .agent(let settings):
      bytes.append(1)
      settings.store(into: &bytes)
    case .expert(let expert):
      bytes.append(2)
      expert.store(into: &bytes)
    case .organization(let organization):
      bytes.append(3)
      organization.store(into: &bytes)
    case .isOn(let isOn): bytes += [4, isOn ? 1 : 0]
    }
  }

  init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let kind = reader.integer(UInt8.self) else { return nil }
    let rest = bytes.extracting(droppingFirst: 1)
    let value: Self? =
      switch kind {
      case 0: [UInt8](stored: rest).map { .bytes($0) }
      case 1: AgentSettings(stored: rest).map { .agent($0) }
      case 2: Expert(stored: rest).map { .expert($0) }
      case 3: Organization(stored: rest).map { .organization($0) }
      case 4: reader.integer(UInt8.self).map { .isOn($0 == 1) }
      default: nil
      }
    guard let value else { return nil }
    self = value
  }
}
