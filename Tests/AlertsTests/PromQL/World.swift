// Series in the notation of Prometheus' tests, and questions to them.
import Alerts
import Basics
import Metrics

/// Series with a value every ten seconds (or another interval) from 0 on.
struct World {
  var table = SeriesTable()
  var interval_ms: Int64 = 10_000

  init(every interval_ms: Int64 = 10_000, _ series: KeyValuePairs<String, String>) throws {
    self.interval_ms = interval_ms
    for (labels, values) in series {
      for (index, value) in try SeriesNotation.values(values).enumerated() {
        guard let value else { continue }
        let time = EventTime(milliseconds: Int64(index) * interval_ms)
        table.append(Sample(time: time, value: value), to: try SeriesNotation.labels(labels))
      }
    }
  }

  /// The elements, or the scalar, as `labels value`, in order.
  func ask(_ text: String, at seconds: Double) throws -> [String] {
    let expression = try Expression(text)
    let at = EventTime(milliseconds: Int64(seconds * 1000))
    switch try expression.value(at: at, of: table) {
    case .scalar(let value): return [NumberText.short(value)]
    case .string(let text): return [text]
    case .vector(let elements): return elements.map { "\($0.labels) \(NumberText.short($0.value))" }
    case .matrix(let series): return series.map { "\($0.labels) x\($0.samples.count)" }
    }
  }
}
