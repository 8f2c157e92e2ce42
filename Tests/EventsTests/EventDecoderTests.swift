// Typed events: what the decoder makes of each type, and how it tells which rule is broken where.
import Basics
import Testing

@testable import Events

/// Decodes an event in structured form; nil when it is valid.
func violation(of event: String, from topic: InputTopic? = nil) -> Violation? {
  violation(of: Array(event.utf8), from: topic)
}

func violation(of event: [UInt8], from topic: InputTopic? = nil) -> Violation? {
  var decoder = EventDecoder()
  do throws(Violation) {
    _ = try decoder.decode(try Envelope(structured: unsafe event.span.bytes), from: topic)
    return nil
  } catch { return error }
}

private func event(_ type: String, _ data: String) -> String {
  #"{"specversion":"1.0","id":"7","source":"/t","type":"\#(type)","time":"2026-01-31T09:00:00Z","#
    + #""organization":"acme","agent":"airline","data":\#(data)}"#
}

@Suite struct EventDecoderTests {
  @Test("the examples of each type are valid, the first with every field", arguments: EventType.allCases)
  func examples(type: EventType) throws {
    let examples = try Tree.examples(type)
    for example in examples {
      #expect(violation(of: example, from: type.shape.topic) == nil, "\(example)")
      #expect(try JSONTree(example)["type"] == .text(type.rawValue))
    }
    guard case .object(let members) = try JSONTree(examples[0])["data"] else { return }
    #expect(Set(members.keys) == Set(type.shape.fields.map(\.name)))
  }

  @Test("each field that is required is missed by name", arguments: EventType.allCases)
  func missing(type: EventType) throws {
    let example = try #require(try Tree.examples(type).first)
    for field in type.shape.fields where field.isRequired {
      let found = violation(
        of: example.replacing("\"\(field.name)\":", with: "\"other\":", maxReplacements: 1))
      #expect(found?.reason == .invalid && found?.pointer == "/data/\(field.name)", "\(field.name)")
    }
  }

  @Test("an execution's fields are what was sent, in place")
  func execution() throws {
    let bytes = Array(try #require(try Tree.examples(.executionCompleted).first).utf8)
    var decoder = EventDecoder()
    let event = try decoder.decode(try Envelope(structured: unsafe bytes.span.bytes), from: .executions)
    #expect(event.key.string == "exec-7f3a")
    let fields = event.fields(ExecutionCompleted.self)
    #expect(fields.text(.executionID)?.string == "exec-7f3a")
    #expect(fields.choice(.status) == ExecutionStatus.ok)
    #expect(fields.whole(.usageInputTokens) == 812 && fields.number(.duration_ms) == 1840.5)
    #expect(fields.boolean(.taskCompleted) == true)
    #expect(fields.count(.experiments) == 1 && fields.count(.retrievalIDs) == 1)
    #expect(fields.text(.retrievalIDs, at: 0).string == "ret-44")
    #expect(fields.record(.experiments, at: 0, Assignment.self).choice(.arm) == Arm.treatment)
    let step = fields.record(.steps, at: 0, ExecutionStep.self)
    #expect(step.text(.toolName)?.string == "get_reservation_details")
    #expect(step.text(.toolCallResult)?.string == #"{"status":"confirmed"}"#)
    let arguments = unsafe step.object(.toolCallArguments)?.withUnsafeBytes {
      unsafe String(decoding: $0, as: UTF8.self)
    }
    #expect(arguments == #"{"reservation_id": "4WQ150"}"#)
    #expect(step.number(.duration_ms) == 84.5 && !step.has(.errorType))
  }

  @Test("records of a list stand apart, whatever lists stand around them")
  func records() throws {
    let chunks = (0..<50).map { #"{"chunk_id":"c\#($0)","rank":\#($0 + 1),"new":[{}]}"# }.joined(
      separator: ",")
    let data = #"{"retrieval_id":"r","chunks":[\#(chunks)],"execution_id":"e","query":"q"}"#
    let bytes = Array(event("retrieval.performed", data).utf8)
    var decoder = EventDecoder()
    let event = try decoder.decode(try Envelope(structured: unsafe bytes.span.bytes), from: nil)
    let fields = event.fields(RetrievalPerformed.self)
    #expect(fields.count(.chunks) == 50 && fields.text(.query)?.string == "q")
    for index in 0..<50 {
      let chunk = fields.record(.chunks, at: index, RetrievedChunk.self)
      #expect(chunk.text(.chunkID)?.string == "c\(index)" && chunk.whole(.rank) == Int64(index + 1))
    }
  }

  @Test("the key is the first of the type's key fields that is there, else organization or id")
  func keys() throws {
    func key(_ type: String, _ data: String) throws -> String {
      let bytes = Array(event(type, data).utf8)
      var decoder = EventDecoder()
      return try decoder.decode(try Envelope(structured: unsafe bytes.span.bytes), from: nil).key.string
    }
    let up = #""feedback_type":"thumbs_up""#
    #expect(try key("feedback.given", #"{\#(up),"user_id":"u","execution_id":"e"}"#) == "e")
    #expect(try key("feedback.given", #"{\#(up),"user_id":"u","session_id":"s"}"#) == "s")
    #expect(try key("feedback.given", #"{\#(up),"user_id":"u\u0041"}"#) == "uA")
    #expect(try key("feedback.given", "{\(up)}") == "7")
    #expect(try key("heartbeat.sent", #"{"job":"j","instance":"i"}"#) == "acme")
  }

  @Test("names that are not declared are left alone, also when they repeat, but not when they are no JSON")
  func unknownFields() {
    let data = #"{"new":1,"feedback_type":"thumbs_up","new":{"a":[null]},"rating_":"x"}"#
    #expect(violation(of: event("feedback.given", data)) == nil)
    #expect(
      violation(of: event("feedback.given", data.replacing("null", with: "nul")))?.reason == .undecodable)
  }

  @Test(
    "a broken rule is told with its pointer",
    arguments: [
      ("feedback.given", #"{}"#, "/data/feedback_type", "is missing"),
      ("feedback.given", #"[]"#, "/data", "must be an object"),
      ("feedback.given", #"{"feedback_type":"stars"}"#, "/data/feedback_type", "must be one of thumbs_up, "),
      ("feedback.given", #"{"feedback_type":"rating"}"#, "/data/rating", "is missing, and required by feed"),
      (
        "feedback.given", #"{"feedback_type":"rating","rating":6}"#, "/data/rating",
        "must be a whole number f"
      ),
      (
        "feedback.given", #"{"feedback_type":"rating","rating":4.5}"#, "/data/rating",
        "must be a whole number"
      ),
      ("feedback.given", #"{"rating":"4"}"#, "/data/rating", "must be a whole number"),
      ("feedback.given", #"{"rating":null}"#, "/data/rating", "must be a whole number; leave the field out"),
      ("feedback.given", #"{"rating":4,"rat\u0069ng":4}"#, "/data/rating", "must not occur twice"),
      ("feedback.given", #"{"user_id":""}"#, "/data/user_id", "must not be empty"),
      (
        "feedback.given", #"{"voice_quality_score":1.01}"#, "/data/voice_quality_score",
        "must be a number from"
      ),
      ("feedback.given", #"{"issue_categories":["a",1]}"#, "/data/issue_categories/1", "must be a string"),
      ("learning.loop_event", #"{"timestamp":"yesterday"}"#, "/data/timestamp", "must be a time of RFC 3339"),
      ("retrieval.performed", #"{"chunks":[{"chunk_id":"a"},{}]}"#, "/data/chunks/1/chunk_id", "is missing"),
      (
        "retrieval.performed", #"{"chunks":[{"chunk_id":"a","rank":0}]}"#, "/data/chunks/0/rank", "must be a "
      ),
      ("execution.completed", #"{"steps":{}}"#, "/data/steps", "must be a list"),
      ("execution.completed", #"{"task_completed":"yes"}"#, "/data/task_completed", "must be true or false"),
      ("erasure.requested", #"{"requested_by":"u"}"#, "/data", "must have one of user_id, session_id, exec"),
    ])
  func broken(type: String, data: String, pointer: String, rule: String) {
    let found = violation(of: event(type, data))
    #expect(found?.reason == .invalid && found?.pointer == pointer, "\(String(describing: found))")
    #expect(found?.rule.hasPrefix(rule) == true, "\(String(describing: found))")
  }

  @Test("data that is not JSON is undecodable, and told where")
  func notJSON() {
    var decoder = EventDecoder()
    let headers = [
      ("ce_specversion", "1.0"), ("ce_id", "7"), ("ce_source", "/t"), ("ce_type", "feedback.given"),
      ("ce_time", "2026-01-31T09:00:00Z"), ("ce_organization", "acme"), ("ce_agent", "airline"),
    ]
    let record = RecordBytes(headers: headers, value: #"{"rating":4,"text":"\x"}"#)
    #expect(
      throws: Violation(.undecodable, at: "/data/text", "no such escape", position: 20)
    ) {
      try record.lend { (record) throws(Violation) in
        _ = try decoder.decode(try Envelope(record), from: .feedback)
      }
    }
  }

  @Test("unknown types and types of other topics are told, with what to do")
  func unknownTypes() {
    let unknown = violation(of: event("feedback.gven", "{}"))
    #expect(unknown?.reason == .unknownType && unknown?.next == "did you mean \"feedback.given\"?")
    let elsewhere = violation(of: event("heartbeat.sent", #"{"job":"j","instance":"i"}"#), from: .feedback)
    #expect(elsewhere?.reason == .unknownType && elsewhere?.rule.contains("telemetry") == true)
    let agentless = event("feedback.given", #"{"feedback_type":"thumbs_up"}"#)
      .replacing(#""agent":"airline","#, with: "")
    #expect(violation(of: agentless)?.pointer == "/agent")
  }

  @Test("characters are counted as JSON Schema counts them, not as bytes")
  func characters() {
    func with(_ text: String) -> Violation? {
      violation(of: event("feedback.given", #"{"feedback_type":"thumbs_up","user_id":"\#(text)"}"#))
    }
    #expect(with(String(repeating: "é", count: 256)) == nil)
    #expect(with(String(repeating: #"\u00e9"#, count: 256)) == nil)
    #expect(with(String(repeating: "😀", count: 257))?.rule == "must have at most 256 characters")
  }
}
