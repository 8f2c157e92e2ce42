// Sums, means, spreads and quantiles of values, to the digit as Prometheus computes them.

extension Sequence<Double> {
  var compensatedSum: Double {
    var sum = CompensatedSum()
    for value in self { sum.add(value) }
    return sum.total
  }

  /// The least value that is a number, NaN when there is none.
  var least: Double { reduce(.nan) { $1 < $0 || $0.isNaN ? $1 : $0 } }
  var greatest: Double { reduce(.nan) { $1 > $0 || $0.isNaN ? $1 : $0 } }
}

extension Collection<Double> {
  /// The sum by the count; once a sum is too large for a double, a running mean.
  var compensatedMean: Double {
    guard let first else { return .nan }
    var sum = CompensatedSum(first)
    var count = 1.0
    var isRunning = false
    for value in dropFirst() {
      count += 1
      if !isRunning {
        var next = sum
        next.add(value)
        if next.sum.isFinite || next.sum.isNaN {
          sum = next
          continue
        }
        isRunning = true
        sum = sum.scaled(by: 1 / (count - 1))
      }
      sum = sum.scaled(by: (count - 1) / count)
      sum.add(value / count)
    }
    return isRunning ? sum.sum + sum.lost : sum.sum / count + sum.lost / count
  }

  /// The population's variance (Welford, compensated).
  var variance: Double {
    var count = 0.0
    var (mean, squares) = (CompensatedSum(), CompensatedSum())
    for value in self {
      count += 1
      let distance = value - (mean.sum + mean.lost)
      mean.add(distance / count)
      squares.add(distance * (value - (mean.sum + mean.lost)))
    }
    return (squares.sum + squares.lost) / count
  }

  /// By linear interpolation between the two nearest ranks; NaN counts as the least value.
  func quantile(_ fraction: Double) -> Double {
    if isEmpty || fraction.isNaN { return .nan }
    if fraction < 0 { return -.infinity }
    if fraction > 1 { return .infinity }
    let sorted = self.sorted { $0 < $1 || ($0.isNaN && !$1.isNaN) }
    let rank = fraction * Double(sorted.count - 1)
    let lower = Int(rank.rounded(.down))
    let upper = Swift.min(sorted.count - 1, lower + 1)
    let weight = rank - rank.rounded(.down)
    return sorted[lower] * (1 - weight) + sorted[upper] * weight
  }
}

extension CompensatedSum {
  fileprivate func scaled(by factor: Double) -> CompensatedSum {
    var scaled = CompensatedSum(sum * factor)
    scaled.lose(lost * factor)
    return scaled
  }
}

/// The slope per second and the value at `anchor_ms` of the line nearest to samples (least squares).
func line(through samples: some Sequence<(time_ms: Int64, value: Double)>, at anchor_ms: Int64)
  -> (slope: Double, value: Double)
{
  var (x, y, xy, xx) = (CompensatedSum(), CompensatedSum(), CompensatedSum(), CompensatedSum())
  var count = 0.0
  var first: Double?
  var isConstant = true
  for sample in samples {
    if let first { isConstant = isConstant && sample.value == first } else { first = sample.value }
    count += 1
    let time = Double(sample.time_ms - anchor_ms) / 1000
    x.add(time)
    y.add(sample.value)
    xy.add(time * sample.value)
    xx.add(time * time)
  }
  if isConstant, let first { return first.isInfinite ? (.nan, .nan) : (0, first) }
  let (sumX, sumY) = (x.sum + x.lost, y.sum + y.lost)
  let slope = (xy.sum + xy.lost - sumX * sumY / count) / (xx.sum + xx.lost - sumX * sumX / count)
  return (slope, sumY / count - slope * sumX / count)
}
