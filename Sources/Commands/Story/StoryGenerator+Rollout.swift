// A candidate on its way to everybody: proposed, validated, given to 5% of the traffic, and bad from the turn
// on.
internal import Basics
internal import Rollouts

extension StoryGenerator {
  /// As the default policy names it.
  static let candidateStage = "canary-5"
  /// Of a hundred executions, how many get the candidate, and how many stand for the baseline beside it.
  private static let armShare = 5

  mutating func beginRollout() {
    let player = Cast.players[Cast.leading]
    let start = max(settings.start + .seconds(30), settings.turn - StorySettings.rolloutLead)
    tell(
      "deployment-events", "deployment.created", "\(Self.deploymentID)-created", of: player.organization,
      player.name, key: Self.deploymentID, at: start,
      [
        "deployment_id": .text(Self.deploymentID), "candidate_kind": "prompt", "candidate": "prompt-8",
        "baseline": "prompt-7", "policy": "default", "revision": 1, "high_impact": false, "query_share": 0.4,
        "experiment_id": .text(Self.experimentID), "created_by": "expert-ada",
        "description": "The tone of the experiment's treatment, for all.",
      ])
    let scores: [(kind: String, cases: Int)] = [("golden_set", 100), ("regression", 240), ("safety", 60)]
    for (index, score) in scores.enumerated() {
      tell(
        "deployment-events", "deployment.validated", "\(Self.deploymentID)-\(score.kind)",
        of: player.organization, player.name, key: Self.deploymentID, at: start + .seconds(20 * (index + 1)),
        [
          "deployment_id": .text(Self.deploymentID), "validation": .text(score.kind), "passed": true,
          "cases": .whole(score.cases), "regressions": 0, "baseline_score": 0.91, "candidate_score": 0.93,
        ])
    }
    carryOut(at: start + .seconds(70))
  }

  /// An executor of the past has given the candidate its share: who executes now was not there then.
  private mutating func carryOut(at time: Timestamp) {
    let player = Cast.players[Cast.leading]
    let decision = RolloutDecision.identity(
      organization: player.organization, deployment: Self.deploymentID, revision: 1, action: .advance,
      cause: Self.candidateStage, step: 0, occurrence: 0)
    tell(
      "deployment-events", "deployment.reported", "\(Self.deploymentID)-applied", of: player.organization,
      player.name, key: Self.deploymentID, at: time,
      [
        "deployment_id": .text(Self.deploymentID), "decision_id": .text(decision), "status": "applied",
        "step": 0, "target_percent": .whole(Self.armShare), "baseline_healthy": true,
        "executor_id": "story",
      ])
  }

  /// Which arm of the deployment an execution belongs to; nil for those that are nobody's.
  func stage(of execution: String, at time: Timestamp) -> String? {
    guard settings.scenario == .badCanary, time >= settings.turn - StorySettings.rolloutLead + .seconds(120),
      !isOver(at: time)
    else { return nil }
    switch bucket(of: execution, for: Self.deploymentID) {
    case ..<Self.armShare: return Self.candidateStage
    case ..<(2 * Self.armShare): return "baseline"
    default: return nil
    }
  }
}
