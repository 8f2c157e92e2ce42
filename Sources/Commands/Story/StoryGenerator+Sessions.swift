// Sessions in which people and agents get better together: progress, interactions, patterns, satisfaction.
internal import Basics

extension StoryGenerator {
  private static let patternTypes = ["phrasing", "ordering", "follow-up"]
  private static let profiles = 3

  /// A quarter of an hour of somebody's work, told from its beginning.
  mutating func holdSession(at time: Timestamp) {
    agenda.add(.session, at: time + sessions.about(.seconds(90)))
    number += 1
    let id = "\(settings.name)-session-\(number)"
    let user = "user-\(sessions.int(in: 0..<Cast.users))"
    let organization = sessions.chance(2, in: 3) ? "acme" : "globex"
    let baseline = 60 + sessions.int(in: 0..<12)
    // What is learned is lost on those who meet the bad candidate.
    let gain = isBad(at: time) ? 3 : 9 + sessions.int(in: 0..<6)
    for profile in 0...Self.profiles {
      let now = time + .seconds(profile * 240)
      tell(
        "feedback", "session.progressed", "\(id)-\(profile)", of: organization, key: id, at: now,
        [
          "session_id": .text(id), "user_id": .text(user),
          "status": profile == 0 ? "started" : profile == Self.profiles ? "completed" : "active",
          "baseline_accuracy": .number(Double(baseline) / 100),
          "current_accuracy": .number(Double(baseline + gain * profile / Self.profiles) / 100),
          "patterns_learned": .whole(profile), "profiles_analyzed": .whole(profile),
          "duration_seconds": .whole(profile * 240),
        ])
      guard profile > 0 else { continue }
      interact(id, user, profile, of: organization, at: now - .seconds(60))
      discover(id, user, profile, of: organization, at: now - .seconds(30))
    }
    conclude(id, user, of: organization, at: time + .seconds(Self.profiles * 240 + 20))
  }

  private mutating func interact(
    _ id: String, _ user: String, _ step: Int, of organization: String, at time: Timestamp
  ) {
    tell(
      "feedback", "session.interacted", "\(id)-interaction-\(step)", of: organization, key: id, at: time,
      [
        "session_id": .text(id), "interaction_type": sessions.chance(7, in: 10) ? "voice" : "text",
        "user_id": .text(user), "learning_value": sessions.hundredths(40, 95), "feature": "coach",
      ])
    tell(
      "feedback", "learning.loop_event", "\(id)-loop-\(step)", of: organization, key: id,
      at: time + .seconds(5),
      [
        "event_type": step == Self.profiles ? "improvement_seen" : "feedback_provided",
        "session_id": .text(id), "event_value": 1, "user_id": .text(user), "page_context": "/coach",
      ])
  }

  private mutating func discover(
    _ id: String, _ user: String, _ step: Int, of organization: String, at time: Timestamp
  ) {
    let kind = sessions.one(of: Self.patternTypes)
    let pattern = "\(id)-pattern-\(step)"
    let confidence = sessions.hundredths(62, 97)
    tell(
      "feedback", "pattern.discovered", "\(pattern)-discovered", of: organization, key: id, at: time,
      [
        "pattern_id": .text(pattern), "pattern_type": .text(kind), "confidence": confidence,
        "session_id": .text(id), "user_id": .text(user), "quality_score": sessions.hundredths(74, 96),
      ])
    tell(
      "feedback", "pattern.validated", "\(pattern)-validated", of: organization, key: id,
      at: time + .seconds(4),
      [
        "pattern_id": .text(pattern), "pattern_type": .text(kind),
        "validation_status": sessions.chance(8, in: 10) ? "validated" : "rejected",
        "confidence": confidence, "session_id": .text(id), "user_id": .text(user),
      ])
    tell(
      "feedback", "pattern.applied", "\(pattern)-applied", of: organization, key: id, at: time + .seconds(12),
      [
        "pattern_type": .text(kind), "success": .flag(sessions.chance(86, in: 100)),
        "pattern_id": .text(pattern), "confidence": confidence, "session_id": .text(id),
        "user_id": .text(user),
      ])
  }

  private mutating func conclude(
    _ id: String, _ user: String, of organization: String, at time: Timestamp
  ) {
    guard sessions.chance(7, in: 10) else { return }
    let score = isBad(at: time) ? 3 : 4 + sessions.int(in: 0..<2)
    tell(
      "feedback", "learning.satisfaction", "\(id)-satisfaction", of: organization, key: id, at: time,
      [
        "satisfaction_score": .whole(score), "session_id": .text(id), "user_id": .text(user),
        "session_duration": .whole(Self.profiles * 240), "profiles_analyzed": .whole(Self.profiles),
        "learning_events": .whole(Self.profiles),
      ])
  }
}
