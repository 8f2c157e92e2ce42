// Whole experiments beside a computation in Python that shares no code with the fold: arms, statistics and
// verdict, whatever the order of events.
import Basics
import Events
import Foundation
import Testing

@testable import Experiments

@Suite(.enabled(if: Judge.isThere, "set RATCHET_JUDGES to the Python of .ci/setup test"))
struct ExperimentsJudgeTests {
  @Test("experiments come to what an independent computation says", .timeLimit(.minutes(10)))
  func judged() throws {
    var verdicts: Set<String> = []
    var published: [String] = []
    for one in try Judge.cases("experiments.py") {
      let expected = try one.object("expected")
      let laboratory = try Self.laboratory(one)
      let analysis = laboratory.analysis(at: try one.number("now"))
      published.append(laboratory.projection(at: try one.number("now")))
      let again = Comment("\(try one.object("design").text("id"))\n\(Judge.again("ExperimentsJudgeTests"))")
      let units = try expected.object("units")
      #expect(laboratory.tally.units[0] == UInt64(try units.number("control")), again)
      #expect(laboratory.tally.units[1] == UInt64(try units.number("treatment")), again)
      #expect(laboratory.tally.crossedUnits == UInt64(try expected.number("crossed")), again)
      #expect(laboratory.tally.unassignedUnits == UInt64(try expected.number("unassigned")), again)
      same(analysis.sampleRatioPValue, expected["ratio"], again)
      #expect(analysis.verdict?.name == (try expected.text("verdict")), again)
      same(analysis.significance, expected["significance"], again)
      #expect(analysis.isFinal == (expected["final"]?.boolean), again)
      #expect(analysis.needsReview == (expected["needs_review"]?.boolean), again)
      for metric in analysis.metrics {
        let found = try expected.object("metrics").object(metric.name)
        compare(metric, found, again)
        quantiles(laboratory, metric.name, found)
      }
      verdicts.insert(try expected.text("verdict"))
    }
    #expect(verdicts.count >= 5, "cases of too few kinds: \(verdicts)")
    #expect(try Self.invalid(published) == [])
  }

  /// What jsonschema says of records, of those that do not fit the schema.
  private static func invalid(_ records: [String]) throws -> [String] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("published-\(UUID()).jsonl")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(records.joined(separator: "\n").utf8).write(to: file)
    let schema = root.appendingPathComponent("schemas/projections/experiment-tallies.json").path
    return try Judge.cases("published.py", [schema, file.path]).map { "\($0)" }
  }

  private static func laboratory(_ one: JSONValue) throws -> Laboratory {
    let made = try one.object("design")
    var design = ExperimentDesign.test(
      minimum: Int64(try made.number("minimum_samples")), hours: try made.number("minimum_duration_hours"),
      primary: try made.text("primary"),
      guardrails: try made.object("guardrails").elements.compactMap(\.text))
    design.treatmentShare = try made.number("treatment_share")
    design.minSampleScope = try made.text("scope") == "total" ? .total : .perArm
    design.readings = [
      .init(name: "renewal", kind: .rate, better: .higher),
      .init(name: "complaint", kind: .rate, better: .lower),
    ]
    var laboratory = Laboratory(try made.text("id"))
    let events = try one.object("events").elements
    let ends = one["ends"]?.number
    let firstAfter = try events.firstIndex { try $0.number("time") >= ends ?? .infinity } ?? events.count
    let starts = min(80, events.count / 2, firstAfter)
    if events.isEmpty {
      laboratory.design(design)
      laboratory.change(.running, at: 0)
    }
    // Some of the outcomes come before the design, some before the start, none late: what happened before the
    // end may come after it.
    for (index, event) in events.enumerated() {
      if index == starts / 2 { laboratory.design(design) }
      if index == starts { laboratory.change(.running, at: 0) }
      let time = try event.number("time")
      if let ends, time >= ends, !laboratory.tally.life.hasEnded { laboratory.change(.stopped, at: ends) }
      let arm = event["arm"]?.text.map { $0 == "control" ? Arm.control : .treatment }
      laboratory.see(
        try event.text("unit"), arm, at: time, event: UInt64(try event.number("event")),
        try event.object("measures").elements.map {
          .init(
            try #require($0.elements[0].text), try #require($0.elements[1].number),
            isTakenBack: $0.elements[2].boolean == true)
        })
    }
    if let ends { laboratory.change(.stopped, at: ends) }
    return laboratory
  }

  private func same(_ found: Double?, _ expected: JSONValue?, _ again: Comment) {
    switch (found, expected?.number) {
    case (let found?, let number?): #expect(near(found, number, floor: 1e-280), again)
    case (nil, nil): break
    default: Issue.record("\(found as Any), not \(expected as Any): \(again)")
    }
  }

  private func compare(_ metric: ExperimentAnalysis.Metric, _ expected: JSONValue, _ again: Comment) {
    for (summary, arm) in [(metric.control, "control"), (metric.treatment, "treatment")] {
      same(summary.map { Double($0.units) }, expected[arm]?["units"], again)
      same(summary?.mean, expected[arm]?["mean"], again)
      same(summary?.variance, expected[arm]?["variance"], again)
    }
    let (found, comparison) = (metric.comparison, expected["comparison"])
    same(found?.difference, comparison?["difference"], again)
    same(found?.statistic, comparison?["statistic"], again)
    same(found?.pValue, comparison?["p_value"], again)
    same(found?.sequentialPValue, comparison?["sequential_p_value"], again)
    same(found.map { $0.difference - $0.sequentialHalfWidth }, comparison?["sequential_low"], again)
    same(found.map { $0.difference + $0.sequentialHalfWidth }, comparison?["sequential_high"], again)
    same(metric.adjustedPValue, expected["adjusted"], again)
  }

  private func quantiles(_ laboratory: Laboratory, _ metric: String, _ expected: JSONValue) {
    for arm in Arm.allCases {
      let sorted = expected[arm.name]?["sorted"]?.elements.compactMap(\.number) ?? []
      for fraction in [0.5, 0.9, 0.99] where !sorted.isEmpty {
        let exact = sorted[Int((fraction * Double(sorted.count - 1)).rounded(.down))]
        guard let found = laboratory.tally.quantile(fraction, of: metric, arm) else { continue }
        #expect((found - exact).magnitude <= exact.magnitude / 128 + 1e-9)
      }
    }
  }
}
