// Series in memory, found by their metric's name: the source of rule tests, of `explain` and of benchmarks.
public import Basics
public import Metrics

public struct SeriesTable: SeriesSource, Sendable {
  /// By metric name.
  private var series: [String: [Series]] = [:]
  private var places: [Labels: Int] = [:]

  public init(_ series: some Sequence<Series> = []) {
    for one in series { for sample in one.samples { append(sample, to: one.labels) } }
  }

  /// Adds a sample that is later than the series' others; an earlier one is left out.
  public mutating func append(_ sample: Sample, to labels: Labels) {
    let name = labels.metricName
    guard let place = places[labels] else {
      places[labels] = series[name]?.count ?? 0
      series[name, default: []].append(Series(labels: labels, samples: [sample]))
      return
    }
    if let last = series[name]?[place].samples.last, last.time >= sample.time { return }
    series[name]?[place].samples.append(sample)
  }

  public func select(_ matchers: [LabelMatcher], after from: EventTime, through to: EventTime) -> [Series] {
    let candidates =
      LabelMatcher.metricName(of: matchers).map { series[$0] ?? [] }
      ?? series.keys.sorted().flatMap { series[$0] ?? [] }
    let others = matchers.filter { $0.name != Label.metricName || !isEquality($0) }
    return candidates.compactMap { one in
      guard others.allSatisfy({ $0.accepts(one.labels) }) else { return nil }
      let first = one.samples.firstIndex(after: from.rawValue)
      let end = one.samples.firstIndex(after: to.rawValue)
      guard first < end else { return nil }
      return Series(labels: one.labels, samples: Array(one.samples[first..<end]))
    }
  }

  /// An equality of the name was the way in; a second one still has to hold.
  private func isEquality(_ matcher: LabelMatcher) -> Bool {
    if case .equal = matcher.condition { true } else { false }
  }
}
