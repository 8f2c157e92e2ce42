// What every processor knows from its control partition.
import Basics
import Control
import Events
import Testing

@testable import Processors
@testable import Runtime

/// Keeps the outcomes of control records, and the state to be asked.
private final class Asked {
  var state = ControlState()
  private var decoder = EventDecoder()
  private var changes = OutboundRecords()

  func fold(_ records: [FoldedTask.Record]) -> [ControlState.Outcome] {
    var batch = RecordBatch()
    for (offset, record) in records.enumerated() {
      let (key, value) = (Array(record.key.utf8), Array(record.value.utf8))
      batch.append(
        Offset(Int64(offset)), at: .zero, key: unsafe key.span.bytes, value: unsafe value.span.bytes)
      for (name, value) in record.headers {
        let (name, value) = (Array(name.utf8), Array(value.utf8))
        batch.appendHeader(unsafe name.span.bytes, unsafe value.span.bytes)
      }
    }
    return (0..<batch.count).map { state.fold(batch[$0], with: &decoder) }
  }

  /// One that has read this one's changelog.
  func restored() -> Asked {
    state.store.takeChanges(into: &changes, as: 0, PartitionID(0), at: .zero)
    let other = Asked()
    for index in 0..<changes.count {
      let change = changes[index]
      if let key = change.key { other.state.store.restore(key: key, value: change.value) }
    }
    return other
  }
}

@Suite struct ControlStateTests {
  private func event(
    _ type: String, organization: String = "acme", agent: String? = nil, _ data: String
  ) -> FoldedTask.Record {
    .event("control", type, organization: organization, agent: agent, data)
  }

  @Test("an agent that nobody has configured has the settings as shipped")
  func shipped() {
    let asked = Asked()
    let settings = asked.state.settings(organization: "acme", agent: "triage")
    #expect(settings == AgentSettings())
    #expect(settings.learningEnabled && settings.autoCollect && settings.collectCorrections)
    #expect(settings.minimumPositiveRating == 4 && settings.maximumNegativeRating == 2)
    #expect(asked.state.version == 0 && asked.state.paths().isEmpty && asked.state.isLearningOn)
  }

  @Test(
    "a setting holds for its agent alone, what an event does not say is as shipped, and a restart keeps it")
  func agents() {
    let asked = Asked()
    _ = asked.state.settings(organization: "acme", agent: "triage")
    let outcomes = asked.fold([
      event(
        "agent.configured", agent: "triage",
        #"""
        {"auto_collect":false,"minimum_positive_rating":5,"issue_categories":["a","b"],
        "feedback_per_minute":7}
        """#),
      event("agent.configured", agent: "other", #"{"learning_enabled":false}"#),
      event("agent.configured", agent: "other", #"{"collect_failures":false}"#),
    ])
    #expect(outcomes.allSatisfy { $0.verdict == .folded && $0.erasure == nil })
    var triage = AgentSettings()
    (triage.autoCollect, triage.minimumPositiveRating, triage.feedbackPerMinute) = (false, 5, 7)
    triage.issueCategories = ["a", "b"]
    var other = AgentSettings()
    other.collectFailures = false
    for one in [asked, asked.restored()] {
      #expect(one.state.settings(organization: "acme", agent: "triage") == triage)
      #expect(one.state.settings(organization: "acme", agent: "other") == other)
      #expect(one.state.settings(organization: "globex", agent: "triage") == AgentSettings())
    }
  }

  @Test("settings stored before agents had a limit of their own have the shipped one, damaged ones are none")
  func olderSettings() {
    var (older, settings) = (AgentSettings(), AgentSettings())
    (older.minimumPositiveRating, older.issueCategories) = (3, ["a"])
    settings = older
    settings.feedbackPerMinute = 7
    var (bytes, before): ([UInt8], [UInt8]) = ([], [])
    settings.store(into: &bytes)
    older.store(into: &before)
    #expect(AgentSettings(stored: unsafe bytes.span.bytes) == settings)
    #expect(AgentSettings(stored: unsafe before.span.bytes) == older && before == bytes.dropLast(4))
    let damaged = Array(bytes.dropLast(2))
    #expect(AgentSettings(stored: unsafe damaged.span.bytes) == nil)
  }

  @Test("nothing is learned while a switch is off: the agent's, its organization's or the installation's")
  func switches() {
    let asked = Asked()
    func learns(_ organization: String, _ agent: String) -> Bool {
      asked.state.settings(organization: organization, agent: agent).learningEnabled
    }
    func turn(_ isOn: Bool, _ organization: String, _ agent: String? = nil) {
      let data = #"{"enabled":\#(isOn),"switched_by":"me"}"#
      _ = asked.fold([event("learning.switched", organization: organization, agent: agent, data)])
    }
    #expect(learns("acme", "a"))
    turn(false, "acme", "a")
    #expect(!learns("acme", "a") && learns("acme", "b"))
    turn(true, "acme", "a")
    turn(false, "acme")
    #expect(!learns("acme", "a") && !learns("acme", "b") && learns("globex", "a"))
    turn(false, "platform")
    #expect(!learns("globex", "a") && !asked.state.isLearningOn)
    turn(true, "acme")
    #expect(!learns("acme", "a"))
    turn(true, "platform")
    #expect(learns("acme", "a") && learns("globex", "a") && asked.state.isLearningOn)
  }

  @Test("experts are an organization's own, perhaps for some agents only")
  func experts() {
    let asked = Asked()
    _ = asked.fold([
      event("expert.changed", #"{"expert_id":"ann","active":true}"#),
      event("expert.changed", #"{"expert_id":"bob","active":true,"agents":["triage"]}"#),
      event("expert.changed", #"{"expert_id":"cid","active":true}"#),
      event("expert.changed", #"{"expert_id":"cid","active":false}"#),
    ])
    for one in [asked, asked.restored()] {
      func isExpert(_ user: String, _ agent: String? = nil, in organization: String = "acme") -> Bool {
        one.state.isExpert(organization: organization, user: user, agent: agent)
      }
      #expect(isExpert("ann") && isExpert("ann", "any") && !isExpert("ann", in: "globex"))
      #expect(isExpert("bob") && isExpert("bob", "triage") && !isExpert("bob", "other"))
      #expect(!isExpert("cid") && !isExpert("nobody"))
    }
  }

  @Test("organizations named by control are known in order, until they are no longer served")
  func organizations() {
    let asked = Asked()
    for name in ["b", "a", "c"] {
      _ = asked.fold([event("organization.changed", organization: name, #"{"active":true,"name":"N"}"#)])
    }
    #expect(asked.state.activeOrganizations() == ["a", "b", "c"])
    _ = asked.fold([event("organization.changed", organization: "b", #"{"active":false}"#)])
    for one in [asked, asked.restored()] {
      #expect(one.state.activeOrganizations() == ["a", "c"])
      #expect(one.state.organization("a")?.name == "N" && one.state.organization("x") == nil)
    }
  }

  @Test(
    "files are found by path in the configuration in force, whose version changes with it and not otherwise")
  func files() {
    let asked = Asked()
    func put(_ files: [(path: String, content: String)]) {
      #expect(asked.fold(FoldedTask.Record.configuration(files)).allSatisfy { $0.verdict == .folded })
    }
    put([("metrics.yaml", "m"), ("rules/b.yaml", "b"), ("rules/a.yaml", "a")])
    let first = asked.state.version
    #expect(asked.state.paths(below: "rules/") == ["rules/a.yaml", "rules/b.yaml"])
    _ = asked.fold([event("agent.configured", agent: "x", "{}")])
    #expect(first != 0 && asked.state.version == first)
    put([("metrics.yaml", "m"), ("rules/b.yaml", "B")])
    #expect(asked.state.version != first)
    for one in [asked, asked.restored()] {
      #expect(one.state.paths() == ["metrics.yaml", "rules/b.yaml"])
      #expect(one.state.file("rules/b.yaml") == Array("B".utf8) && one.state.file("rules/a.yaml") == nil)
      #expect(one.state.version == asked.state.version)
    }
    put([("metrics.yaml", "m"), ("rules/b.yaml", "b"), ("rules/a.yaml", "a")])
    #expect(asked.state.version == first)
  }

  @Test(
    "a configuration whose files are not all there, and a file that is not what its key says, change nothing")
  func malformed() {
    let asked = Asked()
    _ = asked.fold(FoldedTask.Record.configuration([("a", "1")]))
    let before = asked.state.version
    let wrong = FoldedTask.Record.configuration([("a", "2")])
    let other = FoldedTask.Record(topic: "control", key: wrong[0].key, value: "3")
    let outcomes = asked.fold([
      other, wrong[1], .init(topic: "control", key: "configuration", value: "x"),
      .init(topic: "control", key: "k", value: "{}"), event("agent.configured", "{}"),
      event("feedback.given", agent: "a", "{}"),
    ])
    let reasons = ["invalid", "invalid", "undecodable", "undecodable", "invalid", "unknown-type"]
    #expect(outcomes.map(\.verdict) == reasons.map { .setAside(SetAsideReason(rawValue: $0)) })
    #expect(asked.state.version == before && asked.state.file("a") == Array("1".utf8))
  }

  @Test("an erasure is handed to the processor with what it covers")
  func erasures() throws {
    let asked = Asked()
    let data = #"{"requested_by":"u","user_id":"u","session_id":"s"}"#
    let erasure = try #require(asked.fold([event("erasure.requested", data)])[0].erasure)
    #expect(erasure == Erasure(organization: "acme", user: "u", session: "s"))
    #expect(erasure.covers(user: "u") && erasure.covers(session: "s") && !erasure.covers(execution: "u"))
    #expect(!erasure.covers() && !erasure.covers(user: "v", session: "t"))
  }
}
