// What processors count that is no input event, through panes into series: feedback that has met its
// execution, examples that wait.
import Basics
import Foundation
import Testing

@testable import Processors
@testable import Runtime

private let declarations = """
  interval: 15s
  metrics:
    - name: matched_rating
      kind: mean
      window: 1d
      unit: stars
      help: ratings by version
      event: feedback.matched
      value: rating
      labels: {agent: agent, prompt_version: prompt_version}
    - name: with_feedback
      kind: counter
      unit: executions
      help: executions with feedback
      event: feedback.matched
      when: first = true
    - name: waiting_examples
      kind: level
      unit: examples
      help: examples that wait for an expert
      sources:
        - {event: example.transitioned, when: to = pending, value: 1}
        - {event: example.transitioned, when: from = pending, value: -1}
  """

/// `collect`, `review` and `metrics`, one task each, fed with one another's outputs.
private struct Chain {
  static let start: Int64 = 1_767_225_600_000  // 2026-01-01T00:00:00Z
  private var collect = FoldedTask(.collect(prefix: "t"), of: 1, at: start)
  private var review = FoldedTask(.review(prefix: "t"), of: 1, at: start)
  private var metrics = FoldedTask(.metrics(prefix: "t", board: nil), of: 1, at: start)
  private var values: [String: Double] = [:]

  init() {
    let files = FoldedTask.Record.configuration([(path: "metrics.yaml", content: declarations)])
    run(files, review: files, metrics: files)
  }

  mutating func run(
    _ records: [FoldedTask.Record] = [], review own: [FoldedTask.Record] = [],
    metrics also: [FoldedTask.Record] = []
  ) {
    let collected = collect.epoch(records, after: 30)
    let made = Self.records(of: collected, .collect(prefix: "t"))
    let reviewed = review.epoch(own + made.filter { $0.topic == "candidates" }, after: 30)
    let panes = (made + Self.records(of: reviewed, .review(prefix: "t"))).filter { $0.topic == "panes" }
    let definition = ProcessorDefinition.metrics(prefix: "t", board: nil)
    for output in metrics.epoch(also + panes, after: 30).outputs(of: definition)
    where output.topic == "rolling-metrics" {
      let object = try? JSONSerialization.jsonObject(with: Data(output.value.utf8)) as? [String: Any]
      values[output.key] = object?["value"] as? Double
    }
  }

  private static func records(
    of epoch: EpochBuffer, _ definition: ProcessorDefinition
  ) -> [FoldedTask.Record] {
    let texts = epoch.outputs(of: definition)
    return texts.indices.map { index in
      var record = FoldedTask.Record(topic: texts[index].topic, key: texts[index].key)
      if let value = epoch.outputs[index].value {
        record.bytes = unsafe value.withUnsafeBytes { unsafe [UInt8]($0) }
      }
      return record
    }
  }

  /// The value of the only series whose name begins so.
  func value(_ name: String) -> Double? {
    let found = values.filter { $0.key.hasPrefix("acme/\(name)") }
    return found.count == 1 ? found.first?.value : nil
  }
}

private func feedback(_ id: String, _ data: String) -> FoldedTask.Record {
  .event("feedback", "feedback.given", id: id, #"{"execution_id":"x","user_id":"v",\#(data)}"#)
}

@Suite struct CountedMatchesTests {
  @Test("feedback that meets its execution counts by the version of its prompt, and an execution once")
  func matches() {
    var chain = Chain()
    chain.run([
      .event(
        "executions", "execution.completed", id: "e",
        #"{"execution_id":"x","status":"ok","prompt_version":"v7","input_text":"?","output_text":"so"}"#),
      feedback("a", #""feedback_type":"rating","rating":4"#),
      feedback("b", #""feedback_type":"rating","rating":2"#),
    ])
    for _ in 0..<4 { chain.run() }
    #expect(chain.value("matched_rating") == 3)
    #expect(chain.value("with_feedback") == 1)
  }

  @Test("an example counts as waiting from its correction until its person is forgotten")
  func examples() {
    var chain = Chain()
    chain.run([
      .event(
        "executions", "execution.completed", id: "e",
        #"{"execution_id":"x","status":"ok","user_id":"v","input_text":"?","output_text":"so"}"#),
      feedback("a", #""feedback_type":"correction","correction":"not so""#),
    ])
    for _ in 0..<4 { chain.run() }
    #expect(chain.value("waiting_examples") == 1)
    let erasure = FoldedTask.Record.event(
      "control", "erasure.requested", id: "z", #"{"subject":"user","user_id":"v","requested_by":"u"}"#)
    chain.run([erasure], review: [erasure], metrics: [erasure])
    for _ in 0..<4 { chain.run() }
    #expect(chain.value("waiting_examples") == 0)
  }
}
