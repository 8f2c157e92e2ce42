// Organizations never meet (R14.1): two that have the same ids of everything, through all processors as they
// are shipped. Whatever is published of one is what it would be if the other were not there.
import Basics
import Foundation
import Story
import Testing

@testable import Processors
@testable import Runtime

/// One task of each processor, fed with one another's outputs, second by second.
private struct Installation {
  static let start = Timestamp(milliseconds: 1_769_853_600_000)
  static let length_s: Int64 = 840
  /// Two seconds past whole fives, so that what is counted of a pane is read before the pane is closed, five
  /// seconds after its end.
  private static let step_s: Int64 = 5

  private let definitions: [ProcessorDefinition] = [
    .collect(prefix: "t"), .review(prefix: "t"), .experiments(prefix: "t"), .retrieval(prefix: "t"),
    .metrics(prefix: "t", board: nil), .rollouts(prefix: "t"),
  ]
  private var tasks: [FoldedTask]
  /// What has been published of each organization, on whatever topic people read, in order.
  private(set) var published: [String: [String]] = [:]
  private(set) var topics: [String: Set<String>] = [:]

  /// All that is published when these events come, in the order of their times.
  init(_ events: [StoryEvent], _ files: [(path: String, content: String)]) {
    let begin = Self.start.rawValue
    tasks = definitions.map { FoldedTask($0, of: 1, at: begin) }
    for index in tasks.indices { _ = tasks[index].epoch(FoldedTask.Record.configuration(files)) }
    var rest = events[...]
    for second in stride(from: 2, through: Self.length_s, by: Int(Self.step_s)) {
      let end = begin + second * 1000
      let due = rest.prefix { $0.time.rawValue <= end }
      rest = rest.dropFirst(due.count)
      run(due.map { Self.record($0, in: end) }, to: end)
    }
  }

  private static func record(_ event: StoryEvent, in end: Int64) -> FoldedTask.Record {
    var record = FoldedTask.Record(topic: event.topic, value: event.data, headers: event.headers)
    record.age_s = (end - event.time.rawValue) / 1000
    return record
  }

  private mutating func run(_ records: [FoldedTask.Record], to end: Int64) {
    var records = records
    for (index, definition) in definitions.enumerated() {
      let read = definition.inputs.map { $0.topic.dropFirst(2) }
      let own = records.filter { record in read.contains { $0 == record.topic } }
      let epoch = tasks[index].epoch(own, after: (end - tasks[index].now) / 1000)
      for (place, output) in epoch.outputs(of: definition).enumerated() {
        if output.value.hasPrefix("{"), let organization = Self.organization(of: output.value) {
          published[organization, default: []].append("\(output.topic) \(output.key) \(output.value)")
          topics[organization, default: []].insert(output.topic)
        }
        guard let value = epoch.outputs[place].value else { continue }
        records.append(
          FoldedTask.Record(
            topic: output.topic, key: output.key,
            bytes: unsafe value.withUnsafeBytes { unsafe [UInt8]($0) }))
      }
    }
  }

  private static func organization(of value: String) -> String? {
    value.firstMatch(of: /"organization":"([^"]*)"/).map { String($0.1) }
  }

  /// What is published of an organization, but for where its events stood beside others'.
  func told(of organization: String) -> [String] {
    (published[organization] ?? []).map {
      $0.replacing(/"offset":\d+/, with: "").replacing(/"(first|last|next)_offset":\d+/, with: "")
    }
  }
}

@Suite struct OrganizationsTests {
  /// The story of the bad canary as it happens to `organization`: its ids are the same whatever the seed.
  private static func story(of organization: String, seed: UInt64) -> [StoryEvent] {
    let end = Installation.start + .seconds(Installation.length_s)
    var story = StoryGenerator(
      StorySettings(
        scenario: .badCanary, seed: seed, start: Installation.start,
        turn: Installation.start + .seconds(420), executionsPerSecond: 0.1))
    var events: [StoryEvent] = []
    while story.nextTime < end {
      var event = story.next()
      guard event.organization == "acme" else { continue }
      event.organization = organization
      // An agent's settings are its organization's too.
      if event.type == "agent.configured", organization == "other" {
        event.data = #"{"collect_failures":true}"#
      }
      events.append(event)
    }
    return events
  }

  /// As shipped, but for the rules of `platform`, which are about all organizations together.
  private static func files() throws -> [(path: String, content: String)] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("topology")
    return try ["metrics.yaml", "policies/default.yaml", "rules/organization/meta.yaml"].map {
      (path: $0, content: try String(contentsOf: root.appendingPathComponent($0), encoding: .utf8))
    }
  }

  /// Projections, alerts and decisions: all that people read of an organization.
  private static let topics: Set = [
    "agent-scorecards", "alert-states", "alerts", "annotation-progress", "annotation-queue",
    "chunk-relevance", "deployments", "experiment-tallies", "learning-examples", "learning-session-metrics",
    "pattern-quality-metrics", "rollback-decisions", "rolling-metrics", "rollout-decisions",
    "user-engagement-metrics",
  ]

  @Test("of two organizations with the same ids each is told what it would be told alone, on every topic")
  func apart() throws {
    let (files, names) = (try Self.files(), ["acme", "other"])
    let stories = [Self.story(of: names[0], seed: 1), Self.story(of: names[1], seed: 2)]
    let ids = stories.map { Set($0.map(\.id)) }
    #expect(ids[0].intersection(ids[1]).count > ids[0].count / 2 && stories[0] != stories[1])
    let both = Installation(
      stories.joined().sorted { ($0.time, $0.organization) < ($1.time, $1.organization) }, files)
    for (name, story) in zip(names, stories) {
      let alone = Installation(story, files)
      let (expected, found) = (alone.told(of: name), both.told(of: name))
      #expect(alone.topics[name] == Self.topics)
      #expect(found.count == expected.count)
      let difference = zip(expected, found).first { $0 != $1 }
      #expect(difference == nil)
    }
  }
}
