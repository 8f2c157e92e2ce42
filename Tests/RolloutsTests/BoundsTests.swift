// The bounds that decide, against values that statistics packages give.
import Basics
import Metrics
import Testing

@testable import Rollouts

@Suite struct BoundsTests {
  private func isNear(_ a: Double, _ b: Double, _ tolerance: Double = 1e-6) -> Bool {
    abs(a - b) <= tolerance
  }

  @Test("normal and Student's quantiles are those of the tables")
  func quantiles() {
    #expect(isNear(normalQuantile(0.975), 1.959963984540054, 1e-9))
    #expect(isNear(normalQuantile(0.999), 3.090232306167813, 1e-9))
    #expect(isNear(normalQuantile(0.5), 0, 1e-9) && isNear(normalQuantile(0.01), -2.326347874040841, 1e-9))
    #expect(isNear(studentQuantile(normalQuantile(0.999), degrees: 19), 3.579400, 2e-3))
    #expect(isNear(studentQuantile(normalQuantile(0.975), degrees: 10), 2.228139, 1e-4))
  }

  @Test("a share's bounds are Wilson's, and a difference's Newcombe's")
  func shares() {
    // statsmodels: proportion_confint(15, 148, method="wilson"), confint_proportions_2indep(56, 70, 48, 80,
    // method="newcomb"), both at 0.95 two-sided; the second is Newcombe's own example.
    let wilson = wilson(.init(total: 148, hits: 15), 1.959963984540054)
    #expect(isNear(wilson.lower, 0.0624, 1e-4) && isNear(wilson.upper, 0.1605, 1e-4))
    let difference = newcombe(
      .init(total: 70, hits: 56), minus: .init(total: 80, hits: 48), 1.959963984540054)
    #expect(isNear(difference.lower, 0.0524, 1e-4) && isNear(difference.upper, 0.3339, 1e-4))
  }

  @Test("no hit at all leaves room for some")
  func zero() {
    let none = Rollouts.wilson(.init(total: 20, hits: 0), 3.09)
    #expect(none.lower == 0 && none.upper > 0.3)
  }

  @Test("answers that are all alike do not prove a mean")
  func alike() throws {
    var moments = Moments()
    for _ in 0..<20 { moments.add(4) }
    let estimate = try #require(mean(moments, 3.09))
    #expect(estimate.value == 4 && estimate.upper - estimate.lower > 0.3)
  }

  @Test("a quantile that would need a rank beyond the sample has no bound")
  func ranks() throws {
    var sketch = QuantileSketch()
    for value in 1...50 { sketch.add(Double(value)) }
    let p95 = try #require(quantile(0.95, of: sketch, 3.09))
    #expect(p95.upper == .infinity && p95.lower > 40 && p95.lower < 47)
    let p50 = try #require(quantile(0.5, of: sketch, 1.96))
    #expect(p50.lower > 16 && p50.lower < 20 && p50.upper > 31 && p50.upper < 34)
  }

  /// How often a bound at `confidence` is on the wrong side of the truth.
  private func misses(_ metric: RolloutMetric, _ limit: TriggerLimit, confidence: Double) -> Double {
    var random = SeededRandom(seed: 7)
    var misses = 0
    for _ in 0..<600 {
      var (candidate, baseline) = (ArmTally(), ArmTally())
      for _ in 0..<60 {
        candidate.errors.add(random.chance(5, in: 100))
        let latency = Mathematics.exp(normal(&random))
        candidate.latency_ms.add(latency)
        candidate.satisfaction.add(Double(random.int(in: 1..<6)))
      }
      for _ in 0..<300 {
        baseline.errors.add(random.chance(5, in: 100))
        baseline.latency_ms.add(Mathematics.exp(normal(&random)))
        baseline.satisfaction.add(Double(random.int(in: 1..<6)))
      }
      let found = Comparison(
        metric, limit, candidate: candidate, baseline: baseline, z: normalQuantile(confidence),
        confidence: confidence)
      if let lower = found.statistic?.lower, lower > limit.limit { misses += 1 }
    }
    return Double(misses) / 600
  }

  private func normal(_ random: inout SeededRandom) -> Double {
    (-2 * Mathematics.log(1 - random.fraction())).squareRoot() * Mathematics.cos(2 * .pi * random.fraction())
  }

  @Test("a bound is on the wrong side of the truth about as often as its confidence says, or less")
  func coverage() {
    let times = TriggerLimit(.above, .baselineTimes, 1)
    let tried: [(RolloutMetric, TriggerLimit, most: Double)] = [
      // Wilson's lower end is short where a share is small (Brown, Cai and DasGupta 2001): 0.08 here.
      (.errorRate, TriggerLimit(.above, .absolute, 0.05), 0.11),
      (.errorRate, TriggerLimit(.above, .baselinePlus, 0), 0.08), (.errorRate, times, 0.05),
      (.satisfaction, times, 0.08), (.latencyP95, times, 0.05), (.latencyP50, times, 0.05),
    ]
    // 600 draws at 0.05: three standard errors are 0.027.
    for (metric, limit, most) in tried {
      #expect(misses(metric, limit, confidence: 0.95) < most, "\(metric)")
    }
  }
}
