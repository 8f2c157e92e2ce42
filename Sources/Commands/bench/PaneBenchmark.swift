// What it costs to count an event into panes, as every processor does that reads events: by the shipped
// declarations, for the types of events that come most.
import Basics
import Events
import Metrics
import POSIX
import Topology

/// Decoded events of 24 agents into panes; partials are taken out as often as an epoch under load ends.
func paneBenchmark(_ settings: BenchmarkSettings) throws -> [String] {
  let declarations = try parseMetrics(
    try readWholeFile("\(topologyFolder)/metrics.yaml", limit: 1 << 20), file: "metrics.yaml")
  return try [.feedbackGiven, .executionCompleted, .retrievalPerformed, .operationCompleted, .jobChanged]
    .map { (type: EventType) in
      var panes = try CountedEvents(type, declarations)
      let perEvent = try panes.seriesPerEvent()
      return try panes.measure(epochs: settings.isFull ? 200 : 1).line + "  \(perEvent) series an event"
    }
}

private struct CountedEvents {
  private static let agents = 24
  /// So that decoding, which is measured elsewhere, weighs little.
  private static let repetitions = 200
  private let type: EventType
  private let samples: [SampleEvent]
  private var aggregator: PaneAggregator

  init(_ type: EventType, _ declarations: MetricDeclarations) throws {
    self.type = type
    samples = try (0..<Self.agents).map { try SampleEvent(type, agent: "agent-\($0)") }
    aggregator = PaneAggregator(declarations)
  }

  mutating func seriesPerEvent() throws -> Int {
    var decoder = EventDecoder()
    try count(samples[0], times: 1, &decoder)
    return aggregator.take(processor: "bench", task: 0).reduce(0) { $0 + $1.entries.count }
  }

  mutating func measure(epochs: Int) throws -> Measurement {
    // Once before, so that the table has its memory.
    var decoder = EventDecoder()
    _ = try epoch(&decoder)
    return try Measurement.of(type.rawValue, count: epochs * Self.agents * Self.repetitions) {
      var hash: UInt64 = 0
      for _ in 0..<epochs { hash = hash &* 31 &+ (try epoch(&decoder)) }
      return hash
    }
  }

  private mutating func epoch(_ decoder: inout EventDecoder) throws -> UInt64 {
    for sample in samples { try count(sample, times: Self.repetitions, &decoder) }
    let partials = aggregator.take(processor: "bench", task: 0)
    return partials.reduce(0) { $0 &+ UInt64($1.entries.count) }
  }

  private mutating func count(_ sample: SampleEvent, times: Int, _ decoder: inout EventDecoder) throws {
    var aggregator = PaneAggregator(MetricDeclarations())
    swap(&aggregator, &self.aggregator)
    defer { swap(&aggregator, &self.aggregator) }
    try sample.decode(&decoder) { envelope, event in
      for step in 0..<times {
        let time = EventTime(milliseconds: envelope.time.rawValue + Int64(step % 10))
        aggregator.add(event, organization: envelope.organization, agent: envelope.agent, at: time)
      }
    }
  }
}
