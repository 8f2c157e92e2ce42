// How many samples the loaded rules could make an installation keep, held against what metrics.yaml allows
// (R8.16). Reckoned at every limit on series, so that what passes here cannot grow past it later.
internal import Alerts
public import Basics
public import Metrics

/// What is wrong with declarations under these rules: nil while their samples fit the budget. An
/// organization's own rules are counted for one organization; recorded series are not counted.
public func sampleBudgetFault(of declarations: MetricDeclarations, under rules: RuleFolder) -> Diagnostic? {
  var total = 0.0
  var widest: (metric: MetricDeclaration, samples: Double)?
  for scope in [rules.platform, rules.organization] {
    let reach = scope.reach
    for metric in declarations.metrics {
      let samples = samples(of: metric, reach, interval: declarations.interval)
      total += samples
      if samples > widest?.samples ?? 0 { widest = (metric, samples) }
    }
  }
  guard total > Double(declarations.samplesMax), let widest, let place = widest.metric.place else {
    return nil
  }
  return Diagnostic(
    "rules could keep \(count(total)) samples, and \"samples\" allows \(declarations.samplesMax)", at: place,
    why: "\"\(widest.metric.name)\" alone could keep \(count(widest.samples)), at its limit of "
      + "\(widest.metric.seriesMax) series",
    next: "lower its \"series\", widen its \"pane\", shorten the rules' ranges, or raise \"samples\"")
}

/// One sample a pane, as far back as rules look, of each series that they name.
private func samples(of metric: MetricDeclaration, _ reach: [String: Duration], interval: Duration) -> Double
{
  var visible = [(name: metric.name, series: 1)]
  if case .histogram(let bounds) = metric.kind {
    visible = [("_bucket", bounds.count + 1), ("_sum", 1), ("_count", 1)].map { (metric.name + $0.0, $0.1) }
  }
  let pane = Double(max(1, metric.pane.milliseconds))
  return visible.reduce(0) { sum, part in
    guard let reach = reach[part.name] else { return sum }
    let panes = (Double(reach.milliseconds) + Double(interval.milliseconds)) / pane
    return sum + Double(metric.seriesMax) * Double(part.series) * panes.rounded(.up)
  }
}

private func count(_ samples: Double) -> String { samples < 1e15 ? "\(Int64(samples))" : "over 10^15" }
