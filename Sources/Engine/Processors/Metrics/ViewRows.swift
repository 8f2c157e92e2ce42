// The views of metrics.yaml (R8.7): rows made of series with the same labels, published when they change and
// withdrawn when none of their metrics has a value any more.
internal import Basics
internal import Metrics
internal import Runtime

/// A row of a view as it is published.
struct ViewRow: Equatable {
  var key: String
  /// In the order of their names.
  var labels: [(String, String)] = []
  var columns: [(String, Double)] = []
  var at: Int64 = .min

  static func == (a: Self, b: Self) -> Bool {
    a.key == b.key && a.labels.elementsEqual(b.labels) { $0 == $1 }
      && a.columns.elementsEqual(b.columns) { $0 == $1 }
  }
}

/// Which rows have been published, by what they said.
final class ViewRows {
  let store = KeyValueStore<String, BookNote>("views")

  /// True when the row says something else than last time; an empty one is forgotten.
  func hasChanged(_ row: ViewRow, of view: String, tenant: String) -> Bool {
    let name = "\(view)\u{0}\(tenant)\u{0}\(row.key)"
    guard !row.columns.isEmpty else {
      defer { store[name] = nil }
      return store[name] != nil
    }
    var hash = XXH64()
    for (name, value) in row.labels {
      unsafe hash.update(Array(name.utf8).span.bytes)
      unsafe hash.update(Array(value.utf8).span.bytes)
    }
    for (name, value) in row.columns {
      unsafe hash.update(Array(name.utf8).span.bytes)
      hash.update(integer: value.bitPattern)
    }
    let note = BookNote(Int64(bitPattern: hash.digest()))
    if store[name] == note { return false }
    store[name] = note
    return true
  }
}

extension SeriesBook {
  /// A view's rows of a tenant that the touched series belong to, in the order of their keys.
  func rows(of view: MetricView, tenant: String, touched: Set<String>) -> [ViewRow] {
    var rows: [String: (labels: [String: String], newest: Int64, values: [String: (Int64, UInt64)])] = [:]
    for metric in Set(view.columns.flatMap { $0.column.metrics }).sorted() {
      for number in numbers(of: metric, in: tenant) {
        guard let labels = entries[number]?.row.labels else { continue }
        let key = Self.key(of: view, labels)
        guard touched.contains(key) else { continue }
        let updated = states.read(number) { $0?.updated ?? .min }
        var row = rows[key] ?? ([:], .min, [:])
        if row.newest <= updated {
          row.newest = updated
          for label in labels.all where label.name != Label.metricName && label.name != Self.organizationLabel
          {
            row.labels[label.name] = label.value
          }
        }
        if row.values[metric].map({ $0.0 <= updated }) ?? true { row.values[metric] = (updated, number) }
        rows[key] = row
      }
    }
    return touched.sorted().map { key in
      guard let row = rows[key] else { return ViewRow(key: key) }
      var found = ViewRow(key: key, labels: row.labels.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
      found.at = row.newest
      for (name, column) in view.columns {
        if let value = value(of: column, row.values.mapValues(\.1)) { found.columns.append((name, value)) }
      }
      return found
    }
  }

  static func key(of view: MetricView, _ labels: Labels) -> String {
    view.by.map { labels[$0] }.joined(separator: "/")
  }

  private func value(of column: MetricView.Column, _ numbers: [String: UInt64]) -> Double? {
    func state(_ metric: String) -> SeriesState? { numbers[metric].flatMap { states[$0] } }
    switch column {
    case .value(let metric): return state(metric)?.value
    case .weight(let metric):
      guard let state = state(metric), state.value != nil else { return nil }
      return state.weight
    case .relative(let metric, let base):
      // An improvement upon nothing is none that a number can say.
      guard let value = state(metric)?.value, let base = state(base)?.value, base != 0 else { return nil }
      return (value - base) / base
    }
  }
}

extension MetricView.Column {
  var metrics: [String] {
    switch self {
    case .value(let metric), .weight(let metric): [metric]
    case .relative(let metric, let base): [metric, base]
    }
  }
}
