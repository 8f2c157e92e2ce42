// What processors count that is no input event, through panes into series: feedback that has met its
// execution, examples that wait, rankings.
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
    - {name: rankings, kind: counter, unit: retrievals, help: scored, event: retrieval.scored}
  """
  + ["precision", "recall", "reciprocal_rank", "ndcg"].map { measure in
    """

      - name: \(measure)
        kind: mean
        window: 1d
        unit: fraction
        help: of rankings
        event: retrieval.scored
        value: \(measure)
        labels: {agent: agent, prompt_version: prompt_version}
    """
  }.joined()

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
    metrics also: [FoldedTask.Record] = [], after seconds: Int64 = 30
  ) {
    let collected = collect.epoch(records, after: seconds)
    let made = Self.records(of: collected, .collect(prefix: "t"))
    let reviewed = review.epoch(own + made.filter { $0.topic == "candidates" }, after: seconds)
    let panes = (made + Self.records(of: reviewed, .review(prefix: "t"))).filter { $0.topic == "panes" }
    let definition = ProcessorDefinition.metrics(prefix: "t", board: nil)
    for output in metrics.epoch(also + panes, after: seconds).outputs(of: definition)
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

  private func judged(_ chunk: String, _ id: String, relevant: Bool, in retrieval: String? = "r")
    -> FoldedTask.Record
  {
    let named = retrieval.map { #","retrieval_id":"\#($0)""# } ?? ""
    return .event(
      "retrievals", "retrieval.judged", id: id,
      #"{"execution_id":"x","chunk_id":"\#(chunk)","relevant":\#(relevant)\#(named)}"#)
  }

  private let retrieved = FoldedTask.Record.event(
    "retrievals", "retrieval.performed", id: "p",
    #"""
    {"execution_id":"x","retrieval_id":"r","query":"?",
    "chunks":[{"chunk_id":"a"},{"chunk_id":"b"},{"chunk_id":"c"}]}
    """#)
  private let executed = FoldedTask.Record.event(
    "executions", "execution.completed", id: "e",
    #"{"execution_id":"x","status":"ok","user_id":"v","prompt_version":"v7"}"#)

  @Test(
    "a ranking counts once, an hour after the first judgement, by all that is known then",
    arguments: [true, false])
  func rankings(isJudgedFirst: Bool) {
    var chain = Chain()
    let judgements = [
      judged("a", "1", relevant: false), judged("b", "2", relevant: true),
      judged("missed", "3", relevant: true),
    ]
    chain.run(isJudgedFirst ? judgements + [retrieved, executed] : [executed, retrieved] + judgements)
    chain.run(after: 3500)
    for _ in 0..<2 { chain.run() }
    #expect(chain.value("rankings") == nil)
    chain.run([judged("c", "4", relevant: true, in: nil)])
    for _ in 0..<6 { chain.run() }
    #expect(chain.value("rankings") == 1)
    #expect(chain.value("precision") == 0.2 && chain.value("reciprocal_rank") == 0.5)
    #expect(chain.value("recall") == 2.0 / 3)
    // 1 / log2(3) + 1 / log2(4), of 1 + 1 / log2(3) + 1 / log2(4) for three that are relevant.
    #expect(abs((chain.value("ndcg") ?? 0) - 0.530721274) < 1e-9)
    chain.run([judged("a", "5", relevant: true)])
    for _ in 0..<4 { chain.run(after: 1000) }
    #expect(chain.value("rankings") == 1)
  }

  @Test("an execution that is erased before its hour is over leaves no ranking")
  func erasedRanking() {
    var chain = Chain()
    chain.run([executed, retrieved, judged("a", "1", relevant: true)])
    let erasure = FoldedTask.Record.event(
      "control", "erasure.requested", id: "z", #"{"user_id":"v","requested_by":"u"}"#)
    chain.run([erasure], review: [erasure], metrics: [erasure])
    for _ in 0..<5 { chain.run(after: 1000) }
    #expect(chain.value("rankings") == nil)
  }
}
