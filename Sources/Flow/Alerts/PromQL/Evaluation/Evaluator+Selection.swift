// Series from the source: all that a selector needs during an evaluation is fetched at once, then cut to each
// instant.
internal import Basics
internal import Metrics

extension Evaluator {
  /// Which span of time each selector looks at when its expression is evaluated at all instants of a span.
  mutating func planWindows(of node: ExpressionNode, from start_ms: Int64, to end_ms: Int64) {
    switch node.kind {
    case .number, .string: return
    case .selector(let selector): plan(selector, options.lookback_ms, start_ms, end_ms)
    case .range(let selector, let window): plan(selector, window, start_ms, end_ms)
    case .subquery(let inner, let subquery):
      let first = moment(subquery.shift, at: start_ms) - subquery.window_ms
      planWindows(of: inner, from: first, to: moment(subquery.shift, at: end_ms))
    case .negated(let inner), .parenthesized(let inner): planWindows(of: inner, from: start_ms, to: end_ms)
    case .binary(_, let left, let right):
      planWindows(of: left, from: start_ms, to: end_ms)
      planWindows(of: right, from: start_ms, to: end_ms)
    case .aggregation(_, let inner, let parameter):
      planWindows(of: inner, from: start_ms, to: end_ms)
      if let parameter { planWindows(of: parameter, from: start_ms, to: end_ms) }
    case .call(_, let arguments):
      for argument in arguments { planWindows(of: argument, from: start_ms, to: end_ms) }
    }
  }

  private mutating func plan(_ selector: Selector, _ length_ms: Int64, _ start_ms: Int64, _ end_ms: Int64) {
    let (first, last) = (moment(selector.shift, at: start_ms) - length_ms, moment(selector.shift, at: end_ms))
    windows[selector.number] = min(first, last)...max(first, last)
  }

  /// The series of a selector in the order of their labels, over all that this evaluation may look at.
  private mutating func series(_ selector: Selector) -> [Series] {
    if let found = selected[selector.number] { return found }
    let window = windows[selector.number] ?? 0...0
    let found = source.select(
      selector.matchers, after: EventTime(milliseconds: window.lowerBound),
      through: EventTime(milliseconds: window.upperBound)
    ).sorted { $0.labels < $1.labels }
    selected[selector.number] = found
    return found
  }

  mutating func instantVector(_ selector: Selector, at time_ms: Int64, _ node: ExpressionNode)
    throws(EvaluationFault) -> [VectorElement]
  {
    try instantSamples(selector, at: time_ms, node).map {
      VectorElement(labels: $0.labels, value: $0.sample.value)
    }
  }

  /// Each series' last sample that still stands: younger than the lookback, and no staleness marker.
  mutating func instantSamples(_ selector: Selector, at time_ms: Int64, _ node: ExpressionNode)
    throws(EvaluationFault) -> [(labels: Labels, sample: Sample)]
  {
    let all = series(selector)
    try count(all.count, node)
    let moment_ms = moment(selector.shift, at: time_ms)
    return all.compactMap { series in
      let end = series.samples.firstIndex(after: moment_ms)
      guard end > 0 else { return nil }
      let sample = series.samples[end - 1]
      guard sample.time.rawValue > moment_ms - options.lookback_ms, !sample.isStale else { return nil }
      return (series.labels, sample)
    }
  }

  mutating func range(_ selector: Selector, _ length_ms: Int64, at time_ms: Int64, _ node: ExpressionNode)
    throws(EvaluationFault) -> [Window]
  {
    let end_ms = moment(selector.shift, at: time_ms)
    let start_ms = end_ms - length_ms
    var windows: [Window] = []
    for series in series(selector) {
      let (first, end) = (
        series.samples.firstIndex(after: start_ms), series.samples.firstIndex(after: end_ms)
      )
      guard first < end else { continue }
      var samples = series.samples[first..<end]
      try count(samples.count, node)
      if samples.contains(where: \.isStale) { samples = samples.filter { !$0.isStale }[...] }
      guard !samples.isEmpty else { continue }
      windows.append(Window(labels: series.labels, samples: samples, start_ms: start_ms, end_ms: end_ms))
    }
    return windows
  }
}

extension [Sample] {
  /// The index of the first sample later than a moment.
  func firstIndex(after moment_ms: Int64) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle].time.rawValue > moment_ms { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
