// What an execution has retrieved and how its chunks were judged, until its rankings are scored (R3.3): a set
// of events, whose meaning does not depend on the order in which they came. Chunks and retrievals are kept as
// hashes of their ids: all that is asked of them is whether they are the same.
public import Basics

/// An execution's retrievals, and judgements of chunks.
public struct RetrievalCase: Hashable, Sendable {
  /// An execution names as many. Beyond it the oldest are forgotten and not scored.
  public static let retrievalsMax = 64
  /// Beyond it the oldest by their own time are forgotten and count for chunks alone.
  public static let judgementsMax = 256
  /// Places that precision, recall and nDCG look at.
  public static let cutoff = 10

  struct Retrieval: Hashable, Sendable {
    var id: UInt64
    /// Best first, each once.
    var chunks: [UInt64]
    var isScored = false
  }

  struct Judgement: Hashable, Sendable {
    /// 0 where it names no retrieval: then it is about each that has the chunk.
    var retrieval: UInt64
    var chunk: UInt64
    var isRelevant: Bool
    var time: EventTime
    var identity: UInt64
  }

  /// A retrieval's ranking in numbers.
  public struct Score: Hashable, Sendable {
    public var precision: Double
    public var recall: Double
    public var reciprocalRank: Double
    public var normalizedGain: Double
  }

  public let agent: String
  private(set) var retrievals: [Retrieval] = []
  private(set) var judgements: [Judgement] = []

  public init(agent: String) { self.agent = agent }

  /// Whether there is something to score, or something that a retrieval still to come could be scored by.
  public var isJudged: Bool { !judgements.isEmpty }

  /// Adds what was found, best first; the first of an id counts.
  public mutating func add(retrieval id: String, _ chunks: some Sequence<String>) {
    let number = Self.number(id)
    guard !retrievals.contains(where: { $0.id == number }) else { return }
    var known: Set<UInt64> = []
    if retrievals.count == Self.retrievalsMax { retrievals.removeFirst() }
    retrievals.append(
      Retrieval(id: number, chunks: chunks.map(Self.number).filter { known.insert($0).inserted }))
  }

  /// Adds what somebody said of a chunk. `identity` is the event's; of several about the same chunk of the
  /// same retrieval the latest counts.
  public mutating func add(
    judgementOf chunk: String, in retrieval: String?, _ isRelevant: Bool, at time: EventTime, identity: UInt64
  ) {
    let added = Judgement(
      retrieval: retrieval.map(Self.number) ?? 0, chunk: Self.number(chunk), isRelevant: isRelevant,
      time: time, identity: identity)
    let place = judgements.firstIndex { $0.retrieval == added.retrieval && $0.chunk == added.chunk }
    if let place {
      if Self.isEarlier(judgements[place], added) { judgements[place] = added }
      return
    }
    judgements.append(added)
    guard judgements.count > Self.judgementsMax else { return }
    if let oldest = judgements.indices.min(by: { Self.isEarlier(judgements[$0], judgements[$1]) }) {
      judgements.remove(at: oldest)
    }
  }

  private static func isEarlier(_ one: Judgement, _ other: Judgement) -> Bool {
    (one.time, one.identity) < (other.time, other.identity)
  }

  /// Scores each retrieval of which something relevant is known, once in its life.
  public mutating func takeScores() -> [Score] {
    var scores: [Score] = []
    for index in retrievals.indices where !retrievals[index].isScored {
      let retrieval = retrievals[index]
      guard let ranking = Ranking(retrieval.chunks, relevant: relevant(to: retrieval)) else { continue }
      retrievals[index].isScored = true
      scores.append(
        Score(
          precision: ranking.precision(at: Self.cutoff), recall: ranking.recall(at: Self.cutoff),
          reciprocalRank: ranking.reciprocalRank, normalizedGain: ranking.normalizedGain(at: Self.cutoff)))
    }
    return scores
  }

  /// What is relevant to a retrieval, found or missed. A judgement that names it is about it, whatever one
  /// that names none says of the chunk.
  private func relevant(to retrieval: Retrieval) -> Set<UInt64> {
    var found: Set<UInt64> = []
    for judgement in judgements
    where judgement.retrieval == 0 && judgement.isRelevant && retrieval.chunks.contains(judgement.chunk) {
      found.insert(judgement.chunk)
    }
    for judgement in judgements where judgement.retrieval == retrieval.id {
      if judgement.isRelevant { found.insert(judgement.chunk) } else { found.remove(judgement.chunk) }
    }
    return found
  }

  /// Never 0, which stands for no id.
  private static func number(_ id: String) -> UInt64 {
    let bytes = Array(id.utf8)
    return max(1, unsafe XXH64.hash(bytes.span.bytes))
  }
}

extension RetrievalCase: Storable {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(countedText: agent)
    bytes.append(variableLength: UInt64(retrievals.count))
    for retrieval in retrievals {
      bytes.append(littleEndian: retrieval.id)
      bytes.append(retrieval.isScored ? 1 : 0)
      bytes.append(variableLength: UInt64(retrieval.chunks.count))
      for chunk in retrieval.chunks { bytes.append(littleEndian: chunk) }
    }
    for judgement in judgements {
      bytes.append(judgement.isRelevant ? 1 : 0)
      for number in [judgement.retrieval, judgement.chunk, judgement.identity] {
        bytes.append(littleEndian: number)
      }
      bytes.append(littleEndian: judgement.time.rawValue)
    }
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let agent = reader.text(), let count = reader.variableLength(), count <= Self.retrievalsMax else {
      return nil
    }
    self.init(agent: agent)
    for _ in 0..<count {
      guard let id = reader.integer(UInt64.self), let isScored = reader.integer(UInt8.self), isScored <= 1,
        let count = reader.variableLength()
      else { return nil }
      var retrieval = Retrieval(id: id, chunks: [], isScored: isScored == 1)
      for _ in 0..<count {
        guard let chunk = reader.integer(UInt64.self) else { return nil }
        retrieval.chunks.append(chunk)
      }
      retrievals.append(retrieval)
    }
    while !reader.isAtEnd {
      guard judgements.count < Self.judgementsMax, let isRelevant = reader.integer(UInt8.self),
        isRelevant <= 1, let retrieval = reader.integer(UInt64.self), let chunk = reader.integer(UInt64.self),
        let identity = reader.integer(UInt64.self), let time = reader.integer(Int64.self)
      else { return nil }
      judgements.append(
        Judgement(
          retrieval: retrieval, chunk: chunk, isRelevant: isRelevant == 1,
          time: EventTime(milliseconds: time), identity: identity))
    }
  }
}
