// How relevant a chunk is, from how it was judged (R3.1): a smoothed estimate, so that little evidence moves
// little, and the evidence beside it.
public import Basics
public import Events

/// A chunk's judgements, counted.
public struct ChunkRelevance: Hashable, Sendable {
  /// The estimate is the mean of a Beta distribution that began with as many imagined judgements of either
  /// kind: without evidence it is 1/2, and after n judgements it has moved n / (n + 4) of the way to their
  /// share.
  public static let priorOfEach = 2.0

  public let organization: String
  public let chunk: String
  public private(set) var relevant: UInt64 = 0
  public private(set) var irrelevant: UInt64 = 0
  public private(set) var cited: UInt64 = 0
  /// The latest by the events' own time.
  public private(set) var lastAt: EventTime
  public private(set) var position: EventPosition

  public init(_ first: ChunkJudgement) {
    organization = first.organization
    chunk = first.chunk
    lastAt = first.time
    position = first.position
  }

  public var key: String { entityKey(organization: organization, id: chunk) }

  /// (relevant + 2) / (relevant + irrelevant + 4).
  public var relevance: Double {
    (Double(relevant) + Self.priorOfEach) / (Double(relevant) + Double(irrelevant) + 2 * Self.priorOfEach)
  }

  public mutating func add(_ judgement: ChunkJudgement) {
    switch judgement.evidence {
    case .relevant: relevant += 1
    case .irrelevant: irrelevant += 1
    case .cited: cited += 1
    }
    lastAt = max(lastAt, judgement.time)
    position = judgement.position
  }
}

extension ChunkRelevance: Storable {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(countedText: organization)
    bytes.append(countedText: chunk)
    for count in [relevant, irrelevant, cited] { bytes.append(littleEndian: count) }
    bytes.append(littleEndian: lastAt.rawValue)
    position.store(into: &bytes)
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let organization = reader.text(), let chunk = reader.text(),
      let relevant = reader.integer(UInt64.self),
      let irrelevant = reader.integer(UInt64.self), let cited = reader.integer(UInt64.self),
      let last = reader.integer(Int64.self), let position = reader.eventPosition(), reader.isAtEnd
    else { return nil }
    self.organization = organization
    self.chunk = chunk
    (self.relevant, self.irrelevant, self.cited) = (relevant, irrelevant, cited)
    lastAt = EventTime(milliseconds: last)
    self.position = position
  }
}

/// The fields of a record of chunk-relevance.
public enum ChunkRelevanceField: Int, ProjectionKind {
  case chunkID, relevance, relevant, irrelevant, cited, lastAt

  public static let shape = ProjectionShape(
    .projection, on: "chunk-relevance", "How relevant a chunk is, by how it was judged (R3.1).",
    key: "organization and chunk id, as organization/id", fields: Self.self,
    columns: [.chunkID, .relevance, .relevant, .irrelevant, .cited])

  public var field: Field {
    switch self {
    case .chunkID: .id("chunk_id", "the chunk").required
    case .relevance:
      .fraction(
        "relevance", "(relevant + 2) / (relevant + irrelevant + 4): without evidence 1/2, with little near it"
      ).required
    case .relevant: .count("relevant", "judgements that it was relevant").required
    case .irrelevant: .count("irrelevant", "judgements that it was not").required
    case .cited: .count("cited", "answers that cite it; no part of the estimate").required
    case .lastAt: .time("last_at", "when the latest of these happened").required
    }
  }
}

extension ProjectionWriter<ChunkRelevanceField> {
  public mutating func write(_ chunk: ChunkRelevance) -> [UInt8] {
    write(organization: chunk.organization, position: chunk.position) { fields in
      fields.text(.chunkID, chunk.chunk)
      fields.number(.relevance, chunk.relevance)
      fields.whole(.relevant, chunk.relevant)
      fields.whole(.irrelevant, chunk.irrelevant)
      fields.whole(.cited, chunk.cited)
      fields.time(.lastAt, chunk.lastAt)
    }
  }
}
