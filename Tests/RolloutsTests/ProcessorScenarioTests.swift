// The scenarios once more, by the processor on the engine: the same decisions, under crashes and on replay
// too.
import Basics
import Foundation
import Testing

/// The files that a scenario's processor is configured with.
private func policyFiles(_ scenario: Scenario) throws -> [(path: String, content: String)] {
  var files: [(path: String, content: String)] = []
  for folder in ["topology/policies", "Tests/Scenarios/rollouts/policies"] {
    let path = Scenario.root.appendingPathComponent(folder)
    for name in try FileManager.default.contentsOfDirectory(atPath: path.path).sorted() {
      var text = try String(contentsOf: path.appendingPathComponent(name), encoding: .utf8)
      if let interval = scenario.interval { text += "\ninterval: \(interval.milliseconds)ms\n" }
      files.append(("policies/\(name)", text))
    }
  }
  return files
}

/// All of them in `make soak` (RATCHET_SCENARIOS=all), as each takes as long as all have by Flow alone; else
/// those that tell most in the least time.
private func chosen(_ names: [String]) throws -> [Scenario] {
  let scenarios = try Scenario.all()
  if ProcessInfo.processInfo.environment["RATCHET_SCENARIOS"] == "all" { return scenarios }
  return scenarios.filter { names.contains(String($0.name.dropLast(".scenario".count))) }
}

@Suite struct ProcessorScenarioTests {
  @Test(
    "the processor decides what the scenario expects, and replays to the same bytes",
    arguments: try chosen([
      "bad-canary", "breach-while-paused", "cancelled-early", "executor-fails", "few-bad-samples",
      "learning-off",
      "learning-failure", "manual-override", "policy-missing", "superseded-revision", "two-deployments",
      "drill",
    ]))
  func calm(_ scenario: Scenario) throws {
    var run = ScenarioRun(scenario, ProcessorWorld(policies: try policyFiles(scenario)))
    for complaint in run.run() { Issue.record("\(complaint)") }
    #expect(run.world.setAside == 0)
    #expect(run.world.replayDifference() == nil)
  }

  @Test(
    "crashes and restarts change no decision and no id",
    arguments: try chosen(["bad-canary", "superseded-revision", "two-deployments", "gradual-cancelled"]))
  func crashes(_ scenario: Scenario) throws {
    var calm = ScenarioRun(scenario, ProcessorWorld(policies: try policyFiles(scenario)))
    _ = calm.run()
    var stormy = ScenarioRun(scenario, ProcessorWorld(policies: try policyFiles(scenario), crashSeed: 7))
    for complaint in stormy.run() { Issue.record("\(complaint)") }
    #expect(stormy.world.crashCount > 5)
    #expect(stormy.decisions == calm.decisions)
    #expect(stormy.world.replayDifference() == nil)
  }

  @Test(
    "measurements that come hours before their time, and before their deployment, change no decision",
    arguments: try chosen(["bad-canary", "downtime", "two-deployments"]))
  func ahead(_ scenario: Scenario) throws {
    var calm = ScenarioRun(scenario, ProcessorWorld(policies: try policyFiles(scenario)))
    _ = calm.run()
    let world = ProcessorWorld(policies: try policyFiles(scenario), crashSeed: 7, ahead: calm.world.panes)
    var run = ScenarioRun(scenario, world)
    for complaint in run.run() { Issue.record("\(complaint)") }
    #expect(run.decisions == calm.decisions)
    #expect(run.world.setAside == 0)
    #expect(run.world.replayDifference() == nil)
  }
}
