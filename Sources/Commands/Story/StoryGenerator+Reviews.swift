// What experts do: they propose demonstrations, annotate and review them.
internal import Basics
internal import Learning

extension StoryGenerator {
  /// Who may review, and which organizations there are: settings, for the topic of control. Corrections alone
  /// become examples: two experts could not review every rating of a day.
  mutating func introduce(at time: Timestamp) {
    for (index, organization) in ["acme", "globex"].enumerated() {
      let time = time + .milliseconds(index)
      tell(
        "control", "organization.changed", "\(organization)-served", of: organization, key: organization,
        at: time, ["active": true, "name": .text(organization.uppercased())])
      for expert in Cast.experts {
        tell(
          "control", "expert.changed", "\(organization)-\(expert)", of: organization, key: expert, at: time,
          ["expert_id": .text(expert), "active": true])
      }
    }
    for player in Cast.players {
      tell(
        "control", "agent.configured", "\(player.name)-configured", of: player.organization, player.name,
        key: player.name, at: time + .milliseconds(2), ["collect_ratings": false, "collect_failures": false])
    }
  }

  /// An expert shows how it is done; another one annotates and approves or rejects it later.
  mutating func demonstrate(at time: Timestamp) {
    agenda.add(.demonstration, at: time + reviews.about(.seconds(900)))
    number += 1
    let id = "\(settings.name)-demo-\(number)"
    let player = reviews.one(of: Cast.players)
    let exchange = reviews.one(of: player.exchanges)
    tell(
      "reviews", "example.proposed", "\(id)-proposed", of: player.organization, player.name, key: id,
      at: time,
      [
        "example_id": .text(id), "example_type": "demonstration",
        "input_context": "a customer who is known by name",
        "input_text": .text(exchange.input), "source_type": "expert",
        "original_output": .text(exchange.output), "expected_output": .text(exchange.correction),
        "domain": .text(player.domain), "task_type": .text(player.taskType), "complexity": "moderate",
        "source_user_id": .text(Cast.experts[0]),
        "steps": .list(player.tools.map { .object(["action": .text($0)]) }),
      ])
    review(id, player, after: time)
  }

  /// A correction that has become an example, by the id that it then has.
  mutating func review(correction: String, of run: ToldExecution, after time: Timestamp) {
    let id = ExampleID.ofFeedback(
      correction, from: StoryEvent.source, on: run.id, of: run.player.organization)
    review(id, run.player, after: time)
  }

  private mutating func review(_ id: String, _ player: Player, after time: Timestamp) {
    for (index, expert) in Cast.experts.enumerated() {
      annotate(id, player, by: expert, at: time + .seconds(300 + 200 * index))
    }
    // Some wait for tomorrow.
    guard reviews.chance(8, in: 10) else { return }
    let isApproved = reviews.chance(9, in: 10)
    tell(
      "reviews", "example.reviewed", "\(id)-reviewed", of: player.organization, player.name, key: id,
      at: time + .seconds(900) + reviews.about(.seconds(600)),
      [
        "example_id": .text(id), "decision": isApproved ? "approved" : "rejected",
        "reviewer_id": .text(Cast.experts[1]),
        "quality_score": isApproved ? reviews.hundredths(75, 98) : reviews.hundredths(20, 45),
        "review_notes": isApproved ? "as we do it" : "not our policy any more",
      ])
  }

  private mutating func annotate(_ id: String, _ player: Player, by expert: String, at time: Timestamp) {
    tell(
      "reviews", "annotation.made", "\(id)-\(expert)", of: player.organization, player.name, key: id,
      at: time,
      [
        "annotation_id": "\(id)-\(expert)", "example_id": .text(id), "expert_id": .text(expert),
        "annotation_type": "quality", "technical_accuracy": reviews.hundredths(70, 100),
        "professional_quality": reviews.hundredths(70, 100), "completeness": reviews.hundredths(60, 100),
        "clarity": reviews.hundredths(70, 100),
      ])
  }
}
