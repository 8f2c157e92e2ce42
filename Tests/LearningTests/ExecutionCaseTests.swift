// The join of an execution with what is said about it, and the examples that follow.
import Basics
import Events
import Testing

@testable import Learning

private let key = ScopedKey(.execution, organization: "acme", id: "x")
private let ran = #"{"execution_id":"x","status":"ok","input_text":"why?","output_text":"so","user_id":"u"}"#
private let corrected = #"{"feedback_type":"correction","execution_id":"x","correction":"thus"}"#
private let praised = #"{"feedback_type":"rating","rating":5,"execution_id":"x","user_id":"v"}"#
private let blamed = #"{"feedback_type":"thumbs_down","execution_id":"x"}"#

/// What is added to a case, in some order.
private enum Arrival {
  case execution(ExecutionRecord)
  case feedback(FeedbackRecord)
  case retraction(String, second: Int)
}

/// The last candidate of each id after all arrivals, by id.
private func candidates(_ arrivals: [Arrival], _ settings: AgentSettings = shipped, learns: Bool = true)
  throws -> [Candidate]
{
  var file = ExecutionCase()
  var last: [String: Candidate] = [:]
  for arrival in arrivals {
    switch arrival {
    case .execution(let record): #expect(file.add(record) == .added)
    case .feedback(let record): #expect(file.add(record) == .added)
    case .retraction(let id, let second):
      #expect(file.retract(id, at: EventTime(milliseconds: Int64(second) * 1000)) == .added)
    }
    _ = file.join(settings, isLearning: learns)
    var isNew = false
    if case .execution = arrival { isNew = true }
    for candidate in file.takeCandidates(of: key, settings, isLearning: learns, isNew: isNew) {
      last[candidate.id] = candidate
    }
    var bytes: [UInt8] = []
    file.store(into: &bytes)
    file = try #require(ExecutionCase(stored: unsafe bytes.span.bytes), "what is stored comes back")
  }
  return last.values.sorted { $0.id < $1.id }
}

@Suite struct ExecutionCaseTests {
  @Test("any order of an execution, its feedback and a retraction comes to the same examples")
  func orders() throws {
    let arrivals: [Arrival] = [
      .execution(try execution(ran)), .feedback(try feedback(corrected, id: "a")),
      .feedback(try feedback(praised, id: "b")), .feedback(try feedback(blamed, id: "c", second: 3)),
      // Stamped earlier than what it takes back.
      .retraction("c", second: -5),
      .feedback(
        try feedback(
          #"{"feedback_type":"correction","execution_id":"x","correction":"hence","replaces":"a"}"#,
          id: "d")),
    ]
    let expected = try candidates(arrivals)
    #expect(expected.count == 4 && expected.count { $0.withdrawal == nil } == 2)
    var random = SeededRandom(seed: 11)
    for _ in 0..<60 { #expect(try candidates(arrivals.shuffled(using: &random)) == expected) }
  }

  @Test("each kind of feedback makes its example, with what was asked, answered and wanted")
  func kinds() throws {
    func only(_ data: String, _ ran: String = ran) throws -> Candidate? {
      let made = try candidates([.execution(try execution(ran)), .feedback(try feedback(data, id: "f"))])
      #expect(made.count <= 1)
      return made.first
    }
    let correction = try #require(try only(corrected))
    #expect(correction.content.type == .correction && correction.content.inputText == "why?")
    #expect(correction.content.originalOutput == "so" && correction.content.expectedOutput == "thus")
    #expect(correction.content.sourceExecutionID == "x" && correction.agent == "triage")
    let positive = try #require(try only(praised))
    #expect(positive.content.type == .positive && positive.content.expectedOutput == "so")
    #expect(positive.content.sourceUserID == "v" && positive.content.confidence_hundredths == 67)
    #expect(try only(blamed)?.content.type == .negative)
    let detailed = #"{"feedback_type":"detailed","execution_id":"x","accuracy":2,"clarity":2}"#
    #expect(try only(detailed)?.content.type == .negative)
    let middling = #"{"feedback_type":"rating","rating":3,"execution_id":"x"}"#
    let issue = #"{"feedback_type":"issue","execution_id":"x","issue_categories":["tone"]}"#
    #expect(try only(middling) == nil && only(issue) == nil)
    #expect(try only(corrected, #"{"execution_id":"x","status":"ok"}"#) == nil, "nothing to learn from")
  }

  @Test("an execution that failed makes an example by itself, once")
  func failure() throws {
    let data = #"{"execution_id":"x","status":"error","error.type":"timeout","input_text":"why?"}"#
    let made = try candidates([.feedback(try feedback(praised, id: "f")), .execution(try execution(data))])
    #expect(made.count == 1 && made[0].content.type == .failure && made[0].content.tags == ["timeout"])
    let undone = #"{"execution_id":"x","status":"ok","task_completed":false,"input_text":"why?"}"#
    #expect(try candidates([.execution(try execution(undone))]).map(\.content.type) == [.failure])
  }

  @Test("settings and the switch decide when feedback and execution meet, and not again later")
  func settings() throws {
    var off = AgentSettings()
    off.collectCorrections = false
    let arrivals: [Arrival] = [
      .execution(try execution(ran)), .feedback(try feedback(corrected, id: "a")),
    ]
    #expect(try candidates(arrivals, off).isEmpty && candidates(arrivals, learns: false).isEmpty)
    off = AgentSettings()
    off.autoCollect = false
    #expect(try candidates(arrivals, off).isEmpty)
    off = AgentSettings()
    off.collectRatings = false
    #expect(try candidates([arrivals[0], .feedback(try feedback(praised, id: "b"))], off).isEmpty)
    var file = ExecutionCase()
    _ = file.add(try execution(ran))
    _ = file.add(try feedback(corrected, id: "a"))
    _ = file.join(shipped, isLearning: false)
    _ = file.retract("none", at: EventTime(milliseconds: 0))
    #expect(file.join(shipped, isLearning: true).isEmpty)
    #expect(file.takeCandidates(of: key, shipped, isLearning: true, isNew: false).isEmpty)
  }

  @Test("the same event, a second end of an execution and a second retraction are duplicates")
  func duplicates() throws {
    var file = ExecutionCase()
    let other = try execution(ran, id: "other")
    #expect(file.add(try execution(ran)) == .added)
    #expect(file.add(other) == .duplicate)
    #expect(file.add(try feedback(praised, id: "a")) == .added)
    #expect(file.add(try feedback(praised, id: "a")) == .duplicate)
    #expect(file.add(try feedback(praised, id: "b")) == .added)
    let time = EventTime(milliseconds: 0)
    #expect(file.retract("a", at: time) == .added)
    #expect(file.retract("a", at: time) == .duplicate)
    #expect(file.note(7) == true)
    #expect(file.note(7) == false)
    for number in 0..<1000 { _ = file.note(UInt64(number) + 100) }
    #expect(file.note(7) == true, "what is long past is forgotten")
  }

  @Test("a case takes so much and no more, and says when it is full")
  func full() throws {
    var file = ExecutionCase()
    var text = ""
    for _ in 0..<20_000 { text += "word " }
    let long = #"{"feedback_type":"comment","execution_id":"x","text":"\#(text)"}"#
    var added = 0
    while file.add(try feedback(long, id: "\(added)")) == .added { added += 1 }
    #expect(added == ExecutionCase.bytesMax / (ExecutionRecord.textBytesMax + 40))
    #expect(!file.feedback.contains { !$0.isCut })
    var small = ExecutionCase()
    let first = try feedback(blamed, id: "0")
    _ = small.add(first)
    for number in 1..<ExecutionCase.feedbackMax { _ = small.add(try feedback(blamed, id: "\(number)")) }
    let more = try feedback(blamed, id: "more")
    #expect(small.add(more) == .full)
    #expect(small.add(more, keepsAll: false) == .added, "the oldest makes room")
    #expect(small.feedback.count == ExecutionCase.feedbackMax && !small.feedback.contains(first))
  }

  @Test("what an execution of another organization is called is no matter")
  func isolation() throws {
    let other = ScopedKey(.execution, organization: "other", id: "x")
    #expect(other != key && other.organization == "other" && other.id == "x")
    var file = ExecutionCase()
    _ = file.add(try execution(ran))
    _ = file.add(try feedback(corrected, id: "a"))
    var twin = file
    _ = file.join(shipped, isLearning: true)
    _ = twin.join(shipped, isLearning: true)
    let (here, there) = (
      file.takeCandidates(of: key, shipped, isLearning: true, isNew: false),
      twin.takeCandidates(of: other, shipped, isLearning: true, isNew: false)
    )
    #expect(here[0].id != there[0].id && there[0].organization == "other")
    #expect(ScopedKey(.session, organization: "acme", id: "x") != key)
    #expect(
      ScopedKey(.execution, organization: "a", id: "bc") != ScopedKey(.execution, organization: "ab", id: "c")
    )
  }

  @Test("personal data does not reach an example")
  func redaction() throws {
    let data = #"{"execution_id":"x","status":"ok","input_text":"I am a@b.org","output_text":"Hi, a@b.org"}"#
    let made = try candidates([
      .execution(try execution(data)),
      .feedback(
        try feedback(
          #"{"feedback_type":"correction","execution_id":"x","correction":"call +49 30 901820"}"#, id: "f")),
    ])
    let content = try #require(made.first).content
    #expect(content.inputText == "I am [EMAIL]" && content.originalOutput == "Hi, [EMAIL]")
    #expect(content.expectedOutput == "call [PHONE]")
  }

  @Test("erasing whose execution it is empties the case and names every example; whose feedback, only that")
  func erased() throws {
    var file = ExecutionCase()
    let failed = #"{"execution_id":"x","status":"error","error.type":"e","input_text":"q","user_id":"u"}"#
    _ = file.add(try execution(failed))
    _ = file.add(try feedback(corrected, id: "a"))
    _ = file.add(
      try feedback(
        #"{"feedback_type":"correction","execution_id":"x","user_id":"v","correction":"c"}"#, id: "b"))
    _ = file.join(shipped, isLearning: true)
    let made = file.takeCandidates(of: key, shipped, isLearning: true, isNew: true)
    #expect(made.count == 3)
    let nobody = Erasure(organization: "acme", user: "w", session: "u", execution: "y")
    #expect(!file.isTouched(by: nobody, key))
    #expect(!file.isTouched(by: Erasure(organization: "other", user: "u"), key), "another organization's u")
    var rest = file
    let said = Erasure(organization: "acme", user: "v")
    #expect(rest.isTouched(by: said, key))
    #expect(rest.erase(said, key).map(\.id) == [made[2].id])
    #expect(rest.execution != nil && rest.feedback.map(\.id) == ["a"])
    for erasure in [
      Erasure(organization: "acme", user: "u"), Erasure(organization: "acme", execution: "x"),
    ] {
      var whole = file
      #expect(whole.isTouched(by: erasure, key))
      let erased = whole.erase(erasure, key)
      #expect(Set(erased.map(\.id)) == Set(made.map(\.id)) && whole == ExecutionCase())
      #expect(erased.allSatisfy { $0.withdrawal == .erased && $0.content.inputText.isEmpty })
    }
  }
}
