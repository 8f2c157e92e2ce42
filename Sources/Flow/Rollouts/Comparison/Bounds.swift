// Confidence bounds of what is measured, each with its source. All are one-sided at z standard errors: the
// true value lies beyond a bound with the probability that z stands for, at the most.
internal import Basics
internal import Metrics

/// A value and its one-sided bounds.
struct Estimate: Hashable {
  var value: Double
  var lower: Double
  var upper: Double
}

/// Wilson's score interval of a share (Wilson 1927): never leaves 0 to 1, and means something at 0 hits.
func wilson(_ share: ArmTally.Share, _ z: Double) -> Estimate {
  let n = Double(share.total)
  let p = Double(share.hits) / n
  let z2 = z * z
  let center = (p + z2 / (2 * n)) / (1 + z2 / n)
  let half = z * (p * (1 - p) / n + z2 / (4 * n * n)).squareRoot() / (1 + z2 / n)
  return Estimate(value: p, lower: max(0, center - half), upper: min(1, center + half))
}

/// The difference of two shares: Newcombe's hybrid score interval (Newcombe 1998, method 10).
func newcombe(_ a: ArmTally.Share, minus b: ArmTally.Share, _ z: Double) -> Estimate {
  let (a, b) = (wilson(a, z), wilson(b, z))
  func root(_ x: Double, _ y: Double) -> Double { (x * x + y * y).squareRoot() }
  let difference = a.value - b.value
  return Estimate(
    value: difference, lower: difference - root(a.value - a.lower, b.upper - b.value),
    upper: difference + root(a.upper - a.value, b.value - b.lower))
}

/// A mean by Student's t.
func mean(_ moments: Moments, _ z: Double) -> Estimate? { contrast(moments, minus: 0, times: Moments(), z) }

/// a - factor * b by Welch's t (Satterthwaite's degrees of freedom). Its bound passes 0 exactly where
/// Fieller's bound of the ratio a / b passes `factor`. Variances are at least as if one answer in all had
/// been a unit off, because a few answers alike do not prove that all are.
func contrast(_ a: Moments, minus factor: Double, times b: Moments, _ z: Double) -> Estimate? {
  guard let first = a.mean, let variance = a.variance else { return nil }
  let n = Double(a.count)
  let partA = max(variance, 1 / n) / n
  var (value, error2, degrees) = (first, partA, n - 1)
  if factor != 0 {
    guard let second = b.mean, let variance = b.variance else { return nil }
    let m = Double(b.count)
    let partB = factor * factor * max(variance, 1 / m) / m
    value -= factor * second
    error2 += partB
    degrees = error2 * error2 / (partA * partA / (n - 1) + partB * partB / (m - 1))
  }
  let half = studentQuantile(z, degrees: degrees) * error2.squareRoot()
  return Estimate(value: value, lower: value - half, upper: value + half)
}

/// A quantile by order statistics (Conover 1999, section 3.2): free of any assumption about the distribution.
/// The ranks are the normal approximation's; a bound that would need a rank beyond the sample does not exist.
/// The sketch's relative error is added on both sides.
func quantile(_ fraction: Double, of sketch: QuantileSketch, _ z: Double) -> Estimate? {
  guard let value = sketch.quantile(fraction) else { return nil }
  let spread = z * (fraction * (1 - fraction) / Double(sketch.count)).squareRoot()
  let slack = QuantileSketch.relativeError
  let lower = fraction - spread >= 0 ? sketch.quantile(fraction - spread) : nil
  let upper = fraction + spread <= 1 ? sketch.quantile(fraction + spread) : nil
  return Estimate(
    value: value, lower: (lower ?? 0) * (1 - slack), upper: (upper ?? .infinity) * (1 + slack))
}
