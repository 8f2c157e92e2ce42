// Views of metrics.yaml: projections whose rows are made of metrics with the same labels.
internal import Basics
internal import Metrics
internal import YAML

extension StrictReader {
  mutating func view(_ node: Node, _ metrics: [MetricDeclaration]) -> MetricView? {
    guard
      let fields = fields(
        node, of: "view", known: ["name", "by", "columns"], required: ["name", "by", "columns"]),
      let name = fields["name"].flatMap({ text($0) }), let labels = fields["by"].flatMap({ items($0) })
    else { return nil }
    let by = labels.compactMap { text($0) }
    var columns: [(name: String, column: MetricView.Column)] = []
    for pair in fields["columns"].flatMap({ pairs($0) }) ?? [] {
      if let column = column(pair.value, metrics, by) { columns.append((pair.key, column)) }
    }
    return MetricView(name: name, by: by, columns: columns)
  }

  /// `value of M`, `weight of M`, `M relative to N`.
  private mutating func column(
    _ node: Node, _ metrics: [MetricDeclaration], _ by: [String]
  ) -> MetricView.Column? {
    guard let written = text(node) else { return nil }
    let words = written.split(separator: " ").map(String.init)
    switch (words.count, words.first, words.dropFirst().first) {
    case (3, "value", "of"):
      return metric(words[2], metrics, by, at: node.position).map { .value(metric: $0) }
    case (3, "weight", "of"):
      return metric(words[2], metrics, by, at: node.position).map { .weight(metric: $0) }
    case (4, _, "relative") where words[2] == "to":
      guard let first = metric(words[0], metrics, by, at: node.position),
        let second = metric(words[3], metrics, by, at: node.position)
      else { return nil }
      return .relative(metric: first, to: second)
    default:
      report(
        "cannot read the column \"\(written)\"", at: node.position,
        why: "it is value of M, weight of M, or M relative to N")
      return nil
    }
  }

  private mutating func metric(
    _ name: String, _ metrics: [MetricDeclaration], _ by: [String], at position: Position
  ) -> String? {
    guard let metric = metrics.first(where: { $0.name == name }) else {
      report(
        "unknown metric \"\(name)\"", at: position, next: didYouMean(name, among: metrics.map(\.name)))
      return nil
    }
    let labels = metric.sources.first?.labels.map(\.name) ?? []
    if let missing = by.first(where: { !labels.contains($0) }) {
      report("the metric \"\(name)\" has no label \"\(missing)\"", at: position)
      return nil
    }
    return name
  }
}
