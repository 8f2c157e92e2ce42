// From events to learning examples, through both processors.
import Basics
import Foundation
import Testing

@testable import Processors
@testable import Runtime

private let ran = #"{"execution_id":"x","status":"ok","input_text":"why?","output_text":"so","user_id":"u"}"#

private func expert(_ name: String) -> PublishedEvent {
  PublishedEvent("control", "expert.changed", id: name, #"{"expert_id":"\#(name)","active":true}"#)
}

private func execution(_ data: String = ran, id: String = "e", organization: String = "acme")
  -> PublishedEvent
{
  PublishedEvent("executions", "execution.completed", id: id, organization: organization, data)
}

private func feedback(
  _ data: String, id: String, second: Int = 1, organization: String = "acme"
) -> PublishedEvent {
  PublishedEvent("feedback", "feedback.given", id: id, second: second, organization: organization, data)
}

private func correction(_ text: String, id: String, user: String = "v", more: String = "") -> PublishedEvent {
  feedback(
    #"{"feedback_type":"correction","execution_id":"x","user_id":"\#(user)","#
      + #""correction":"\#(text)"\#(more)}"#,
    id: id)
}

private func world(_ events: [PublishedEvent]) -> LearningWorld {
  var world = LearningWorld()
  for event in events {
    world.publish([event])
    world.fold()
  }
  return world
}

@Suite struct CollectAndReviewTests {
  private static let judges = ProcessInfo.processInfo.environment["RATCHET_JUDGES"]
  private static let runs = ProcessInfo.processInfo.environment["RATCHET_REAL_DATA"].map {
    $0 + "/tau-bench/gpt-4o-airline.json.gz"
  }
  private static let canJudge =
    judges != nil && (runs.map { FileManager.default.fileExists(atPath: $0) } ?? false)

  private static func judge(_ arguments: String...) throws -> [Substring] {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Judge/learning.py")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(judges))
    process.arguments = ["-B", script.path] + arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "the judge failed")
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
  }

  @Test(
    "200 real runs come to the tables that an independent computation makes of the same events",
    .enabled(if: canJudge, "set RATCHET_JUDGES and RATCHET_REAL_DATA, the folder of real data"),
    .timeLimit(.minutes(3)))
  func realRuns() throws {
    let lines = try Self.judge("events", try #require(Self.runs))
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("learning-\(UUID()).jsonl")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(lines.joined(separator: "\n").utf8).write(to: file)
    var world = LearningWorld()
    for start in stride(from: 0, to: lines.count, by: 50) {
      world.publish(try lines[start..<min(start + 50, lines.count)].map { try PublishedEvent(line: $0) })
      world.fold()
    }
    var expected: [String: [String: NSDictionary]] = [:]
    for line in try Self.judge("tables", file.path) {
      let parts = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [Any])
      var record = try #require(parts[2] as? [String: Any])
      let (topic, key) = (try #require(parts[0] as? String), try #require(parts[1] as? String))
      (record["schema_version"], record["organization"]) = (1, String(key.prefix { $0 != "/" }))
      expected[topic, default: [:]][key] = NSDictionary(dictionary: record)
    }
    var compared = 0
    for (topic, table) in expected {
      let found = try world.records(topic)
      #expect(Set(found.keys) == Set(table.keys), "the keys of \(topic)")
      for (key, record) in table {
        let difference = difference(found[key], record)
        #expect(difference == nil, "\(topic) \(key): \(difference ?? "")")
        compared += 1
      }
    }
    #expect(compared > 800)
    // Nobody but experts annotates, nothing counts twice, another organization's word does not reach us.
    let reasons = Dictionary(grouping: world.reasons) { $0 }.mapValues(\.count)
    #expect(Set(reasons.keys) == ["duplicate", "forbidden"])
  }

  @Test("whatever the order across topics, the same tables come of it", arguments: 0..<4)
  func interleavings(seed: Int) throws {
    let topics: [[PublishedEvent]] = [
      [execution(), execution(id: "e"), execution(id: "o", organization: "other")],
      [
        correction("thus", id: "a"), feedback(#"{"feedback_type":"thumbs_up","execution_id":"x"}"#, id: "b"),
        PublishedEvent(
          "feedback", "feedback.retracted", id: "r", second: -9, #"{"feedback_id":"b","execution_id":"x"}"#),
        correction("hence", id: "c", more: #","replaces":"a""#), correction("thus", id: "a"),
        feedback(
          #"{"feedback_type":"correction","execution_id":"x","correction":"not yours"}"#, id: "a",
          organization: "other"),
      ],
      [
        PublishedEvent(
          "retrievals", "retrieval.performed", id: "q",
          #"{"retrieval_id":"q","execution_id":"x","query":"?","chunks":[{"chunk_id":"c"}]}"#)
      ],
      reviews(of: try id(of: "c")) + reviews(of: "ex-unknown"),
    ]
    var random = SeededRandom(seed: UInt64(seed))
    var expected: [String: [String: NSDictionary]]?
    for round in 0..<8 {
      var world = LearningWorld()
      world.publish([expert("ann"), expert("bob")])
      var rest = topics.map { $0[...] }
      while rest.contains(where: { !$0.isEmpty }) {
        // The first round takes topic after topic.
        let open = rest.indices.filter { !rest[$0].isEmpty }
        let topic = round == 0 ? open[0] : open[Int.random(in: 0..<open.count, using: &random)]
        world.publish([rest[topic].removeFirst()])
        if Bool.random(using: &random) { world.fold() }
      }
      world.fold()
      var tables: [String: [String: NSDictionary]] = [:]
      for topic in ["learning-examples", "annotation-queue", "annotation-progress"] {
        tables[topic] = try world.records(topic)
      }
      expected = expected ?? tables
      #expect(tables == expected, "seed \(seed), round \(round)")
      #expect(world.ledger.isBalanced && world.reasons.sorted().first == "duplicate")
    }
    let examples = try #require(expected?["learning-examples"])
    #expect(examples.count == 4 && examples.keys.filter { $0.hasPrefix("other/") }.count == 1)
    let last = try #require(examples["acme/\(try id(of: "c"))"])
    #expect(last["review_status"] as? String == "approved" && (last["annotations"] as? [Any])?.count == 2)
  }

  /// The id of the example that a correction of this id makes.
  private func id(of feedback: String) throws -> String {
    let made = world([execution(), correction("any", id: feedback)])
    return try #require(
      made.tables["learning-examples"]?.keys.first?.split(separator: "/").last.map(String.init))
  }

  private func reviews(of example: String) -> [PublishedEvent] {
    func annotation(_ expert: String, _ accuracy: Double, _ second: Int) -> PublishedEvent {
      PublishedEvent(
        "reviews", "annotation.made", id: "\(expert)-\(example)", second: second,
        #"{"annotation_id":"\#(expert)","example_id":"\#(example)","expert_id":"\#(expert)","#
          + #""annotation_type":"quality","technical_accuracy":\#(accuracy)}"#)
    }
    func decision(_ word: String, _ second: Int, _ organization: String = "acme") -> PublishedEvent {
      PublishedEvent(
        "reviews", "example.reviewed", id: "\(word)-\(second)-\(example)", second: second,
        organization: organization,
        #"{"example_id":"\#(example)","decision":"\#(word)","reviewer_id":"ann"}"#)
    }
    return [
      annotation("ann", 0.9, 5), annotation("bob", 0.5, 6), annotation("eve", 0.1, 7),
      decision("approved", 9), decision("rejected", 8), decision("rejected", 10, "other"),
    ]
  }

  @Test("what is set aside says by which rule: duplicates, spam, too much, and who is no expert")
  func refused() throws {
    var events = [expert("ann"), execution()]
    events += [
      correction("one", id: "1"), correction("one", id: "1"),
      feedback(#"{"feedback_type":"comment","execution_id":"x","text":"!!!!!!!!"}"#, id: "2"),
      PublishedEvent(
        "reviews", "example.reviewed", id: "3",
        #"{"example_id":"y","decision":"approved","reviewer_id":"mallory"}"#),
      feedback(#"{"feedback_type":"rating","execution_id":"x","rating":9}"#, id: "4"),
    ]
    for number in 0..<7 {
      events.append(
        feedback(#"{"feedback_type":"thumbs_up","execution_id":"x","user_id":"w"}"#, id: "w\(number)"))
    }
    let made = world(events)
    #expect(
      made.reasons == ["duplicate", "spam", "forbidden", "invalid", "spam", "spam"])
    let rules = made.quarantine.map { $0.headers["ratchet_rule"] ?? "" }
    #expect(rules[1] == "the text repeats one character" && rules[2].contains("mallory is no expert"))
    #expect(made.quarantine[3].headers["ratchet_pointer"] == "/data/rating")
    #expect(made.quarantine[0].key == "r.feedback/0@1" && rules[5].hasPrefix("more than five"))
    #expect(made.ledger.isBalanced)
  }

  @Test("an agent's own limit holds for feedback about it, and counts what its user has said of others")
  func agentLimit() {
    func given(_ id: String, second: Int, agent: String = "triage", user: String = "w") -> PublishedEvent {
      PublishedEvent(
        "feedback", "feedback.given", id: id, second: second, agent: agent,
        #"{"feedback_type":"thumbs_up","execution_id":"x\#(id)","user_id":"\#(user)"}"#)
    }
    var limited = LearningWorld()
    limited.publish([
      PublishedEvent("control", "agent.configured", id: "c", #"{"feedback_per_minute":2}"#)
    ])
    limited.fold()
    limited.publish([
      given("1", second: 0), given("2", second: 1, agent: "other"), given("3", second: 2),
      given("4", second: 3, agent: "other"), given("5", second: 4, user: "v"), given("6", second: 61),
    ])
    limited.fold()
    #expect(limited.reasons == ["rate-limited"])
    #expect(limited.quarantine.map(\.key) == ["r.feedback/0@2"])
    #expect(limited.quarantine.first?.headers["ratchet_rule"] == "more than 2 a minute from one user")
  }

  @Test("deeds about an example that never comes are named in quarantine when they have waited long enough")
  func waitsInVain() {
    var world = LearningWorld()
    world.publish([expert("ann")] + reviews(of: "ex-never"))
    world.fold()
    let before = world.reasons.count
    world.fold(after: .seconds(6 * 86_400))
    #expect(world.reasons.count == before)
    world.fold(after: .seconds(2 * 86_400))
    #expect(
      world.reasons.dropFirst(before) == ["unknown-reference", "unknown-reference", "unknown-reference"])
    let isOpen = world.stateHolds("quality")
    #expect(!isOpen, "their file is closed")
    #expect(world.tables["learning-examples"] == nil)
  }

  @Test("feedback meets its execution within the window, and no longer when it has passed")
  func window() {
    for (days, examples) in [(6, 1), (9, 0)] {
      var world = LearningWorld()
      world.publish([correction("thus", id: "a")])
      world.fold()
      world.fold(after: .seconds(Int64(days) * 86_400))
      world.publish([execution()])
      world.fold()
      #expect(world.tables["learning-examples"]?.count ?? 0 == examples, "after \(days) days")
    }
  }

  @Test("erasing somebody reaches state, tables and quarantine, and not another organization's")
  func erasure() throws {
    func said(_ organization: String) -> [PublishedEvent] {
      [
        execution(
          #"{"execution_id":"x","status":"error","error.type":"t","input_text":"secret one","user_id":"u"}"#,
          id: "e", organization: organization),
        feedback(
          #"{"feedback_type":"correction","execution_id":"x","user_id":"u","correction":"secret two"}"#,
          id: "a", second: 0, organization: organization),
        feedback(
          #"{"feedback_type":"correction","execution_id":"x","user_id":"u","correction":"secret two"}"#,
          id: "a", second: 0, organization: organization),
        feedback(
          #"{"feedback_type":"comment","session_id":"s","user_id":"u","text":"secret three"}"#,
          id: "c", second: 0, organization: organization),
        feedback(
          #"{"feedback_type":"comment","user_id":"u"}"#, id: "secret four", second: 0,
          organization: organization),
      ]
    }
    var world = LearningWorld()
    world.publish(said("acme") + said("other"))
    world.fold()
    world.fold()
    #expect(world.holds("secret one") && world.holds("secret two") && world.holds("secret four"))
    #expect(world.tables["learning-examples"]?.count == 4)
    world.publish([
      PublishedEvent("control", "erasure.requested", id: "g", #"{"requested_by":"p","user_id":"u"}"#)
    ])
    world.fold()
    world.fold()
    #expect(world.tables["learning-examples"]?.keys.allSatisfy { $0.hasPrefix("other/") } == true)
    #expect(world.tables["annotation-queue"]?.keys.allSatisfy { $0.hasPrefix("other/") } == true)
    let erased = world.quarantine.filter { $0.headers["ratchet_erased"] != nil }
    #expect(Set(erased.map(\.key)) == ["r.feedback/0@1", "r.feedback/0@3"])
    // What comes late of what was to be forgotten is not taken in again.
    world.publish(said("acme").dropLast())
    world.fold()
    #expect(world.tables["learning-examples"]?.count == 2)
    world.publish([
      PublishedEvent(
        "control", "erasure.requested", id: "h", organization: "other", #"{"requested_by":"p","user_id":"u"}"#
      )
    ])
    world.fold()
    world.fold()
    let held = ["secret one", "secret two", "secret three", "secret four"].filter { world.holds($0) }
    #expect(held == [])
  }
}

/// Where two JSON values differ, numbers compared to 1e-9; nil where they do not.
private func difference(_ found: Any?, _ expected: Any?, at path: String = "") -> String? {
  switch (found, expected) {
  case (let a as NSDictionary, let b as NSDictionary):
    let names = Set(a.allKeys.compactMap { $0 as? String } + b.allKeys.compactMap { $0 as? String })
    for name in names.sorted() {
      if let difference = difference(a[name], b[name], at: "\(path)/\(name)") { return difference }
    }
    return nil
  case (let a as NSArray, let b as NSArray):
    guard a.count == b.count else { return "\(path): \(a.count) elements, not \(b.count)" }
    for index in 0..<a.count {
      if let difference = difference(a[index], b[index], at: "\(path)/\(index)") { return difference }
    }
    return nil
  case (let a as NSNumber, let b as NSNumber):
    return abs(a.doubleValue - b.doubleValue) < 1e-9 ? nil : "\(path): \(a), not \(b)"
  case (let a as String, let b as String):
    return a == b ? nil : "\(path): \(a.debugDescription), not \(b.debugDescription)"
  default: return "\(path): \(found ?? "nothing"), not \(expected ?? "nothing")"
  }
}
