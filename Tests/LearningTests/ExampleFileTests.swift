// The file of an example: what experts do about it, and what it comes to.
import Basics
import Events
import Testing

@testable import Learning

private func place(_ offset: Int64) -> EventPosition {
  EventPosition(TopicPartition(topic: "ratchet.reviews", partition: PartitionID(0)), Offset(offset))
}

private func fact(_ type: EventType, _ data: String, id: String, second: Int) throws -> ReviewFact {
  let bytes = event(type, data, id: id, second: second)
  var decoder = EventDecoder()
  let envelope = try Envelope(structured: unsafe bytes.span.bytes)
  let decoded = try decoder.decode(envelope, from: .reviews)
  switch type {
  case .annotationMade:
    let fact = ReviewFact(envelope, decoded.fields(AnnotationMade.self), at: place(0))
    return try #require(fact)
  case .annotationVerified:
    return ReviewFact(envelope, decoded.fields(AnnotationVerified.self), at: place(0))
  case .exampleReviewed: return ReviewFact(envelope, decoded.fields(ExampleReviewed.self), at: place(0))
  default: return ReviewFact(envelope, decoded.fields(ExampleRetired.self), at: place(0))
  }
}

private func annotation(
  _ id: String, by expert: String, _ accuracy: Double, second: Int, clarity: Double? = nil
) throws -> ReviewFact {
  let clarity = clarity.map { #","clarity":\#($0)"# } ?? ""
  return try fact(
    .annotationMade,
    #"{"annotation_id":"\#(id)","example_id":"x","expert_id":"\#(expert)","annotation_type":"quality","#
      + #""technical_accuracy":\#(accuracy)\#(clarity)}"#,
    id: "event-\(id)-\(second)", second: second)
}

private func verification(_ id: String, by expert: String, _ holds: Bool, second: Int) throws -> ReviewFact {
  try fact(
    .annotationVerified,
    #"{"annotation_id":"\#(id)","example_id":"x","verified":\#(holds),"verified_by":"\#(expert)"}"#,
    id: "verify-\(id)-\(expert)-\(second)", second: second)
}

private func review(_ decision: String, by expert: String, second: Int, _ more: String = "") throws
  -> ReviewFact
{
  try fact(
    .exampleReviewed,
    #"{"example_id":"x","decision":"\#(decision)","reviewer_id":"\#(expert)"\#(more)}"#,
    id: "review-\(expert)-\(second)", second: second)
}

private func example(_ type: ExampleType = .correction, withdrawal: Candidate.Withdrawal? = nil) -> Candidate
{
  var content = ExampleContent(type, inputText: "why?", from: .userFeedback)
  content.sourceUserID = "u"
  return Candidate(
    organization: "acme", agent: "triage", id: "x", content,
    createdAt: EventTime(milliseconds: 1_769_850_000_000), withdrawal: withdrawal)
}

@Suite struct ExampleFileTests {
  @Test("facts and example in any order come to the same standing, and come back as they were stored")
  func orders() throws {
    let facts = [
      try annotation("a", by: "eve", 0.9, second: 1), try annotation("b", by: "bob", 0.5, second: 2),
      try verification("a", by: "bob", true, second: 3), try annotation("a2", by: "eve", 0.8, second: 4),
      try review("rejected", by: "eve", second: 5), try review("approved", by: "bob", second: 6),
      try fact(
        .exampleRetired, #"{"example_id":"x","active":false,"changed_by":"eve"}"#, id: "r", second: 7),
      try fact(.exampleRetired, #"{"example_id":"x","active":true}"#, id: "s", second: 8),
    ]
    var random = SeededRandom(seed: 5)
    var expected: ExampleStanding?
    for round in 0..<40 {
      var file = ExampleFile(at: place(0))
      var order = Array(facts.enumerated())
      if round > 0 { order.shuffle(using: &random) }
      let comesAt = round % (facts.count + 1)
      for (place_, fact) in order.enumerated() {
        if place_ == comesAt { file.take(example(), at: place(1)) { _ in true } }
        #expect(file.add(fact.element) == .added)
      }
      if comesAt == facts.count { file.take(example(), at: place(1)) { _ in true } }
      var bytes: [UInt8] = []
      file.store(into: &bytes)
      file = try #require(ExampleFile(stored: unsafe bytes.span.bytes))
      let standing = ExampleStanding(try #require(file.example), file.facts)
      expected = expected ?? standing
      #expect(standing == expected)
    }
    let standing = try #require(expected)
    #expect(standing.status == .approved && standing.isActive && standing.review?.reviewerID == "bob")
    #expect(
      standing.history.map(\.what) == [
        .created, .annotated, .annotated, .verified, .annotated, .rejected, .approved, .retired, .reinstated,
      ])
    #expect(standing.annotations.map(\.isSuperseded) == [true, false, false], "nothing earlier is erased")
    #expect(standing.votes == [1, 0], "each reviewer's last word")
  }

  @Test("nobody verifies an annotation of their own, whichever comes first")
  func second() throws {
    var file = ExampleFile(at: place(0))
    file.take(example(), at: place(0)) { _ in true }
    #expect(file.add(try annotation("a", by: "eve", 0.9, second: 1)) == .added)
    #expect(file.add(try verification("a", by: "eve", true, second: 2)) == .forbidden)
    var early = ExampleFile(at: place(0))
    #expect(early.add(try verification("a", by: "eve", true, second: 2)) == .added)
    #expect(early.add(try annotation("a", by: "eve", 0.9, second: 1)) == .added)
    #expect(!ExampleStanding(example(), early.facts).annotations[0].isVerified)
    #expect(early.add(try verification("a", by: "bob", true, second: 3)) == .added)
    #expect(ExampleStanding(example(), early.facts).annotations[0].verifiedBy == "bob")
  }

  @Test("deeds that waited are dropped when those who did them may not judge the example's agent")
  func waited() throws {
    var file = ExampleFile(at: place(0))
    _ = file.add(try review("approved", by: "eve", second: 1))
    _ = file.add(try annotation("a", by: "bob", 0.9, second: 2))
    file.take(example(), at: place(3)) { $0 == "bob" }
    #expect(file.facts.compactMap(\.expertID) == ["bob"])
    #expect(ExampleStanding(try #require(file.example), file.facts).status == .pending)
  }

  @Test("quality is what the reviewer says, else the weighted mean with the approval's own weight")
  func quality() throws {
    func quality(_ facts: [ReviewFact], proposed: Int? = nil) -> Int? {
      ExampleStanding(example(), facts).quality_hundredths(proposed: proposed)
    }
    #expect(quality([]) == nil && quality([], proposed: 55) == 55)
    let approved = try review("approved", by: "eve", second: 9)
    #expect(quality([approved]) == 80)
    #expect(quality([try review("approved", by: "eve", second: 9, #","quality_score":0.914"#)]) == 91)
    // (0.4 x 0.9 + 0.1 x 0.4) / 0.5 = 0.8; with 0.8 of the approval the same.
    let first = try annotation("a", by: "bob", 0.9, second: 1, clarity: 0.4)
    #expect(quality([first]) == 80 && quality([first, approved]) == 80)
    // Twice for the verified one: (0.8 + 2 x 0.5) / 3 = 0.6.
    let second = try annotation("b", by: "bob", 0.5, second: 2)
    #expect(quality([second, try verification("b", by: "eve", true, second: 3), approved]) == 60)
    #expect(quality([second, approved]) == 65, "(0.8 + 0.5) / 2")
    let standing = ExampleStanding(example(), [second, approved])
    #expect(!standing.isAvailable(65) && standing.isAvailable(70))
    #expect(!ExampleStanding(example(withdrawal: .retracted(at: approved.time)), [approved]).isAvailable(90))
    #expect(!ExampleStanding(example(), []).isAvailable(90), "nobody has approved it")
  }

  @Test("the queue asks first for what matters, is doubted, disputed or lacks a second look")
  func priority() throws {
    func priority(_ type: ExampleType, _ facts: [ReviewFact] = [], confidence: Int? = nil) -> Int {
      var candidate = example(type)
      candidate.content.confidence_hundredths = confidence
      return ExampleStanding(candidate, facts).priority(of: candidate.content)
    }
    #expect(priority(.correction) == 60 && priority(.positive) == 20)
    #expect(priority(.correction, confidence: 100) == 50 && priority(.correction, confidence: 0) == 70)
    let one = try annotation("a", by: "bob", 0.9, second: 1)
    #expect(priority(.correction, [one]) == 70)
    #expect(priority(.correction, [one, try annotation("b", by: "eve", 0.85, second: 2)]) == 60)
    #expect(priority(.correction, [one, try annotation("b", by: "eve", 0.2, second: 2)]) == 80)
  }

  @Test("deeds are taken once, and only so many")
  func bounded() throws {
    var file = ExampleFile(at: place(0))
    let deed = try review("approved", by: "eve", second: 1)
    #expect(file.add(deed) == .added)
    #expect(file.add(deed) == .duplicate)
    for number in 1..<ExampleFile.factsMax {
      #expect(file.add(try review("approved", by: "e\(number)", second: number + 1)) == .added)
    }
    #expect(file.add(try review("approved", by: "eve", second: 1000)) == .full)
  }

  @Test("an agent's review counts what its examples bring, and takes back what they no longer do")
  func agentReview() throws {
    var counts = AgentReview(at: place(0))
    let before = ExampleStanding(example(), [try annotation("a", by: "bob", 0.9, second: 1)])
    let after = ExampleStanding(
      example(),
      [
        try annotation("a", by: "bob", 0.9, second: 1), try annotation("b", by: "eve", 0.4, second: 2),
        try review("approved", by: "eve", second: 3),
      ])
    counts.update(from: nil, to: before)
    #expect(counts.pending == 1 && counts.annotations.pairs == 0)
    counts.update(from: before, to: after)
    #expect(counts.pending == 0 && counts.annotations.pairs == 1 && counts.annotations.agreeingPairs == 0)
    for deed in [
      try review("approved", by: "eve", second: 3), try review("rejected", by: "eve", second: 90_000),
      try annotation("b", by: "eve", 0.4, second: 90_001),
    ] { counts.count(deed) }
    #expect(counts.days.map(\.approved) == [1, 0] && counts.days.map(\.rejected) == [0, 1])
    #expect(counts.days.map(\.annotated) == [0, 1])
    for day in 2..<100 { counts.count(try review("approved", by: "eve", second: day * 86_400)) }
    #expect(counts.days.count == AgentReview.daysMax)
    var bytes: [UInt8] = []
    counts.store(into: &bytes)
    #expect(AgentReview(stored: unsafe bytes.span.bytes) == counts)
  }
}
