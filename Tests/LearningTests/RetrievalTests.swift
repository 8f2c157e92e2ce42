// Measures of rankings beside trec_eval's, and chunks whose relevance little evidence moves little.
import Basics
import Events
import Foundation
import Testing

@testable import Learning

@Suite struct RankingTests {
  private static let python = ProcessInfo.processInfo.environment["RATCHET_JUDGES"]

  private enum Part: Decodable {
    case names([String])
    case numbers([Double])
    case number(Int)

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let number = try? value.decode(Int.self) {
        self = .number(number)
      } else if let numbers = try? value.decode([Double].self) {
        self = .numbers(numbers)
      } else {
        self = .names(try value.decode([String].self))
      }
    }
  }

  @Test(
    "precision, recall, reciprocal rank and nDCG are trec_eval's, to 1e-9",
    .enabled(if: python != nil, "set RATCHET_JUDGES to the Python of .ci/setup test"),
    .timeLimit(.minutes(2)))
  func judged() throws {
    let environment = ProcessInfo.processInfo.environment
    let (count, seed) = (environment["RATCHET_JUDGED"] ?? "300", environment["RATCHET_SEED"] ?? "1")
    let lines = try judge(try #require(Self.python), "ranking.py", [count, seed])
    #expect(lines.count == Int(count))
    for line in lines {
      let parts = try JSONDecoder().decode([Part].self, from: Data(line.utf8))
      guard case .names(let ranked) = parts[0], case .names(let relevant) = parts[1],
        case .number(let k) = parts[2], case .numbers(let expected) = parts[3]
      else {
        Issue.record("not as the judge speaks: \(line)")
        continue
      }
      let ranking = try #require(Ranking(ranked, relevant: Set(relevant)))
      let found = [
        ranking.precision(at: k), ranking.recall(at: k), ranking.reciprocalRank,
        ranking.normalizedGain(at: k),
      ]
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-9 }, "\(found), not \(line)")
    }
  }

  @Test("a retrieval without anything relevant has no measures, an empty one has zeros")
  func edges() throws {
    #expect(Ranking(["a"], relevant: []) == nil)
    let empty = try #require(Ranking([], relevant: ["a"]))
    #expect(empty.precision(at: 5) == 0 && empty.recall(at: 5) == 0)
    #expect(empty.reciprocalRank == 0 && empty.normalizedGain(at: 5) == 0)
    let perfect = try #require(Ranking(["a", "b", "c"], relevant: ["a", "b"]))
    #expect(perfect.normalizedGain(at: 2) == 1 && perfect.normalizedGain(at: 0) == 0)
    #expect(perfect.precision(at: 4) == 0.5 && perfect.precision(at: 0) == 0)
  }
}

@Suite struct RetrievalCaseTests {
  private typealias Step = (inout RetrievalCase) -> Void

  private func judge(
    _ chunk: String, _ isRelevant: Bool, in retrieval: String? = nil, second: Int64 = 0,
    _ identity: UInt64 = 1
  ) -> Step {
    {
      $0.add(
        judgementOf: chunk, in: retrieval, isRelevant, at: EventTime(milliseconds: second * 1000),
        identity: identity)
    }
  }

  private func scores(_ steps: [Step]) -> [RetrievalCase.Score] {
    var file = RetrievalCase(agent: "a")
    for step in steps { step(&file) }
    return file.takeScores()
  }

  @Test("the order of retrievals and judgements leaves no trace, and of two judgements the later counts")
  func order() {
    let steps: [Step] = [
      { $0.add(retrieval: "r", ["a", "b", "a", "c"]) }, judge("a", true, second: 1),
      judge("a", false, second: 2), judge("c", true), judge("c", false, in: "r", second: -5),
      judge("b", true, in: "r"), judge("missed", true, in: "r"), judge("elsewhere", true),
    ]
    let expected = scores(steps)
    #expect(expected.map(\.precision) == [0.1] && expected.map(\.recall) == [0.5])
    #expect(expected.map(\.reciprocalRank) == [0.5])
    for shift in 1..<steps.count {
      #expect(scores(Array(steps[shift...] + steps[..<shift])) == expected)
      #expect(scores((steps[shift...] + steps[..<shift]).reversed()) == expected)
    }
  }

  @Test("a retrieval is scored once, and not before something relevant to it is known")
  func once() {
    var file = RetrievalCase(agent: "a")
    file.add(retrieval: "r", ["a", "b"])
    file.add(retrieval: "s", ["c"])
    #expect(!file.isJudged && file.takeScores().isEmpty)
    judge("a", false)(&file)
    #expect(file.isJudged && file.takeScores().isEmpty)
    judge("b", true)(&file)
    #expect(file.takeScores().map(\.reciprocalRank) == [0.5])
    judge("a", true, second: 1)(&file)
    #expect(file.takeScores().isEmpty)
    judge("c", true)(&file)
    #expect(file.takeScores().map(\.reciprocalRank) == [1])
  }

  @Test("of too many the oldest are forgotten, and its bytes give it back")
  func bounds() {
    var file = RetrievalCase(agent: "a")
    for number in 0...RetrievalCase.retrievalsMax { file.add(retrieval: "r\(number)", ["a\(number)"]) }
    for number in (0...RetrievalCase.judgementsMax).reversed() {
      judge("a\(number)", true, second: Int64(number))(&file)
    }
    #expect(file.retrievals.count == 64 && file.judgements.count == 256)
    var bytes: [UInt8] = []
    file.store(into: &bytes)
    #expect(unsafe RetrievalCase(stored: bytes.span.bytes) == file)
    #expect(unsafe RetrievalCase(stored: Array(bytes.dropLast()).span.bytes) == nil)
    #expect(file.takeScores().count == 64)
  }
}

@Suite struct ChunkRelevanceTests {
  private func judgement(_ evidence: ChunkJudgement.Evidence, second: Int64 = 0) -> ChunkJudgement {
    ChunkJudgement(
      organization: "acme", chunk: "c", agent: "a", evidence, at: EventTime(milliseconds: second * 1000),
      position: EventPosition(TopicPartition(topic: "t", partition: PartitionID(1)), Offset(second)))
  }

  @Test("without evidence relevance is a half, little moves it little, much makes it the share")
  func smoothed() {
    var chunk = ChunkRelevance(judgement(.relevant))
    #expect(chunk.relevance == 0.5)
    chunk.add(judgement(.relevant))
    #expect(chunk.relevance == 0.6)
    for _ in 0..<3 { chunk.add(judgement(.cited)) }
    #expect(chunk.relevance == 0.6 && chunk.cited == 3)
    for index in 0..<3999 { chunk.add(judgement(index % 4 == 0 ? .irrelevant : .relevant)) }
    #expect((chunk.relevance - 0.75).magnitude < 0.001)
  }

  @Test("order leaves no trace but in the position, and its bytes give it back")
  func order() throws {
    let all: [ChunkJudgement] = [
      judgement(.relevant, second: 3), judgement(.irrelevant, second: 9), judgement(.cited, second: 1),
    ]
    var writer = ProjectionWriter(ChunkRelevanceField.self)
    var texts: Set<String> = []
    for order in [all, all.reversed(), [all[1], all[0], all[2]]] {
      var chunk = ChunkRelevance(order[0])
      for judgement in order { chunk.add(judgement) }
      var bytes: [UInt8] = []
      chunk.store(into: &bytes)
      #expect(unsafe ChunkRelevance(stored: bytes.span.bytes) == chunk)
      #expect(unsafe ChunkRelevance(stored: Array(bytes.dropLast()).span.bytes) == nil)
      let text = String(decoding: writer.write(chunk), as: UTF8.self)
      texts.insert(text.replacing(/"offset":\d/, with: ""))
    }
    #expect(texts.count == 1)
    var bytes: [UInt8] = []
    all[0].store(into: &bytes)
    #expect(unsafe ChunkJudgement(stored: bytes.span.bytes) == all[0])
  }
}
