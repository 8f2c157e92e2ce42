// What somebody said, or an answer showed, about a retrieved chunk: the record between whoever reads
// retrievals and the task that owns the chunk.
public import Basics
public import Events

/// Evidence about a chunk.
public struct ChunkJudgement: Hashable, Sendable {
  public enum Evidence: UInt8, Sendable {
    case irrelevant, relevant
    /// An answer cites it: shown beside the estimate, and no part of it. What is cited was ranked high
    /// before, so counting it would confirm the ranking with itself.
    case cited
  }

  public var organization: String
  public var chunk: String
  public var agent: String
  public var evidence: Evidence
  public var time: EventTime
  /// Of the event that it was made of.
  public var position: EventPosition

  public init(
    organization: String, chunk: String, agent: String, _ evidence: Evidence, at time: EventTime,
    position: EventPosition
  ) {
    self.organization = organization
    self.chunk = chunk
    self.agent = agent
    self.evidence = evidence
    self.time = time
    self.position = position
  }
}

extension ChunkJudgement: Storable {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(countedText: organization)
    bytes.append(countedText: chunk)
    bytes.append(countedText: agent)
    bytes.append(evidence.rawValue)
    bytes.append(littleEndian: time.rawValue)
    position.store(into: &bytes)
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let organization = reader.text(), let chunk = reader.text(), let agent = reader.text(),
      let evidence = reader.integer(UInt8.self).flatMap(Evidence.init(rawValue:)),
      let time = reader.integer(Int64.self), let position = reader.eventPosition(), reader.isAtEnd
    else { return nil }
    self.init(
      organization: organization, chunk: chunk, agent: agent, evidence,
      at: EventTime(milliseconds: time), position: position)
  }
}
