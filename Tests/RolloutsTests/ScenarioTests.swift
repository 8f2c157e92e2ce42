// Every scenario, by Flow/Rollouts alone.
import Basics
import Foundation
import Rollouts
import Testing
import Topology

/// The policies that are shipped, and those that scenarios bring along.
func scenarioPolicies(_ scenario: Scenario) throws -> [String: RolloutPolicy] {
  var files: [(path: String, content: [UInt8])] = []
  for folder in ["topology/policies", "Tests/Scenarios/rollouts/policies"] {
    let path = Scenario.root.appendingPathComponent(folder)
    for name in try FileManager.default.contentsOfDirectory(atPath: path.path).sorted() {
      files.append((name, [UInt8](try Data(contentsOf: path.appendingPathComponent(name)))))
    }
  }
  var policies = try parsePolicies(files)
  if let interval = scenario.interval {
    for name in policies.keys { policies[name]?.interval = interval }
  }
  return policies
}

@Suite struct ScenarioTests {
  @Test(
    "every decision of a scenario is made, in order and in time, and no other", arguments: try Scenario.all())
  func pure(_ scenario: Scenario) throws {
    var run = ScenarioRun(scenario, PureWorld(try scenarioPolicies(scenario)))
    for complaint in run.run() { Issue.record("\(complaint)") }
  }
}

extension Scenario: CustomTestStringConvertible {
  var testDescription: String { name }
}
