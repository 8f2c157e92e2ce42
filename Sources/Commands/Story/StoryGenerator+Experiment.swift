// An experiment that runs through the whole story: which side each user is on, who has met it, what came of
// it. The treatment is a little better, as treatments that are worth rolling out are.
internal import Basics

extension StoryGenerator {
  mutating func beginExperiment(at time: Timestamp) {
    let player = Cast.players[Cast.leading]
    tell(
      "experiment-events", "experiment.created", "\(Self.experimentID)-created", of: player.organization,
      player.name, key: Self.experimentID, at: time,
      [
        "experiment_id": .text(Self.experimentID), "name": "A warmer tone",
        "hypothesis": "people who are addressed kindly rate the same answer higher",
        "control_config": .object(["prompt_version": "7"]),
        "treatment_config": .object(["prompt_version": "7-warm"]), "treatment_share": 0.5,
        "minimum_duration_hours": 12, "minimum_samples": 150, "primary_metric": "rating",
        "created_by": "expert-ada",
      ])
    tell(
      "experiment-events", "experiment.changed", "\(Self.experimentID)-started", of: player.organization,
      player.name, key: Self.experimentID, at: time + .seconds(1),
      ["experiment_id": .text(Self.experimentID), "status": "running", "changed_by": "expert-ada"])
  }

  /// The same side for the same user, always.
  func armOfExperiment(_ user: String) -> String {
    bucket(of: user, for: Self.experimentID) < 50 ? "control" : "treatment"
  }

  mutating func expose(_ user: String, to arm: String?, in execution: String, at time: Timestamp) {
    guard let arm else { return }
    let player = Cast.players[Cast.leading]
    tell(
      "experiment-events", "experiment.exposed", "\(execution)-exposed", of: player.organization, player.name,
      key: Self.experimentID, at: time,
      [
        "experiment_id": .text(Self.experimentID), "user_id": .text(user), "arm": .text(arm),
        "execution_id": .text(execution),
      ])
    guard traffic.chance(1, in: 8) else { return }
    let has = traffic.chance(arm == "treatment" ? 34 : 26, in: 100)
    tell(
      "experiment-events", "experiment.observed", "\(execution)-observed", of: player.organization,
      player.name, key: Self.experimentID, at: time + traffic.about(.seconds(90)),
      [
        "experiment_id": .text(Self.experimentID), "user_id": .text(user), "metric": "rebooked",
        "value": has ? 1 : 0, "arm": .text(arm),
      ])
  }

  /// 0 to 99, the same for the same name.
  func bucket(of name: String, for purpose: String) -> Int {
    Int("\(purpose)/\(name)".storedHash % 100)
  }
}
