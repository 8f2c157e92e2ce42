// What is shown of the learning loop while it runs.
import Basics
import Testing

@testable import ratchet

private func record(_ topic: String, _ key: String, _ json: String?, type: String? = nil) -> FollowedRecord {
  FollowedRecord(
    topic: topic, partition: TopicPartition(topic: "r.\(topic)", partition: PartitionID(0)),
    offset: Offset(0), key: key, value: json.map { Array($0.utf8) }, timestamp: .zero, type: type)
}

private let tasks = TaskTotals(running: 1, all: 2, epochs: 7, lag: 3)

@Suite struct UpTests {
  @Test("the summary shows examples, experiments, rollouts, alerts by severity, and agents")
  func summary() {
    var state = LoopState()
    let records = [
      record("learning-examples", "a", #"{"review_status":"pending","example_type":"failure"}"#),
      record("learning-examples", "b", #"{"review_status":"approved","example_type":"failure"}"#),
      record(
        "experiment-tallies", "acme/tone",
        #"{"status":"running","verdict":"running","significance":0.97,"arms":[{"units":7},{"units":8}]}"#),
      record(
        "deployments", "d1",
        #"{"organization":"acme","agent":"airline","phase":"running","percent":5}"#),
      record(
        "alert-states", "2", #"{"rule":"Low","state":"firing","labels":{"severity":"info"},"value":"1"}"#),
      record(
        "alert-states", "1",
        #"{"rule":"Down","state":"pending","labels":{"severity":"critical","queue":"q"},"value":"0"}"#),
      record(
        "agent-scorecards", "acme/airline",
        #"{"last_day":[{"measure":"feedback_by_type","part":"x","value":3},{"measure":"rating","#
          + #""value":4.256}]}"#
      ),
    ]
    for record in records { #expect(state.take(record) == nil) }
    #expect(
      state.summary(tasks, at: .zero) == """
        1970-01-01T00:00:00.000Z  1 of 2 tasks running, 7 epochs, lag 3, 0 set aside
          examples    1 approved, 1 pending
          experiment  acme/tone: running, units 7 and 8, significance 0.97
          rollout     d1 of acme/airline: running, 5%
          alert       Down queue=q: pending since ?, value 0 (critical)
          alert       Low: firing since ?, value 1 (info)
          agent, last day  feedback  rating  corrected  of executions %
          acme/airline            3    4.26          -                -

        """)
    #expect(!state.isRolledBack("d1"))
    #expect(state.take(record("deployments", "d1", #"{"phase":"rolled_back","percent":0}"#)) == nil)
    #expect(state.isRolledBack("d1") && !state.isRolledBack("1"))
    #expect(state.take(record("alert-states", "1", nil)) == nil)
    #expect(state.take(record("quarantine", "", "no JSON")) == nil)
    let later = state.summary(tasks, at: .zero)
    #expect(!later.contains("Down") && later.contains("1 set aside"))
  }

  @Test(
    "numbers are shown to people with four digits that count",
    arguments: [
      ("0.16129032258064518", "0.1613"), ("0.09999999999999998", "0.1"),
      ("4.3167731101813114e+08", "431677311"),
      ("-12.3456", "-12.35"), ("99999", "99999"), ("1", "1"), ("0", "0"), ("0.00012345", "0.0001235"),
      ("9.99999", "10"), ("NaN", "NaN"), ("+Inf", "+Inf"), ("1e-30", "1e-30"), ("none", "none"),
    ])
  func numbers(_ text: String, _ shown: String) { #expect(shortNumber(text) == shown) }

  @Test("progress is told after a second, and then every five")
  func progress() {
    let start = ContinuousClock.now
    var progress = Progress(since: start)
    let told = [0, 0.9, 1.2, 6.1, 6.2, 20, 24.9, 25].filter { progress.isDue(at: start + .seconds($0)) }
    #expect(told == [1.2, 6.2, 20, 25])
  }

  @Test("alerts, decisions with their evidence, an executor's reports and corrections are news")
  func news() {
    var state = LoopState()
    #expect(
      state.take(
        record(
          "alerts", "1",
          #"{"rule":"Errors","from":"pending","to":"firing","value":"0.17","labels":{"severity":"critical"}}"#
        ))
        == "alert     Errors pending -> firing, value 0.17 (critical)")
    #expect(
      state.take(
        record(
          "rollback-decisions", "d1",
          """
          {"deployment_id":"d1","action":"immediate_rollback","cause":"errorRateSpike","target_percent":0,\
          "reason":"too many","evidence":[{"topic":"r.x","partition":2,"first_offset":5,"last_offset":9}]}
          """))
          == """
          rollback  d1: immediate_rollback by errorRateSpike to 0%
                      too many
                      evidence r.x/2 5-9
          """)
    let report = #"{"deployment_id":"d1","status":"applied","target_percent":0,"decision_id":"0123456789"}"#
    #expect(
      state.take(record("deployment-events", "d1", report, type: "deployment.reported"))
        == "executor  d1: applied, the candidate has 0% (decision 01234567)")
    #expect(state.take(record("deployment-events", "d1", report, type: "deployment.created")) == nil)
    let example =
      #"{"review_status":"pending","example_type":"correction","input_text":"i","expected_output":"o"}"#
    #expect(
      state.take(record("learning-examples", "a", example)) == "example   from a correction: \"i\" -> \"o\"")
    #expect(state.take(record("learning-examples", "a", example)) == nil)
  }

  @Test("numbers are shown with so many decimals")
  func decimals() {
    #expect(fixed(4.256, 2) == "4.26" && fixed(-0.004, 2) == "0.00" && fixed(12, 0) == "12")
    #expect(fixed(-1.5, 1) == "-1.5" && fixed(2.05, 1) == "2.1" && fixed(.infinity, 1) == "inf")
  }
}
