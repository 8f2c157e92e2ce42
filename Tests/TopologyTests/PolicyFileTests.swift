// Policies: the shipped files, and what a person is told about a wrong one.
import Basics
import Rollouts
import Testing

@testable import Topology

@Suite struct PolicyFileTests {
  private func shipped(_ name: String) throws -> RolloutPolicy {
    try parsePolicy(try contents("../../topology/policies/\(name).yaml"), file: "\(name).yaml")
  }

  @Test("the shipped default is R10's canary with its triggers and guardrails")
  func shippedDefault() throws {
    let policy = try shipped("default")
    #expect(policy.name == "default" && policy.version.count == 12)
    #expect(policy.stages.map(\.percent) == [5, 25, 100])
    #expect(policy.stages.map(\.duration) == [.seconds(86_400), .seconds(172_800), .seconds(86_400)])
    #expect(policy.stages.map(\.condition) == [.improved, .holds, .holds])
    #expect(policy.gradual.percents == [75, 50, 25, 0] && policy.gradual.interval == .seconds(300))
    #expect(policy.trafficClass == .init(header: "learning-enabled", value: "true"))
    let rows = policy.triggers.map { trigger in
      "\(trigger.name) \(trigger.metric.rawValue) \(trigger.limit.limit) "
        + "\(trigger.window.milliseconds / 1000) \(trigger.action.rawValue) \(trigger.scope)"
    }
    #expect(
      rows == [
        "systemDowntime downtime 0.01 300 immediate_rollback always",
        "errorRateSpike error_rate 0.05 180 immediate_rollback always",
        "responseTimeRegression latency_p95 2.0 600 gradual_rollback always",
        "memoryLeak memory_growth 500000000.0 3600 gradual_rollback always",
        "accuracyDegradation accuracy 0.95 300 immediate_rollback always",
        "learningSystemFailure learning_failure_rate 0.2 600 feature_disable always",
        "canaryErrorRate error_rate 0.05 180 immediate_rollback canary",
        "canarySatisfaction satisfaction 0.9 180 immediate_rollback canary",
        "canaryLatency latency_p95 1.5 180 immediate_rollback canary",
      ])
  }

  @Test("the other canary and the strict readings are shipped beside it (R16)")
  func options() throws {
    #expect(try shipped("canary-10-50-100").stages.map(\.percent) == [10, 50, 100])
    let strict = try shipped("strict")
    #expect(strict.triggers.first { $0.name == "anySatisfactionDrop" }?.limit.limit == 1)
    #expect(strict.triggers.count { $0.name.hasPrefix("any") } == 4)
  }

  @Test("everything wrong with a policy is told at once, with its place")
  func wrong() throws {
    let text = """
      policy: 7
      aproval: always
      stages:
        - {name: a, percent: 50, duration: 1d}
        - {name: b, percent: 50, duration: soon}
        - {name: c, percent: 40, duration: 1h}
      triggers:
        - {name: t, metric: error_rat, above: 0.1, window: 3m, action: immediate_rollback}
        - {name: u, metric: downtime, above: 0.1, below: 1, window: 3m, action: immediate_rollback}
        - {name: v, metric: downtime, above: 0.1, window: 1s, action: roll_back}
      guardrails:
        - {name: w, metric: memory_growth, above_baseline_times: 2, window: 9h, confidence: 2}
      """
    var told = "nothing"
    do { _ = try parsePolicy(Array(text.utf8), file: "p.yaml") } catch { told = "\(error)" }
    try expectGolden(told + "\n", "bad-policy.txt")
  }

  @Test("a name that two files claim is told")
  func twice() throws {
    let content = try contents("../../topology/policies/default.yaml")
    let error = try #require(throws: Diagnostics.self) {
      try parsePolicies([("a.yaml", content), ("b.yaml", content)])
    }
    #expect("\(error)" == "b.yaml: policy \"default\" stands in another file already")
  }
}
