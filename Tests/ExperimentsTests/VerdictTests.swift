// When a verdict is given, which, why, and when it stands.
import Basics
import Events
import Testing

@testable import Experiments

@Suite struct VerdictTests {
  /// Arms of `each` users; treatment's ratings are higher by `shift`.
  private func running(_ design: ExperimentDesign = .test(), each: Int = 30, shift: Double = 2) -> Laboratory
  {
    var laboratory = Laboratory()
    laboratory.design(design)
    laboratory.change(.running, at: 0)
    for user in 0..<each {
      let rating = 2 + Double(user % 3)
      laboratory.see("user:c\(user)", .control, [.init("rating", rating), .init("error", 0)])
      laboratory.see("user:t\(user)", .treatment, [.init("rating", rating + shift), .init("error", 0)])
    }
    return laboratory
  }

  @Test("treatment wins when it is better, and control when it is not", arguments: [1.0, -1.0])
  func winner(shift: Double) {
    let analysis = running(shift: shift).analysis(at: 24)
    #expect(analysis.verdict == (shift > 0 ? .treatment : .control))
    #expect(analysis.isFinal && !analysis.needsReview && analysis.significance == 1)
    #expect(analysis.reason.hasPrefix("rating is 1 \(shift > 0 ? "higher" : "lower") in treatment (p = "))
  }

  @Test("where lower is better, lower wins")
  func lower() {
    var design = ExperimentDesign.test()
    design.readings = [.init(name: "rating", kind: .mean, better: .lower)]
    #expect(running(design, shift: -1).analysis(at: 24).verdict == .treatment)
  }

  @Test("the test is two-sided: a difference that one side would call sure is not")
  func twoSided() throws {
    let analysis = running(each: 30, shift: 0.4).analysis(at: 24)
    let p = try #require(analysis.metrics[0].comparison?.pValue)
    #expect(p > 0.05 && p / 2 < 0.05 && analysis.verdict == .noDifference)
    #expect(analysis.needsReview && analysis.significance == ((1 - p) * 10_000).rounded() / 10_000)
  }

  @Test("before its minimum duration it runs, and with too few units it has too little data")
  func minimums() {
    let laboratory = running(.test(minimum: 31))
    #expect(laboratory.analysis(at: 23.9).verdict == .running)
    #expect(
      laboratory.analysis(at: 23.9).reason == "runs for 23.9 of 24 hours, with 30 and 30 units in rating")
    let late = laboratory.analysis(at: 24)
    #expect(late.verdict == .insufficientData && !late.isFinal && !late.needsReview)
    #expect(late.reason == "30 and 30 units in rating, and 31 per arm are needed")
    var design = ExperimentDesign.test(minimum: 60)
    design.minSampleScope = .total
    #expect(running(design).analysis(at: 24).verdict == .treatment)
  }

  @Test("arms that differ from the split make it invalid, at once and whatever the metric says")
  func mismatch() throws {
    var laboratory = running()
    for user in 0..<100 { laboratory.see("user:x\(user)", .control) }
    let analysis = laboratory.analysis(at: 1)
    #expect(analysis.verdict == .invalid && analysis.needsReview)
    #expect(analysis.reason.hasPrefix("sample-ratio mismatch: 130 and 30 units"))
  }

  @Test("what ended too early has too little data, and never runs on")
  func stopped() {
    var laboratory = running()
    laboratory.change(.stopped, at: 12)
    let analysis = laboratory.analysis(at: 500)
    #expect(analysis.verdict == .insufficientData && analysis.isFinal && analysis.needsReview)
    #expect(analysis.reason == "ended after 12 of 24 hours")
  }

  @Test("no variation is no data")
  func constant() {
    var laboratory = running(each: 0)
    for user in 0..<4 {
      laboratory.see("user:\(user)", user < 2 ? .control : .treatment, [.init("rating", 3)])
    }
    let analysis = laboratory.analysis(at: 24)
    #expect(analysis.verdict == .insufficientData && analysis.reason.hasPrefix("no variation"))
  }

  @Test("a broken guardrail calls for a human, though treatment wins")
  func guardrail() throws {
    var laboratory = running(.test(guardrails: ["error"]), each: 200)
    for user in 0..<200 {
      laboratory.see("user:t\(user)", .treatment, [.init("error", user % 4 == 0 ? 0 : 1)])
    }
    let analysis = laboratory.analysis(at: 24)
    #expect(analysis.metrics.map(\.name) == ["rating", "error"] && analysis.metrics[1].isBroken)
    #expect(analysis.verdict == .treatment && analysis.needsReview)
    #expect(laboratory.projection(at: 24).contains("\"is_worse\":true"))
  }

  @Test("a verdict stands from the analysis that fixed it, whatever comes later")
  func standing() throws {
    var laboratory = running()
    laboratory.analyze(upTo: 23)
    #expect(laboratory.tally.decision == nil)
    laboratory.analyze(upTo: 24)
    let decision = try #require(laboratory.tally.decision)
    #expect(decision.verdict == .treatment && decision.at == Laboratory.moment(24))
    for user in 0..<30 { laboratory.see("user:t\(user)", .treatment, at: 25, [.init("rating", -50)]) }
    laboratory.analyze(upTo: 26)
    #expect(laboratory.tally.decision == decision)
    #expect(laboratory.analysis(at: 26).verdict == .control)
    let text = laboratory.projection(at: 26)
    #expect(text.contains("\"verdict\":\"treatment\"") && text.contains("\"decided_at\":"))
  }

  @Test("it is analysed every hour, at its minimum duration, and once after it has ended")
  func timers() {
    var laboratory = running(.test(minimum: 1000, hours: 1.5))
    var instants: [EventTime] = []
    func advance(to hours: Double) {
      while let next = laboratory.tally.nextAnalysis, next <= Laboratory.time(hours) {
        instants.append(next)
        laboratory.tally.analyze(upTo: next)
      }
    }
    #expect(Laboratory().tally.nextAnalysis == nil)
    advance(to: 2.5)
    #expect(instants == [1, 1.5, 2].map(Laboratory.time))
    laboratory.change(.completed, at: 3.25)
    advance(to: 4.2)
    #expect(instants.suffix(1) == [Laboratory.time(3)] && laboratory.tally.decision == nil)
    advance(to: 100)
    #expect(instants.suffix(1) == [Laboratory.time(4.25)] && laboratory.tally.nextAnalysis == nil)
    #expect(laboratory.tally.decision?.at == Laboratory.moment(4.25))
  }

  @Test("an end that is known before an analysis of an earlier instant has no part in it")
  func endAhead() throws {
    var (early, late) = (running(.test(minimum: 1000, hours: 1)), running(.test(minimum: 1000, hours: 1)))
    early.change(.completed, at: 1.25)
    early.analyze(upTo: 1)
    late.analyze(upTo: 1)
    late.change(.completed, at: 1.25)
    #expect(early.tally == late.tally && early.tally.decision == nil)
    for hours in [2.0, 2.25] {
      early.analyze(upTo: hours)
      late.analyze(upTo: hours)
    }
    #expect(early.tally == late.tally && early.tally.decision?.verdict == .insufficientData)
  }

  @Test("an end that comes late is analysed at once, and a start that comes late from then on")
  func lateLife() {
    var laboratory = running(.test(minimum: 1000, hours: 1))
    laboratory.analyze(upTo: 50)
    laboratory.change(.stopped, at: 2)
    #expect(laboratory.tally.nextAnalysis == EventTime(milliseconds: Laboratory.time(50).rawValue + 1))
    var late = Laboratory()
    late.design(.test(hours: 1))
    _ = late.tally.change(ExperimentLife.Change(.running, at: Laboratory.time(0)), at: Laboratory.position)
    late.tally.beginAnalyses(at: Laboratory.time(30.5))
    #expect(late.tally.nextAnalysis == Laboratory.time(31))
  }
}
