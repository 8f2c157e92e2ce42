// An example as collect sees it: what review is told, each time as a whole. A later one of the same id takes
// the place of the earlier.
public import Basics

/// A learning example before review, or what has become of it where it came from.
public struct Candidate: Hashable, Sendable {
  /// Why an example no longer stands for what was said.
  public enum Withdrawal: Hashable, Sendable {
    /// Its feedback has been taken back.
    case retracted(at: EventTime)
    /// Another feedback has taken the place of its own; `exampleID` is that one's example.
    case replaced(at: EventTime, exampleID: String)
    /// Nothing of it may be kept (R14.8): it has no content.
    case erased

    public var time: EventTime? {
      switch self {
      case .retracted(let time), .replaced(let time, _): time
      case .erased: nil
      }
    }
  }

  public var organization: String
  public var agent: String
  public var id: String
  public var content: ExampleContent
  public var createdAt: EventTime
  public var withdrawal: Withdrawal?

  public init(
    organization: String, agent: String, id: String, _ content: ExampleContent, createdAt: EventTime,
    withdrawal: Withdrawal? = nil
  ) {
    self.organization = organization
    self.agent = agent
    self.id = id
    self.content = content
    self.createdAt = createdAt
    self.withdrawal = withdrawal
  }
}

extension Candidate: Storable {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(countedText: organization)
    bytes.append(countedText: agent)
    bytes.append(countedText: id)
    bytes.append(littleEndian: createdAt.rawValue)
    let (kind, time, other): (UInt8, Int64, String) =
      switch withdrawal {
      case nil: (0, 0, "")
      case .retracted(let time): (1, time.rawValue, "")
      case .replaced(let time, let exampleID): (2, time.rawValue, exampleID)
      case .erased: (3, 0, "")
      }
    bytes.append(kind)
    bytes.append(littleEndian: time)
    bytes.append(countedText: other)
    content.store(into: &bytes)
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let organization = reader.text(), let agent = reader.text(), let id = reader.text(),
      let created = reader.integer(Int64.self), let kind = reader.integer(UInt8.self),
      let time = reader.integer(Int64.self), let other = reader.text()
    else { return nil }
    let headCount = 4 * 4 + organization.utf8.count + agent.utf8.count + id.utf8.count + other.utf8.count + 17
    guard let content = ExampleContent(stored: bytes.extracting(droppingFirst: headCount)) else { return nil }
    self.init(
      organization: organization, agent: agent, id: id, content, createdAt: EventTime(milliseconds: created))
    switch kind {
    case 0: break
    case 1: withdrawal = .retracted(at: EventTime(milliseconds: time))
    case 2: withdrawal = .replaced(at: EventTime(milliseconds: time), exampleID: other)
    case 3: withdrawal = .erased
    default: return nil
    }
  }
}
