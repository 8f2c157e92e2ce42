// What series cost where they are kept: the shipped `metrics`, folded without a broker, takes up parts of
// panes, closes them at instants 15 seconds apart, evaluates the shipped rules on its own series and
// publishes what has changed.
import Alerts
import Basics
import CMeter
import Control
import Events
import Metrics
import POSIX
import Processors
import Runtime
import Topology

/// `stored` series, of which the platform's rules read `selected`, all of these with an event in each pane.
func seriesBenchmark(_ settings: BenchmarkSettings) throws -> [String] {
  let (stored, selected) = settings.isFull ? (100_000, 5000) : (2000, 200)
  let (hour, instants) = settings.isFull ? (240, 20) : (4, 2)
  var world = try SeriesWorld(stored: stored, selected: selected)
  try world.configure(withRules: false)
  let empty = Int64(ratchet_heap_bytes())
  let born = world.pane(world.all)
  let seriesBytes = Double(Int64(ratchet_heap_bytes()) - empty) / Double(stored)
  let plain = (0..<instants).map { _ in world.pane(world.read) }
  try world.configure(withRules: true)
  for _ in 0..<10 { _ = world.pane(world.read) }
  let before = Int64(ratchet_heap_bytes())
  for _ in 0..<hour { _ = world.pane(world.read) }
  let panes = Double(hour) * Double(world.visibleCount)
  let paneBytes = Double(Int64(ratchet_heap_bytes()) - before) / panes
  let ruled = (0..<instants).map { _ in world.pane(world.read) }
  let (taken, closed) = (sum(plain.map(\.taken)), sum(plain.map(\.closed)))
  let instant_ns = Double(sum(ruled.map(\.closed)).threadCPU_ns) / Double(instants)
  var making = born.taken + born.closed
  making.count = born.taken.count
  return [
    making.named("a part makes a series"), taken.named("a part in a pane taken up"),
    closed.named("its pane closed and published"),
    "\(stored) series, \(world.visibleCount) of them read by rules and changed in each pane of 15 s: "
      + "\(rounded(Double(closed.threadCPU_ns) / Double(instants) / 1e6)) ms an instant without rules, "
      + "\(rounded(instant_ns / 1e6)) ms with them after \(hour / 4) minutes, "
      + "\(rounded(instant_ns / 15e9 * 100))% of a core",
    "a series takes \(Int(seriesBytes)) bytes of memory, and \(Int(paneBytes)) with each pane in "
      + "which rules can read it",
  ]
}

extension Measurement {
  fileprivate func named(_ name: String) -> String {
    var other = self
    other.name = name
    return other.line
  }
}

private func sum(_ parts: [Measurement]) -> Measurement { parts.dropFirst().reduce(parts[0]) { $0 + $1 } }

/// One task of `metrics`, which is `platform`'s.
private struct SeriesWorld {
  struct Part {
    var metric: String
    var organization: String
    var labels: Labels
    var value: PaneValue
    /// Series that rules see.
    var width: Int
  }

  private static let pane_ms: Int64 = 15_000
  private static let unread = "bench_unread_total"

  private var fold: TaskFold
  private let definition: ProcessorDefinition
  private let metrics: String
  private var next: [Int64]
  private var epoch = Epoch(0)
  private var now: Int64 = 1_767_225_600_000
  private(set) var read: [Part] = []
  private(set) var all: [Part] = []

  var visibleCount: Int { read.reduce(0) { $0 + $1.width } }

  init(stored: Int, selected: Int) throws {
    definition = shippedProcessors(prefix: "bench").first { $0.name == "metrics" }!
    fold = TaskFold(PartitionID(0), of: definition)
    for output in definition.outputs { fold.partitionCounts[output.topic] = 1 }
    next = definition.inputs.map { _ in 0 }
    let shipped = String(
      decoding: try readWholeFile("\(topologyFolder)/metrics.yaml", limit: 1 << 20), as: UTF8.self)
    metrics = shipped.replacing(
      "\nmetrics:\n",
      with: """

        metrics:
          - {name: \(Self.unread), kind: counter, unit: x, help: x, event: job.changed, series: 1000000}

        """, maxReplacements: 1)
    try choose(stored, selected)
  }

  private mutating func choose(_ stored: Int, _ selected: Int) throws {
    let declared = try parseMetrics(Array(metrics.utf8), file: "metrics.yaml").metrics
    let reach = try parseRuleFolder(shippedRuleFiles()).platform.reach
    let wanted = declared.filter { metric in
      ["", "_bucket", "_sum", "_count"].contains { reach[metric.name + $0] != nil }
    }
    var (index, count) = (0, 0)
    while count < selected {
      let part = Self.part(of: wanted[index % wanted.count], index / wanted.count)
      read.append(part)
      count += part.width
      index += 1
    }
    all = read
    for number in count..<max(count, stored) {
      all.append(
        Part(
          metric: Self.unread, organization: "organization-\(number / 24 % 100)",
          labels: Labels([Label("user", "user-\(number)"), Label("agent", "agent-\(number % 24)")]),
          value: .sum(1), width: 1))
    }
  }

  private static func part(of metric: MetricDeclaration, _ index: Int) -> Part {
    let names = metric.sources.first?.labels.map(\.name) ?? []
    let labels = names.isEmpty ? ["job"] : names
    var part = Part(
      metric: metric.name, organization: "organization-\(index / 24)",
      labels: Labels(labels.map { Label($0, "\($0)-\(index % 24)") }), value: .sum(1), width: 1)
    switch metric.kind {
    case .counter, .level: break
    case .gauge: part.value = .last(Double(index), at: EventTime(milliseconds: 0))
    case .mean: part.value = .mean(sum: Double(index), weight: 1)
    case .distinct: part.value = .distinct(DistinctSketch())
    case .population:
      part.value = .state("state-\(index % 3)", member: "m-\(index)", at: EventTime(milliseconds: 0))
    case .histogram(let bounds):
      var sketch = QuantileSketch()
      sketch.add(Double(index % 100))
      let counts = (0...bounds.count).map { $0 == index % (bounds.count + 1) ? UInt64(1) : 0 }
      part.value = .histogram(counts: counts, sum: Double(index % 100), sketch: sketch)
      part.width = bounds.count + 3
    }
    return part
  }

  mutating func configure(withRules: Bool) throws {
    var configuration = Configuration()
    var records: [(String, [UInt8])] = []
    var files = withRules ? try shippedRuleFiles() : [:]
    files["metrics.yaml"] = Array(metrics.utf8)
    for (path, content) in files.sorted(by: { $0.key < $1.key }) {
      records.append((Configuration.fileKey(configuration.set(path, content)), content))
    }
    records.append((Configuration.recordKey, configuration.encoded()))
    _ = close(records, of: "bench.control", after: 1)
  }

  /// A pane with these parts: read, then passed by the watermark, which is 5 s behind recorded time.
  mutating func pane(_ parts: [Part]) -> (taken: Measurement, closed: Measurement) {
    let start = now / Self.pane_ms * Self.pane_ms
    let records = partials(parts, from: start)
    let taken = Measurement.of("", count: parts.count) {
      close(records, of: "bench.panes", after: start + Self.pane_ms + 4000 - now).record.stateHash
    }
    let closed = Measurement.of("", count: parts.count) {
      close([], of: "bench.panes", after: 1000).record.outputHash
    }
    return (taken, closed)
  }

  /// As `collect` sends them: one an organization and epoch, here of at most 500 entries.
  private func partials(_ parts: [Part], from start: Int64) -> [(String, [UInt8])] {
    var records: [(String, [UInt8])] = []
    var first = 0
    while first < parts.count {
      var end = first
      while end < parts.count, end < first + 500, parts[end].organization == parts[first].organization {
        end += 1
      }
      let partial = PanePartial(
        organization: parts[first].organization, source: PaneSource(processor: "collect", task: 0),
        pane: Pane(start: start, length_ms: Self.pane_ms),
        entries: parts[first..<end].map { .init(metric: $0.metric, labels: $0.labels, value: $0.value) })
      var bytes: [UInt8] = []
      partial.store(into: &bytes)
      records.append(("platform", bytes))
      first = end
    }
    return records
  }

  private mutating func close(_ records: [(String, [UInt8])], of topic: String, after ms: Int64)
    -> EpochBuffer
  {
    now += ms
    let read = definition.inputs.firstIndex { $0.topic == topic } ?? 0
    var batches = definition.inputs.map { _ in RecordBatch() }
    let first = next
    for (key, value) in records {
      let key = Array(key.utf8)
      batches[read].append(
        Offset(next[read]), at: Timestamp(milliseconds: now), key: unsafe key.span.bytes,
        value: unsafe value.span.bytes)
      next[read] += 1
    }
    let inputs = definition.inputs.indices.map { index in
      EpochRecord.Input(
        TopicPartition(topic: definition.inputs[index].topic, partition: PartitionID(0)),
        first: Offset(first[index]), next: Offset(next[index]))
    }
    defer { epoch = epoch.next }
    return fold.fold(
      ClosedEpoch(
        epoch, inputs, batches, batches.map { 0..<$0.count }, end: Timestamp(milliseconds: now),
        watermark: EventTime(milliseconds: now - 5000)))
  }
}
