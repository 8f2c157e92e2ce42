// Two tellings of the same past, compared.
import Alerts
import Testing

@Suite struct AlertTimelineTests {
  private func told(_ id: String, _ rule: String, _ to: String, _ at: String) throws -> ToldTransition {
    try #require(
      ToldTransition([
        ("transition_id", "\"\(id)\""), ("rule", "\"\(rule)\""), ("to", "\"\(to)\""), ("at", "\"\(at)\""),
        ("labels.queue", "\"a\""), ("labels.alertname", "\"\(rule)\""), ("value", "\"5\""),
      ]))
  }

  @Test("what is told in both is the same, by id; the rest came, went or moved")
  func compared() throws {
    let then = [
      try told("1", "High", "firing", "2026-03-01T12:00:00.000Z"),
      try told("2", "High", "resolved", "2026-03-01T13:00:00.000Z"),
      try told("3", "Down", "firing", "2026-03-01T14:00:00.000Z"),
      try told("1", "High", "firing", "2026-03-01T12:00:00.000Z"),
    ]
    let now = [
      try told("1", "High", "firing", "2026-03-01T12:00:00.000Z"),
      try told("9", "High", "resolved", "2026-03-01T12:30:00.000Z"),
      try told("8", "Slow", "firing", "2026-03-01T15:00:00.000Z"),
    ]
    #expect(
      AlertTimeline.compared(now: now, then: then).map(\.description) == [
        "  2026-03-01T12:00:00.000Z firing   High{queue=\"a\"} 5",
        "~ 2026-03-01T12:30:00.000Z resolved High{queue=\"a\"} 5 (then at 2026-03-01T13:00:00.000Z)",
        "- 2026-03-01T14:00:00.000Z firing   Down{queue=\"a\"} 5",
        "+ 2026-03-01T15:00:00.000Z firing   Slow{queue=\"a\"} 5",
      ])
    #expect(AlertTimeline.compared(now: then, then: then).allSatisfy { $0.kind == .same })
  }

  @Test("what is no transition is none")
  func foreign() {
    #expect(ToldTransition([("id", "\"x\"")]) == nil)
  }
}
