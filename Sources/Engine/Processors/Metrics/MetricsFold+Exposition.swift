// The current values of a task's series, as the gateway exposes them. Each series is shown once, by the
// organization whose it is, whoever else sees it.
internal import Basics
internal import Metrics
internal import Runtime

extension MetricsFold {
  /// All series that have a value at `instant`, by name.
  func exposition(at instant: Int64) -> [ExposedFamily] {
    var families: [String: ExposedFamily] = [:]
    for tenant in book.tenants {
      // What rules record is theirs to name, and no scraper's affair.
      for name in book.names(in: tenant) where !name.contains(":") && name != "ALERTS" {
        for number in book.numbers(of: name, in: tenant) {
          guard let entry = book.entries[number], let value = book.states.read(number, { $0?.value }) else {
            continue
          }
          let isForeign =
            tenant == SeriesBook.platform && !entry.identity.organization.isEmpty
            && entry.identity.organization != SeriesBook.platform
          if isForeign { continue }
          add(value, entry, tenant, to: &families)
        }
      }
    }
    return families.keys.sorted().compactMap { families[$0] }
  }

  private func add(
    _ value: Double, _ entry: SeriesBook.Entry, _ tenant: String, to families: inout [String: ExposedFamily]
  ) {
    let metric = book.declared[entry.row.metric]?.metric
    var (name, suffix) = (entry.identity.name, "")
    if let metric, case .histogram = metric.kind {
      suffix = String(name.dropFirst(metric.name.count))
      name = metric.name
    }
    if families[name] == nil {
      families[name] = ExposedFamily(
        name: name, help: metric?.help ?? Self.help(of: name), type: metric?.exposedType ?? "gauge",
        samples: [])
    }
    var labels = entry.row.labels.all.filter { $0.name != Label.metricName }
    if tenant != SeriesBook.platform { labels.append(Label(SeriesBook.organizationLabel, tenant)) }
    families[name]?.samples.append(.init(suffix: suffix, labels: labels, value: value))
  }

  private static func help(of name: String) -> String {
    switch name {
    case "up": "1 for a job whose heartbeats come, 0 for one that is silent"
    case SeriesBook.overflowMetric: "events of series beyond their metric's limit"
    default: "recorded by a rule"
    }
  }
}
