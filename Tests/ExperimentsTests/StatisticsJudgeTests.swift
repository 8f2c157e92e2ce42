// Statistics beside scipy's, statsmodels' and gbstats', on seeded cases whose scales go from tiny to huge.
import Testing

@testable import Experiments

@Suite(.enabled(if: Judge.isThere, "set RATCHET_JUDGES to the Python of .ci/setup test"))
struct StatisticsJudgeTests {
  @Test("statistics are those of scipy, statsmodels and gbstats to 1e-9", .timeLimit(.minutes(10)))
  func judged() throws {
    let cases = try Judge.cases("significance.py")
    var kinds: [String: Int] = [:]
    for one in cases {
      let (kind, expected) = (try one.text("kind"), try one.object("expected"))
      kinds[kind, default: 0] += 1
      switch kind {
      case "summaries":
        let arms = try one.object("arms").elements.map { arm in
          let numbers = arm.elements.compactMap(\.number)
          return Summary(units: UInt64(numbers[0]), mean: numbers[1], variance: numbers[2])
        }
        try compare(try #require(Comparison(control: arms[0], treatment: arms[1])), expected, one)
      case "rates":
        let (units, hits) = (try one.numbers("units"), try one.numbers("hits"))
        let arms = try zip(hits, units).map { try #require(Summary.rate(UInt64($0), of: UInt64($1))) }
        try compare(try #require(Comparison(control: arms[0], treatment: arms[1])), expected, one)
      case "samples": try samples(one, expected)
      case "split":
        let units = try one.numbers("units")
        let found = try #require(
          SampleRatio.pValue(
            control: UInt64(units[0]), treatment: UInt64(units[1]), treatmentShare: try one.number("share")))
        // gbstats says 1 - cdf, whose last digits are lost below 1e-16; scipy is asked for the tail.
        #expect(near(found, try expected.number("p"), floor: 1), "\(one)")
        #expect(near(found, try expected.number("again"), floor: 1e-280), "\(one) \(found)")
      case "many":
        let values = try one.numbers("values")
        let holm = zip(ManyTests.holm(values), try expected.numbers("holm"))
        let hochberg = zip(
          ManyTests.benjaminiHochberg(values), try expected.numbers("benjamini_hochberg"))
        #expect(holm.allSatisfy { near($0, $1) } && hochberg.allSatisfy { near($0, $1) }, "\(one)")
      default: try student(one, expected)
      }
    }
    #expect(kinds.count == 6 && kinds.values.allSatisfy { $0 > 10 }, "the judge said too little: \(kinds)")
  }

  private func compare(_ found: Comparison, _ expected: JSONValue, _ one: JSONValue) throws {
    let pairs = [
      (found.difference, "difference"), (found.standardError, "standard_error"),
      (found.degreesOfFreedom, "degrees_of_freedom"), (found.statistic, "statistic"), (found.pValue, "p"),
      (found.halfWidth, "half_width"), (found.sequentialPValue, "sequential_p"),
      (found.sequentialHalfWidth, "sequential_half_width"),
    ]
    for (value, name) in pairs {
      // Below 1e-290 a p's digits run out.
      #expect(
        near(value, try expected.number(name), floor: name.hasSuffix("p") ? 1e-280 : 0),
        "\(name) is \(value): \(one)\n\(Judge.again("StatisticsJudgeTests"))")
    }
  }

  private func samples(_ one: JSONValue, _ expected: JSONValue) throws {
    let arms = try ["control", "treatment"].map { name in
      let values = try one.numbers(name)
      var tally = ValueTally()
      for value in values { tally.add(value) }
      return try #require(tally.summary)
    }
    let found = try #require(Comparison(control: arms[0], treatment: arms[1]))
    let pairs = [
      (arms[1].mean, "mean"), (arms[1].variance, "variance"), (found.statistic, "statistic"),
      (found.pValue, "p"), (found.degreesOfFreedom, "degrees_of_freedom"), (found.halfWidth, "half_width"),
      (found.statistic, "raw_statistic"), (found.pValue, "raw_p"),
    ]
    for (value, name) in pairs where expected[name] != nil {
      #expect(
        near(value, try expected.number(name)),
        "\(name) is \(value): \(one)\n\(Judge.again("StatisticsJudgeTests"))")
    }
  }

  private func student(_ one: JSONValue, _ expected: JSONValue) throws {
    let (t, freedom, rate) = (
      try one.number("t"), try one.number("degrees_of_freedom"), try one.number("rate")
    )
    let pairs = [
      (StudentT.twoSided(t, degreesOfFreedom: freedom), "p"),
      (StudentT.cumulative(-t, degreesOfFreedom: freedom), "cumulative"),
      (StudentT.quantile(exceededWith: rate, degreesOfFreedom: freedom), "quantile"),
      (Normal.survival(t / 10), "normal"), (Normal.quantile(exceededWith: rate), "normal_quantile"),
      (ChiSquare.survival(t), "chi_square"),
    ]
    for (value, name) in pairs {
      #expect(
        near(value, try expected.number(name), floor: name == "normal_quantile" ? 1e-6 : 1e-280),
        "\(name) is \(value): \(one)\n\(Judge.again("StatisticsJudgeTests"))")
    }
  }
}
