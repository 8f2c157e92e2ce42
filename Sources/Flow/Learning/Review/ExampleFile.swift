// The file of one example: what it shows, once that is known, and all that was ever done about it. Deeds may
// come before the example itself; they wait in its file, which is closed when it stays empty for too long.
public import Basics
public import Events

/// What is kept of an example.
public struct ExampleFile: Hashable, Sendable {
  /// Deeds about one example, so that no key grows without end.
  public static let factsMax = 256
  /// Of all it holds: a file must fit a changelog's record of 1 MB, and its JSON a projection's.
  public static let bytesMax = 655_360

  /// What became of something added.
  public enum Addition: Sendable {
    case added
    case duplicate
    case full
    /// Only an expert may do it, or only another one than this.
    case forbidden
  }

  public private(set) var example: Candidate?
  /// In order (`ReviewFact.precedes`).
  public private(set) var facts: [ReviewFact] = []
  /// Of the last event that changed it.
  public private(set) var position: EventPosition
  /// An event proposed it; else collect made it.
  private var proposal: UInt64?

  public init(at position: EventPosition) { self.position = position }

  private var byteCount: Int {
    var bytes: [UInt8] = []
    store(into: &bytes)
    return bytes.count
  }

  /// Takes what collect says of the example in place of what it said before. Deeds that waited for it count
  /// if those who did them may judge its agent.
  public mutating func take(_ candidate: Candidate, at position: EventPosition, mayJudge: (String) -> Bool) {
    // Whoever proposes an example under the id of a collected one has guessed it; the first stays.
    guard proposal == nil else { return }
    open(candidate, at: position, mayJudge)
  }

  /// Takes an example that somebody has proposed.
  public mutating func propose(
    _ candidate: Candidate, _ identity: UInt64, at position: EventPosition, mayJudge: (String) -> Bool
  ) -> Addition {
    guard example == nil else { return .duplicate }
    proposal = identity
    open(candidate, at: position, mayJudge)
    return .added
  }

  private mutating func open(_ candidate: Candidate, at position: EventPosition, _ mayJudge: (String) -> Bool)
  {
    if example == nil { facts.removeAll { !($0.expertID.map(mayJudge) ?? true) } }
    example = candidate
    self.position = position
  }

  /// Adds a deed. Whether its expert may judge at all has been asked before.
  public mutating func add(_ fact: ReviewFact) -> Addition {
    guard !facts.contains(where: { $0.identity == fact.identity }) else { return .duplicate }
    guard facts.count < Self.factsMax else { return .full }
    if case .verified(let id, _, let expert) = fact.deed, author(of: id) == expert { return .forbidden }
    let place = facts.firstIndex { ReviewFact.precedes(fact, $0) } ?? facts.count
    facts.insert(fact, at: place)
    guard byteCount <= Self.bytesMax else {
      facts.remove(at: place)
      return .full
    }
    position = fact.position
    return .added
  }

  /// Who made the annotation, as far as is known.
  private func author(of annotationID: String) -> String? {
    for fact in facts {
      if case .annotated(let annotation) = fact.deed, annotation.id == annotationID {
        return annotation.expertID
      }
    }
    return nil
  }

  /// Whether it holds something of these (R14.8).
  public func isAbout(user: String?, session: String?, execution: String?) -> Bool {
    guard let content = example?.content else { return false }
    func isThat(_ wanted: String?, _ found: String?...) -> Bool { wanted != nil && found.contains(wanted) }
    return isThat(user, content.sourceUserID, content.executionUserID)
      || isThat(session, content.sourceSessionID) || isThat(execution, content.sourceExecutionID)
  }
}

extension ExampleFile: Storable {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(counted: position)
    bytes.append(littleEndian: proposal ?? 0)
    bytes.append((example == nil ? 0 : 1) | (proposal == nil ? 0 : 2))
    if let example { bytes.append(counted: example) }
    for fact in facts { bytes.append(counted: fact) }
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let position = reader.counted(EventPosition.self), let proposal = reader.integer(UInt64.self),
      let flags = reader.integer(UInt8.self)
    else { return nil }
    self.position = position
    self.proposal = flags & 2 == 0 ? nil : proposal
    if flags & 1 == 1 {
      guard let example = reader.counted(Candidate.self) else { return nil }
      self.example = example
    }
    while !reader.isAtEnd {
      guard let fact = reader.counted(ReviewFact.self) else { return nil }
      facts.append(fact)
    }
  }
}
