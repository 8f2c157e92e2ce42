// Quantiles of classic histograms: series that differ in `le` are the buckets of one.
internal import Metrics

extension Evaluator {
  private struct Bucket {
    var upper: Double
    var count: Double
  }

  func histogramQuantiles(_ fraction: Double, _ elements: [VectorElement]) -> [VectorElement] {
    let dropped = LabelNames([Label.metricName, "le"])
    var order: [Labels] = []
    var histograms: [Labels: [Bucket]] = [:]
    for element in elements {
      guard let upper = bound(element.labels["le"]) else { continue }
      let labels = element.labels.dropping(dropped)
      if histograms[labels] == nil { order.append(labels) }
      histograms[labels, default: []].append(Bucket(upper: upper, count: element.value))
    }
    return order.map { labels in
      VectorElement(labels: labels, value: quantile(fraction, of: histograms[labels] ?? []))
    }
  }

  private func bound(_ text: String) -> Double? {
    switch text.lowercased() {
    case "+inf", "inf", "+infinity", "infinity": .infinity
    case "-inf", "-infinity": -.infinity
    case "nan", "": nil
    default: Double(text)
    }
  }

  /// By linear interpolation within the bucket that holds the rank, which begins at 0 when it is the lowest.
  private func quantile(_ fraction: Double, of buckets: [Bucket]) -> Double {
    if fraction.isNaN { return .nan }
    if fraction < 0 { return -.infinity }
    if fraction > 1 { return .infinity }
    let buckets = mended(buckets)
    guard buckets.count >= 2, let last = buckets.last, last.upper == .infinity, last.count != 0 else {
      return .nan
    }
    var rank = fraction * last.count
    let index = firstIndex(in: buckets.dropLast()) { $0.count >= rank }
    if index == buckets.count - 1 { return buckets[index - 1].upper }
    if index == 0, buckets[0].upper <= 0 { return buckets[0].upper }
    var (start, count) = (0.0, buckets[index].count)
    if index > 0 {
      start = buckets[index - 1].upper
      count -= buckets[index - 1].count
      rank -= buckets[index - 1].count
    }
    return start + (buckets[index].upper - start) * (rank / count)
  }

  /// In order, one of each bound, and never falling: scrapes are not atomic and rates are rounded.
  private func mended(_ buckets: [Bucket]) -> [Bucket] {
    var mended: [Bucket] = []
    for bucket in buckets.sorted(by: { $0.upper < $1.upper }) {
      if let last = mended.last, last.upper == bucket.upper {
        mended[mended.count - 1].count += bucket.count
      } else {
        mended.append(bucket)
      }
    }
    for index in mended.indices.dropFirst() {
      let (previous, current) = (mended[index - 1].count, mended[index].count)
      if current < previous || isAlmost(previous, current) { mended[index].count = previous }
    }
    return mended
  }

  /// Within a millionth of a millionth, relatively.
  private func isAlmost(_ a: Double, _ b: Double) -> Bool {
    if a == b { return true }
    let difference = abs(a - b)
    let sum = abs(a) + abs(b)
    if a == 0 || b == 0 || sum < .leastNormalMagnitude { return difference < 1e-12 * .leastNormalMagnitude }
    return difference / min(sum, .greatestFiniteMagnitude) < 1e-12
  }

  private func firstIndex(in buckets: some RandomAccessCollection<Bucket>, where isReached: (Bucket) -> Bool)
    -> Int
  {
    var (low, high) = (0, buckets.count)
    while low < high {
      let middle = (low + high) / 2
      let bucket = buckets[buckets.index(buckets.startIndex, offsetBy: middle)]
      if isReached(bucket) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
