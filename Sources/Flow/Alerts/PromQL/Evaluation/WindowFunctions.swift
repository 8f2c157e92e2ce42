// Functions over the samples of one series in a window: rates with Prometheus' extrapolation, and the
// *_over_time family. Nil: the series has no result.
internal import Basics
internal import Metrics

extension Evaluator.Window {
  private var values: some Collection<Double> { samples.lazy.map(\.value) }

  /// Of a function that takes nothing but the window; nil also when `function` is none.
  func result(of function: Function) -> Double? {
    switch function {
    case .rate: return extrapolated(isCounter: true, isRate: true)
    case .increase: return extrapolated(isCounter: true, isRate: false)
    case .delta: return extrapolated(isCounter: false, isRate: false)
    case .irate: return instantaneous(isRate: true)
    case .idelta: return instantaneous(isRate: false)
    case .deriv: return samples.count < 2 ? nil : fitted(at: samples.first?.time.rawValue ?? 0).slope
    case .changes:
      return Double(pairs.count { $0 != $1 && !($0.isNaN && $1.isNaN) })
    case .resets: return Double(pairs.count { $1 < $0 })
    case .avgOverTime: return values.compensatedMean
    case .minOverTime: return values.least
    case .maxOverTime: return values.greatest
    case .sumOverTime: return values.compensatedSum
    case .countOverTime: return Double(samples.count)
    case .lastOverTime: return samples.last?.value
    case .stddevOverTime: return values.variance.squareRoot()
    case .stdvarOverTime: return values.variance
    case .presentOverTime: return 1
    case .madOverTime:
      let median = values.quantile(0.5)
      return values.map { abs($0 - median) }.quantile(0.5)
    default: return nil
    }
  }

  func quantile(_ fraction: Double) -> Double { values.quantile(fraction) }

  /// The line through the samples, `seconds` from `anchor_ms` on.
  func predicted(in seconds: Double, from anchor_ms: Int64) -> Double? {
    guard samples.count >= 2 else { return nil }
    let line = fitted(at: anchor_ms)
    return line.slope * seconds + line.value
  }

  private var pairs: some Sequence<(Double, Double)> { zip(values, values.dropFirst()) }

  private func fitted(at anchor_ms: Int64) -> (slope: Double, value: Double) {
    line(through: samples.lazy.map { ($0.time.rawValue, $0.value) }, at: anchor_ms)
  }

  /// The difference between the last and the first sample, extended to the window's ends where samples
  /// come so near to them that the series seems to go on (functions.go, extrapolatedRate).
  private func extrapolated(isCounter: Bool, isRate: Bool) -> Double? {
    guard samples.count >= 2, let first = samples.first, let last = samples.last else { return nil }
    var result = last.value - first.value
    if isCounter {
      // A value below its predecessor: the counter began anew at 0.
      for (previous, current) in pairs where current < previous { result += previous }
    }
    let sampled = Double(last.time.rawValue - first.time.rawValue) / 1000
    let spacing = sampled / Double(samples.count - 1)
    // A gap of more than 1.1 spacings: the series begins or ends within the window, by guess half a
    // spacing away.
    let threshold = spacing * 1.1
    var toStart = Double(first.time.rawValue - start_ms) / 1000
    var toEnd = Double(end_ms - last.time.rawValue) / 1000
    if toStart >= threshold { toStart = spacing / 2 }
    if isCounter, result > 0, first.value >= 0 {
      // A counter does not go below 0: not further back than where it would have been 0.
      toStart = min(toStart, sampled * (first.value / result))
    }
    if toEnd >= threshold { toEnd = spacing / 2 }
    var factor = (sampled + toStart + toEnd) / sampled
    if isRate { factor /= Double(end_ms - start_ms) / 1000 }
    return result * factor
  }

  /// From the last two samples alone.
  private func instantaneous(isRate: Bool) -> Double? {
    guard samples.count >= 2, let last = samples.last else { return nil }
    let previous = samples[samples.endIndex - 2]
    let elapsed_ms = last.time.rawValue - previous.time.rawValue
    guard elapsed_ms != 0 else { return nil }
    guard isRate else { return last.value - previous.value }
    let difference = last.value < previous.value ? last.value : last.value - previous.value
    return difference / (Double(elapsed_ms) / 1000)
  }

  /// Holt's double exponential smoothing.
  func smoothed(factor: Double, trendFactor: Double) -> Double? {
    guard samples.count >= 2, let first = samples.first else { return nil }
    var (before, now) = (0.0, first.value)
    var trend = samples[samples.startIndex + 1].value - first.value
    for (index, sample) in samples.dropFirst().enumerated() {
      if index > 0 { trend = trendFactor * (now - before) + (1 - trendFactor) * trend }
      let next = factor * sample.value + (1 - factor) * (now + trend)
      (before, now) = (now, next)
    }
    return now
  }
}
