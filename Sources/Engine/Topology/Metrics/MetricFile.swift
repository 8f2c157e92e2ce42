// topology/metrics.yaml into declarations, or everything that is wrong with it, held against the declared
// events: a metric that names a type or a field that does not exist is refused here, not missed later.
public import Basics
internal import Events
public import Metrics
internal import YAML

/// The declared metrics of an installation, in the order of the file, checked.
public func parseMetrics(_ bytes: [UInt8], file: String) throws(Diagnostics) -> MetricDeclarations {
  let root = try parseYAML(bytes, file: file)
  var reader = StrictReader(file: file)
  var declarations = MetricDeclarations()
  if let fields = reader.fields(
    root, of: "metrics file",
    known: ["interval", "zone", "samples", "defaults", "jobs", "metrics", "views"], required: ["metrics"])
  {
    if let interval = fields["interval"].flatMap({ reader.duration($0, from: 1, through: 3600) }) {
      declarations.interval = interval
    }
    if let zone = fields["zone"].flatMap({ reader.zone($0) }) { declarations.zone = zone }
    if let samples = fields["samples"].flatMap({ reader.integer($0, in: 1000...1_000_000_000) }) {
      declarations.samplesMax = samples
    }
    let defaults = reader.defaults(fields["defaults"], interval: declarations.interval)
    for item in fields["metrics"].flatMap({ reader.items($0) }) ?? [] {
      if let metric = reader.metric(item, defaults) { declarations.metrics.append(metric) }
    }
    for item in fields["jobs"].flatMap({ reader.items($0) }) ?? [] {
      if let job = reader.job(item) { declarations.jobs.append(job) }
    }
    for item in fields["views"].flatMap({ reader.items($0) }) ?? [] {
      if let view = reader.view(item, declarations.metrics) { declarations.views.append(view) }
    }
    reader.checkNames(declarations.metrics)
  }
  try reader.finish()
  return declarations
}

/// What a metric that does not say it has.
struct MetricDefaults {
  var interval: Duration
  var pane: Duration
  var retention = Duration.seconds(30 * 86_400)
  var series = 2000
}

private let metricKeys = [
  "name", "kind", "unit", "help", "target", "window", "buckets", "pane", "retention", "stale", "series",
  "scorecard", "sources",
]
private let sourceKeys = ["event", "when", "value", "weight", "labels", "member", "state"]

private enum KindWord: String, CaseIterable {
  case counter, level, gauge, mean, histogram, distinct, population
}

extension StrictReader {
  fileprivate mutating func defaults(_ node: Node?, interval: Duration) -> MetricDefaults {
    var defaults = MetricDefaults(interval: interval, pane: interval)
    guard let node, let fields = fields(node, of: "set of defaults", known: ["pane", "retention", "series"])
    else { return defaults }
    if let pane = fields["pane"].flatMap({ self.pane($0, interval) }) { defaults.pane = pane }
    if let retention = fields["retention"].flatMap({ duration($0, from: 60, through: 3660 * 86_400) }) {
      defaults.retention = retention
    }
    if let series = fields["series"].flatMap({ integer($0, in: 1...1_000_000) }) { defaults.series = series }
    return defaults
  }

  fileprivate mutating func metric(_ node: Node, _ defaults: MetricDefaults) -> MetricDeclaration? {
    let before = diagnostics.count
    guard
      let fields = fields(
        node, of: "metric", known: metricKeys + sourceKeys, required: ["name", "kind", "unit", "help"])
    else { return nil }
    let name = fields["name"].flatMap { metricName($0) }
    let word = fields["kind"].flatMap { choice($0, of: KindWord.self) }
    let kind = word.flatMap { self.kind($0, fields, of: node) }
    let unit = fields["unit"].flatMap { text($0) }
    let help = fields["help"].flatMap { text($0) }
    let target = fields["target"].flatMap { text($0) }
    let scorecard = fields["scorecard"].flatMap { text($0) }
    let pane = fields["pane"].flatMap { self.pane($0, defaults.interval) } ?? defaults.pane
    let retention = fields["retention"].flatMap { duration($0, from: 60, through: 3660 * 86_400) }
    let series = fields["series"].flatMap { integer($0, in: 1...1_000_000) }
    // Without renewal a gauge is believed as long as Prometheus believes a scrape.
    var stale: Duration? = kind == .gauge ? .seconds(300) : nil
    if let node = fields["stale"] { stale = self.stale(node) }
    let sources = self.sources(fields, of: node, kind)
    guard diagnostics.count == before, let name, let kind, let unit, let help else { return nil }
    return MetricDeclaration(
      name: name, help: help, unit: unit, kind: kind, sources: sources, pane: pane,
      retention: retention ?? defaults.retention, stale: stale, seriesMax: series ?? defaults.series,
      target: target, scorecard: scorecard, place: place(fields["name"]?.position ?? node.position))
  }

  private mutating func metricName(_ node: Node) -> String? {
    guard let name = text(node) else { return nil }
    if Label.isMetricName(name), !name.contains(":") { return name }
    report(
      "invalid name of a metric \"\(name)\"", at: node.position,
      why: "letters, digits and \"_\", not beginning with a digit; \":\" is for recording rules")
    return nil
  }

  private mutating func kind(
    _ word: KindWord, _ fields: [String: Node], of node: Node
  ) -> MetricDeclaration.Kind? {
    for (key, owners) in [("window", [KindWord.mean, .distinct]), ("buckets", [.histogram])] {
      if let foreign = fields[key], !owners.contains(word) {
        report("\"\(key)\" of a \(word.rawValue)", at: foreign.position, next: "leave it out")
      }
    }
    switch word {
    case .counter: return .counter
    case .level: return .level
    case .gauge: return .gauge
    case .population: return .population
    case .mean: return window(fields, of: node).map { .mean(window: $0) }
    case .distinct: return window(fields, of: node).map { .distinct(window: $0) }
    case .histogram: return buckets(fields, of: node).map { .histogram(bounds: $0) }
    }
  }

  private mutating func window(_ fields: [String: Node], of node: Node) -> MetricWindow? {
    guard let window = fields["window"] else {
      report("a mean or a distinct count without \"window\"", at: node.position, next: "write window: 1h")
      return nil
    }
    if case .scalar(let scalar) = window.content, scalar.text == "today" { return .today }
    return duration(window, from: 1, through: 31 * 86_400).map { .last($0) }
  }

  private mutating func buckets(_ fields: [String: Node], of node: Node) -> [Double]? {
    guard let list = fields["buckets"] else {
      report("a histogram without \"buckets\"", at: node.position, next: "write buckets: [0.1, 0.5, 1, 5]")
      return nil
    }
    guard let items = items(list) else { return nil }
    let bounds = items.compactMap { number($0) }
    guard bounds.count == items.count else { return nil }
    guard !bounds.isEmpty, bounds.count <= 64, zip(bounds, bounds.dropFirst()).allSatisfy({ $0 < $1 }) else {
      report("buckets must rise, and be 1 to 64", at: list.position)
      return nil
    }
    return bounds
  }

  private mutating func stale(_ node: Node) -> Duration? {
    if case .scalar(let scalar) = node.content, scalar.text == "forever" { return nil }
    return duration(node, from: 1, through: 3660 * 86_400, or: " or forever")
  }

  private mutating func sources(
    _ fields: [String: Node], of node: Node, _ kind: MetricDeclaration.Kind?
  ) -> [MetricSource] {
    guard let list = fields["sources"] else {
      return source(fields, of: node, kind).map { [$0] } ?? []
    }
    for key in sourceKeys {
      if let own = fields[key] {
        report("\"\(key)\" beside \"sources\"", at: own.position, next: "write it in each of the sources")
      }
    }
    let items = items(list) ?? []
    if items.isEmpty { report("a metric without a source", at: list.position) }
    var sources: [MetricSource] = []
    for item in items {
      guard let fields = self.fields(item, of: "source", known: sourceKeys, required: ["event"]) else {
        continue
      }
      if let source = source(fields, of: item, kind) { sources.append(source) }
    }
    if let first = sources.first,
      sources.contains(where: { $0.labels.map(\.name) != first.labels.map(\.name) })
    {
      report(
        "sources with different labels", at: list.position, why: "a metric's series have the same labels")
    }
    return sources
  }

  fileprivate mutating func job(_ node: Node) -> ExpectedJob? {
    guard let fields = fields(node, of: "job", known: ["job", "silence"], required: ["job", "silence"]),
      let job = fields["job"].flatMap({ text($0) }),
      let silence = fields["silence"].flatMap({ duration($0, from: 1, through: 31 * 86_400) })
    else { return nil }
    return ExpectedJob(job: job, silence: silence)
  }

  /// Names that stand twice, and those that a histogram's parts would take.
  fileprivate mutating func checkNames(_ metrics: [MetricDeclaration]) {
    var seen: [String: MetricDeclaration] = [:]
    for metric in metrics {
      var names = [metric.name]
      if case .histogram = metric.kind { names += ["_bucket", "_sum", "_count"].map { metric.name + $0 } }
      for name in names {
        guard let first = seen.updateValue(metric, forKey: name), let place = metric.place else { continue }
        report(
          Diagnostic(
            "metric \"\(name)\" stands twice", at: place, why: first.place.map { "first at \($0)" }))
      }
    }
  }

  // MARK: - Values

  mutating func number(_ node: Node) -> Double? {
    guard case .scalar(let scalar) = node.content, scalar.isPlain, let value = Double(scalar.text),
      value.isFinite
    else { return unexpected(node, wanted: "a number") }
    return value
  }

  fileprivate mutating func duration(
    _ node: Node, from least: Int64, through greatest: Int64, or alternative: String = ""
  ) -> Duration? {
    guard let written = written(node) else { return nil }
    if let duration = parseDuration(written), duration >= .seconds(least), duration <= .seconds(greatest) {
      return duration
    }
    report(
      "invalid duration \"\(written)\"", at: node.position,
      why: "from \(durationText(.seconds(least))) to \(durationText(.seconds(greatest)))\(alternative)")
    return nil
  }

  private mutating func pane(_ node: Node, _ interval: Duration) -> Duration? {
    guard let pane = duration(node, from: 1, through: 7 * 86_400) else { return nil }
    guard pane.milliseconds % interval.milliseconds == 0 else {
      report(
        "a pane of \(durationText(pane))", at: node.position,
        why: "panes are multiples of the interval, \(durationText(interval))")
      return nil
    }
    return pane
  }

  /// `+02:00`, as times in RFC 3339 have it.
  fileprivate mutating func zone(_ node: Node) -> Duration? {
    guard let written = text(node) else { return nil }
    let shape = /(?<sign>[+-])(?<hours>\d\d):(?<minutes>\d\d)/
    guard let match = try? shape.wholeMatch(in: written), let hours = Int64(match.hours),
      let minutes = Int64(match.minutes), hours <= 14, minutes < 60
    else {
      report("invalid zone \"\(written)\"", at: node.position, why: "it reads like \"+02:00\"")
      return nil
    }
    return .seconds((hours * 3600 + minutes * 60) * (match.sign == "-" ? -1 : 1))
  }
}
