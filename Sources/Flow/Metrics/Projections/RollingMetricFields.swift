// What the projection rolling-metrics says of a series: its value as its last closed pane left it.
public import Events

/// The fields of a record of rolling-metrics.
public enum RollingMetricField: Int, ProjectionKind {
  case metric, labels, kind, unit, value, weight, count, p50, p95, p99, target, at

  public static let shape = ProjectionShape(
    .projection, on: "rolling-metrics",
    "A series of a declared metric: its value as the last pane that changed it has left it (R8).",
    key: "organization and series, as organization/metric{label=\"value\"}", fields: Self.self,
    columns: [.metric, .labels, .value, .count, .p95, .unit, .at])

  public var field: Field {
    switch self {
    case .metric: .id("metric", "the metric").required
    case .labels: .map("labels", of: .text(charactersMax: 1024), "by name").required
    case .kind: .id("kind", "as the metric is declared: counter, gauge, mean and so on").required
    case .unit: .id("unit", "as the metric is declared")
    case .value: .value("value", "of a histogram, the sum; absent when the series has gone stale")
    case .weight: .value("weight", "what a mean rests on")
    case .count: .value("count", "how many values a histogram has")
    case .p50: .value("p50", "median of the last hour, known to 1/128 of itself")
    case .p95: .value("p95", "95th percentile of the last hour")
    case .p99: .value("p99", "99th percentile of the last hour")
    case .target: .line("target", "what a good value is")
    case .at: .time("at", "the end of the pane").required
    }
  }
}
