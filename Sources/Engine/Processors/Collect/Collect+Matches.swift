// Feedback that has met its execution, counted as such: only then is known which version of a prompt it is
// about, and which executions have any (R1.8, R4.1).
internal import Basics
internal import Events
internal import Learning
internal import Metrics
internal import Runtime

extension Collect {
  /// `matched`: places of feedback that has met its execution by this event.
  mutating func countMatches(
    _ event: borrowing DecodedEvent, _ envelope: borrowing Envelope, _ matched: [Int]
  ) {
    guard !matched.isEmpty else { return }
    let key = ScopedKey(.execution, organization: envelope.organization, id: event.key)
    guard let file = join.cases[key], let execution = file.execution else { return }
    // The first to have met it says that the execution has feedback.
    var isFirst = file.feedback.count { $0.isJoined } == matched.count
    for place in matched where file.feedback.indices.contains(place) {
      let feedback = file.feedback[place]
      count(
        .feedbackMatched, of: envelope.organization.string, agent: execution.agent,
        [
          "first": .number(isFirst ? 1 : 0), "feedback_type": .text(feedback.type.name),
          "prompt_version": execution.promptVersion.map { .text($0) },
          "rating": feedback.rating.map { .number(Double($0)) },
        ], at: feedback.time)
      isFirst = false
    }
  }
}
