// How good one retrieval's ranking was, by what was judged relevant (R3.3): the measures of trec_eval, with
// relevance of yes or no. Means over retrievals are for whoever has many.
internal import Basics

/// A retrieval's chunks as hits and misses, best first.
public struct Ranking: Hashable, Sendable {
  private let hits: [Bool]
  private let relevantCount: Int

  /// `ranked` names what was retrieved, best first, each once; `relevant` all that is relevant to the query,
  /// retrieved or not. nil when nothing is: then no measure means anything.
  public init?<Chunks: Sequence>(_ ranked: Chunks, relevant: Set<Chunks.Element>) {
    guard !relevant.isEmpty else { return nil }
    hits = ranked.map(relevant.contains)
    relevantCount = relevant.count
  }

  private func hits(upTo k: Int) -> Int { hits.prefix(k).count { $0 } }

  /// The share of the first `k` places that hold something relevant; places that are empty do not.
  public func precision(at k: Int) -> Double { k > 0 ? Double(hits(upTo: k)) / Double(k) : 0 }

  /// The share of all that is relevant that stands in the first `k` places.
  public func recall(at k: Int) -> Double { Double(hits(upTo: k)) / Double(relevantCount) }

  /// One over the place of the first that is relevant; 0 when none was retrieved.
  public var reciprocalRank: Double { hits.firstIndex(of: true).map { 1 / Double($0 + 1) } ?? 0 }

  /// Discounted cumulative gain of the first `k` places, as a share of the best possible: a hit at place i is
  /// worth 1 / log2(i + 1) (K. Jarvelin and J. Kekalainen, 2002).
  public func normalizedGain(at k: Int) -> Double {
    var (gain, best) = (0.0, 0.0)
    for (index, isHit) in hits.prefix(k).enumerated() where isHit { gain += Self.worth(index) }
    for index in 0..<min(k, relevantCount) { best += Self.worth(index) }
    return best > 0 ? gain / best : 0
  }

  private static func worth(_ index: Int) -> Double { 1 / Mathematics.log2(Double(index) + 2) }
}
