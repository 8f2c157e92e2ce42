// Flow/Rollouts alone: deployments as values, and a clock that the scenario moves.
import Basics
import Events
import Metrics
import Rollouts

struct PureWorld: RolloutWorld {
  private var rerun: RolloutRerun

  init(_ policies: [String: RolloutPolicy]) { rerun = RolloutRerun(policies) }

  mutating func submit(_ name: String, _ input: RolloutInput, at time: Timestamp) {
    rerun.apply(input, organization: "acme", id: name, at: time)
  }

  mutating func switchLearning(on: Bool, _ reason: String, at time: Timestamp) {
    rerun.switchLearning(on: on, by: "anna", reason, at: time)
  }

  mutating func add(_ pane: DeploymentPane, at time: Timestamp) { rerun.add(pane) }

  mutating func advance(to time: Timestamp) -> [SeenDecision] {
    rerun.advance(to: time)
    return rerun.takeDecisions().map { decision in
      SeenDecision(
        id: decision.id, deployment: decision.deployment, revision: decision.plan.revision,
        sequence: decision.sequence, action: decision.action.name, cause: decision.cause,
        percent: decision.targetPercent, isDrill: decision.isDrill, at: decision.decidedAt)
    }
  }

  func ending(of name: String) -> (phase: String, percent: Int)? {
    rerun.deployment(organization: "acme", id: name).map { ($0.phase.name, $0.percent) }
  }
}
