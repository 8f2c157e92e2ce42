// One event from a producer to a reader: published as any producer would, and waited for on the projection
// that it must change.
import Basics
import Kafka
import POSIX
import Story

struct VerifyProbe {
  static let organization = "verify"
  static let agent = "probe"

  private let publisher: StoryPublisher
  private let follower: TopicFollower
  private let patience: Duration
  private let now: Timestamp

  init(
    _ client: ClientConfiguration, prefix: String, inputs: String, patience: Duration
  ) throws(Diagnostic) {
    self.patience = patience
    now = systemTime()
    publisher = try StoryPublisher(client, prefix: inputs)
    follower = try TopicFollower(["agent-scorecards"], prefix: prefix, client)
  }

  func run() throws -> VerifyFinding {
    var before: String?
    try read(until: { _ in follower.hasCaughtUp }, into: &before)
    guard follower.hasCaughtUp else {
      return VerifyFinding(
        check: "probe", text: "was not sent",
        faults: ["the scorecards cannot be read to their end: is a broker slow, or a transaction open?"])
    }
    let id = "verify-\(now.rawValue)"
    try publisher.publish(
      StoryEvent(
        topic: "executions", type: "execution.completed", id: id, organization: Self.organization,
        agent: Self.agent, key: id, time: now,
        data: "{\"execution_id\":\"\(id)\",\"status\":\"ok\",\"duration_ms\":1}"))
    try publisher.finish()
    let sent = ContinuousClock.now
    var after = before
    try read(until: { $0 != before }, into: &after)
    guard after != before else {
      return VerifyFinding(
        check: "probe", text: "did not come out within \(age(patience))",
        faults: ["is a ratchet up running on these brokers? ratchet tasks list shows what its tasks do"])
    }
    let time = ContinuousClock.now - sent
    return VerifyFinding(check: "probe", text: "came out after \(time.milliseconds) ms")
  }

  /// Reads on until `isDone` says so of the agent's latest scorecard, or time is up.
  private func read(until isDone: (String?) -> Bool, into latest: inout String?) throws(KafkaError) {
    let deadline = ContinuousClock.now + patience
    while !isDone(latest), ContinuousClock.now < deadline {
      var found = latest
      try follower.turn(.milliseconds(50)) { record in
        guard record.key == "\(Self.organization)/\(Self.agent)", let value = record.value else { return }
        found = String(decoding: value, as: UTF8.self)
      }
      latest = found
    }
  }
}
