// Declarations against what a broker has.
import Basics
import Testing

@testable import Topology

/// A broker that did what the plan says, with Kafka's defaults where nothing is set.
private func carriedOut(_ plan: TopicPlan, on states: [TopicState]) -> [TopicState] {
  let changed = Dictionary(uniqueKeysWithValues: plan.changes.map { ($0.name, $0.settings) })
  let kept = states.map { state in
    TopicState(
      name: state.name, partitions: state.partitions, own: changed[state.name] ?? state.own,
      inherited: state.inherited)
  }
  return kept
    + plan.creations.map { creation in
      TopicState(
        name: creation.name, partitions: creation.declaration.partitions, own: creation.declaration.settings,
        inherited: defaults)
    }
}

private let defaults = [
  "cleanup.policy": "delete", "retention.ms": "604800000", "delete.retention.ms": "86400000",
  "max.message.bytes": "1048588",
]

@Suite struct TopicPlanTests {
  @Test("against an empty broker everything is created, and afterwards nothing is left to do")
  func createsThenDone() throws {
    let topics = try shippedTopics()
    let plan = TopicPlan(topics, prefix: "ratchet", broker: [])
    #expect(plan.creations.count == topics.count && !plan.isDone)
    let again = TopicPlan(topics, prefix: "ratchet", broker: carriedOut(plan, on: []))
    #expect(again.isDone && again.unchanged.count == topics.count)
    try expectGolden(plan.text + "\n", "empty-broker.plan")
    try expectGolden(again.text + "\n", "done.plan")
  }

  @Test("differences are shown, settings of others kept, partitions refused, and strangers left alone")
  func mixed() throws {
    let names = ["feedback", "alerts", "reviews", "agent-scorecards"]
    var topics = try shippedTopics().filter { names.contains($0.name) }
    for index in topics.indices {
      topics[index].place = .file("topics.yaml", line: 10 * index + 10, column: 11)
    }
    let states = [
      TopicState(name: "r.feedback", partitions: 3, own: [:], inherited: defaults),
      TopicState(name: "r.alerts", partitions: 4, own: ["min.insync.replicas": "2"], inherited: defaults),
      TopicState(
        name: "r.agent-scorecards", partitions: 4, own: ["cleanup.policy": "delete"], inherited: [:]),
      TopicState(name: "r.old", partitions: 1, own: [:], inherited: defaults),
      TopicState(name: "ratchet.feedback", partitions: 1, own: [:], inherited: defaults),
    ]
    let plan = TopicPlan(topics, prefix: "r", broker: states)
    #expect(plan.creations.map(\.name) == ["r.reviews"])
    #expect(plan.refusals.map(\.name) == ["r.feedback"] && plan.undeclared == ["r.old"])
    #expect(
      plan.changes.first { $0.name == "r.alerts" }?.settings
        == ["cleanup.policy": "delete", "retention.ms": "-1", "min.insync.replicas": "2"])
    try expectGolden(plan.text + "\n", "mixed.plan")
    try expectGolden(plan.json + "\n", "mixed.json")
    let again = TopicPlan(topics, prefix: "r", broker: carriedOut(plan, on: states))
    #expect(again.changes.isEmpty && again.creations.isEmpty && again.refusals.count == 1)
  }

  @Test("a setting that the broker inherits as declared is no difference")
  func inherited() throws {
    let topics = try shippedTopics().filter { $0.name == "alerts" }
    let inherited = ["cleanup.policy": "delete", "retention.ms": "-1"]
    let state = TopicState(name: "r.alerts", partitions: 4, own: [:], inherited: inherited)
    #expect(TopicPlan(topics, prefix: "r", broker: [state]).isDone)
  }
}
