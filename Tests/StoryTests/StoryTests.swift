// Stories: the same from the same seed, in order, valid by the decoder that will read them, and wrong where
// and only where the scenario says so.
import Basics
import Events
import Story
import Testing

private let start = Timestamp(milliseconds: 1_769_853_600_000)
private let length = Duration.seconds(2 * 3600)

/// Two hours, of which the last half turns bad, at a rate that makes some thousand events.
private func settings(_ scenario: Scenario, seed: UInt64 = 1) -> StorySettings {
  StorySettings(
    scenario: scenario, seed: seed, start: start, turn: start + .seconds(5400),
    executionsPerSecond: 0.3)
}

private func events(_ settings: StorySettings, endingRolloutAt end: Timestamp? = nil) -> [StoryEvent] {
  var story = StoryGenerator(settings)
  var events: [StoryEvent] = []
  while story.nextTime < start + length {
    if let end, story.nextTime >= end { story.endRollout(at: end) }
    events.append(story.next())
  }
  return events
}

/// Told once for all tests.
private let told = Dictionary(
  uniqueKeysWithValues: Scenario.allCases.map { ($0, events(settings($0))) })

@Suite struct StoryTests {
  @Test("equal settings give equal events, and another seed gives others", arguments: Scenario.allCases)
  func repeats(scenario: Scenario) throws {
    let first = try #require(told[scenario])
    #expect(first == events(settings(scenario)))
    #expect(first != events(settings(scenario, seed: 2)))
    #expect(first.count > 5000)
  }

  @Test("events come in the order of their times, each with an id of its own", arguments: Scenario.allCases)
  func order(scenario: Scenario) throws {
    let events = try #require(told[scenario])
    #expect(zip(events, events.dropFirst()).allSatisfy { $0.time <= $1.time })
    #expect(events.allSatisfy { $0.time >= start })
    #expect(Set(events.map(\.id)).count == events.count)
  }

  @Test("every event is valid on its topic and keyed as its type says", arguments: Scenario.allCases)
  func valid(scenario: Scenario) throws {
    var decoder = EventDecoder()
    for event in try #require(told[scenario]) {
      let topic = try #require(InputTopic(rawValue: event.topic), "\(event.topic)")
      let bytes = Array(event.json.utf8)
      do throws(Violation) {
        let decoded = try decoder.decode(try Envelope(structured: unsafe bytes.span.bytes), from: topic)
        if topic != .control { #expect(decoded.key.string == event.key, "\(event.json)") }
      } catch {
        Issue.record("\(error): \(event.json)")
        return
      }
    }
  }

  @Test("every topic that producers write to has its part in a story")
  func topics() throws {
    let topics = Set(try #require(told[.badCanary]).map(\.topic))
    #expect(topics == Set(InputTopic.allCases.map(\.rawValue)))
  }

  @Test("a candidate is bad from the turn on, and only it")
  func badCanary() throws {
    let settings = settings(.badCanary)
    let all = try #require(told[.badCanary])
    let runs = all.filter { $0.type == "execution.completed" }
    func errors(_ stage: String, since: Bool) -> Double {
      let arm = runs.filter {
        ($0.time >= settings.turn) == since && $0.data.contains("\"stage\":\"\(stage)\"")
      }
      return Double(arm.count { $0.data.contains("\"status\":\"error\"") }) / Double(max(1, arm.count))
    }
    #expect(errors("canary-5", since: true) > 0.4)
    #expect(errors("canary-5", since: false) < 0.1)
    #expect(errors("baseline", since: true) < 0.1)
    let operations = all.filter { $0.type == "operation.completed" && $0.time >= settings.turn }
    #expect(operations.count { $0.data.contains("\"success\":false") } * 6 / 5 > operations.count / 6)
  }

  @Test("when a rollout has ended nobody is given its candidate, and operations succeed again")
  func rolledBack() {
    let settings = settings(.badCanary)
    let end = settings.turn + .seconds(300)
    let later = events(settings, endingRolloutAt: end).filter { $0.time > end + .seconds(30) }
    #expect(!later.contains { $0.data.contains("\"deployment_id\"") })
    let failures = later.count { $0.data.contains("\"success\":false") && $0.type == "operation.completed" }
    #expect(failures < 40)
  }

  @Test("workers go offline and users fall silent at the turn, and not before")
  func otherScenarios() throws {
    let outage = settings(.workerOutage)
    let offline = try #require(told[.workerOutage]).filter { $0.data.contains("\"state\":\"offline\"") }
    #expect(!offline.isEmpty && offline.allSatisfy { $0.time >= outage.turn })
    let silence = settings(.silence)
    let last = try #require(told[.silence]).filter { $0.type == "feedback.given" }.map(\.time).max() ?? start
    #expect(last < silence.turn + .seconds(120) && last > silence.turn - .seconds(600))
    #expect(!(try #require(told[.calm])).contains { $0.data.contains("offline") })
  }

  @Test("a user is on the same side of the experiment every time")
  func assignment() throws {
    var arms: [String: Set<Substring>] = [:]
    for event in try #require(told[.calm]) where event.type == "experiment.exposed" {
      let fields = event.data.split(separator: "\"")
      guard let user = fields.firstIndex(of: "user_id"), let arm = fields.firstIndex(of: "arm") else {
        continue
      }
      arms[String(fields[user + 2]), default: []].insert(fields[arm + 2])
    }
    #expect(arms.count > 100 && arms.values.allSatisfy { $0.count == 1 })
  }
}
