// The first stage against what its events say: which pane, which series, which value.
import Basics
import Events
import Testing

@testable import Metrics

/// A metric of one source.
func metric(
  _ name: String, _ kind: MetricDeclaration.Kind, _ source: MetricSource, pane: Duration = .seconds(15),
  stale: Duration? = nil, seriesMax: Int = 2000, scorecard: String? = nil
) -> MetricDeclaration {
  MetricDeclaration(
    name: name, help: "for tests", unit: "things", kind: kind, sources: [source], pane: pane,
    retention: .seconds(30 * 86_400), stale: stale, seriesMax: seriesMax, scorecard: scorecard)
}

private let rating = FeedbackGiven.rating.rawValue
private let type = FeedbackGiven.feedbackType.rawValue
private let typeNames = FeedbackType.allCases.map(\.name)

extension PaneAggregator {
  /// Adds a feedback event of `acme` about `agent`.
  mutating func addFeedback(_ data: String, agent: String = "a", at time: Int64) throws {
    let text = """
      {"specversion":"1.0","id":"1","source":"/t","type":"feedback.given","time":"2026-01-01T00:00:00Z",\
      "organization":"acme","agent":"\(agent)","data":\(data)}
      """
    let bytes = Array(text.utf8)
    let envelope = try Envelope(structured: unsafe bytes.span.bytes)
    var decoder = EventDecoder()
    let event = try decoder.decode(envelope, from: .feedback)
    add(event, organization: envelope.organization, agent: envelope.agent, at: EventTime(milliseconds: time))
  }
}

@Suite("Pane aggregator")
struct PaneAggregatorTests {
  @Test("an event at a pane's first millisecond belongs to it, one before to the pane before")
  func paneEdges() throws {
    var panes = PaneAggregator(
      MetricDeclarations(metrics: [
        metric("n", .counter, MetricSource(event: .outside(.feedbackGiven)))
      ]))
    for time: Int64 in [14_999, 15_000, 29_999, -1] {
      try panes.addFeedback(#"{"feedback_type":"thumbs_up"}"#, at: time)
    }
    let partials = panes.take(processor: "collect", task: 3)
    #expect(partials.allSatisfy { $0.organization == "acme" && $0.pane.length_ms == 15_000 })
    #expect(partials.map(\.pane.start) == [0, 15_000, -15_000])
    #expect(partials.map(\.entries).map { $0.map(\.value) } == [[.sum(1)], [.sum(2)], [.sum(1)]])
    #expect(panes.isEmpty)
  }

  @Test("labels are in order however declared, and one cut within a scalar can be read back")
  func cutLabels() throws {
    var source = MetricSource(event: .outside(.feedbackGiven))
    source.labels = [.init("text", .field(FeedbackGiven.text.rawValue, names: [])), .init("agent", .agent)]
    var panes = PaneAggregator(MetricDeclarations(metrics: [metric("n", .counter, source)]))
    let longest = String(repeating: "a", count: PaneAggregator.labelBytesMax - 1)
    for text in ["ä", longest + "äb"] {
      try panes.addFeedback(#"{"feedback_type":"thumbs_up","text":"\#(text)"}"#, at: 0)
    }
    let partial = try #require(panes.take(processor: "collect", task: 0).first)
    let expected = ["ä", longest + "\u{FFFD}"].map { Labels([Label("text", $0), Label("agent", "a")]) }
    #expect(partial.entries.map(\.labels) == expected)
    var bytes: [UInt8] = []
    partial.store(into: &bytes)
    #expect(PanePartial(stored: unsafe bytes.span.bytes) == partial)
  }

  @Test("conditions, labels from choices and bands, and values of all kinds are as declared")
  func kinds() throws {
    let source = MetricSource(
      event: .outside(.feedbackGiven), conditions: [.init(type, .equals(2))],
      value: .field(rating, factor: 1), labels: [.init("agent", .agent)])
    var byType = MetricSource(event: .outside(.feedbackGiven))
    byType.labels = [
      .init("agent", .agent), .init("type", .field(type, names: typeNames)),
    ]
    var banded = source
    banded.labels = [.init("level", .band(rating, [.init(above: 3, name: "high")], otherwise: "low"))]
    var users = MetricSource(event: .outside(.feedbackGiven))
    users.member = .field(FeedbackGiven.userID.rawValue, names: [])
    var panes = PaneAggregator(
      MetricDeclarations(metrics: [
        metric("total", .counter, byType), metric("mean", .mean(window: .last(.seconds(60))), source),
        metric("last", .gauge, source), metric("histogram", .histogram(bounds: [2, 4]), source),
        metric("banded", .counter, banded), metric("users", .distinct(window: .today), users),
      ]))
    for (index, stars) in [5, 1, 4].enumerated() {
      try panes.addFeedback(
        #"{"feedback_type":"rating","rating":\#(stars),"user_id":"u\#(index % 2)"}"#, at: Int64(index))
    }
    try panes.addFeedback(#"{"feedback_type":"thumbs_up"}"#, at: 3)
    let entries = try #require(panes.take(processor: "collect", task: 0).first).entries
    func values(_ metric: String) -> [PaneValue] { entries.filter { $0.metric == metric }.map(\.value) }
    func labels(_ metric: String) -> [String] {
      entries.filter { $0.metric == metric }.map(\.labels.description)
    }
    #expect(values("total") == [.sum(3), .sum(1)])
    #expect(
      labels("total") == [#"{agent="a", type="rating"}"#, #"{agent="a", type="thumbs_up"}"#])
    #expect(values("mean") == [.mean(sum: 10, weight: 3)])
    #expect(values("last") == [.last(4, at: EventTime(milliseconds: 2))])
    guard case .histogram(let counts, let sum, let sketch)? = values("histogram").first else {
      Issue.record("no histogram")
      return
    }
    #expect(counts == [1, 1, 1] && sum == 10 && sketch.count == 3)
    #expect(labels("banded") == [#"{level="high"}"#, #"{level="low"}"#])
    guard case .distinct(let found)? = values("users").first else {
      Issue.record("no count of users")
      return
    }
    #expect(found.count == 2)
  }

  @Test("each element of a list counts, and a population says each member's state")
  func listsAndStates() throws {
    let issues = FeedbackGiven.issueCategories.rawValue
    var each = MetricSource(event: .outside(.feedbackGiven))
    each.labels = [.init("issue", .element(issues))]
    var population = MetricSource(event: .inside(.experimentTransitioned))
    (population.member, population.state) = (.field(0, names: []), .field(2, names: []))
    var panes = PaneAggregator(
      MetricDeclarations(metrics: [
        metric("issues", .counter, each), metric("experiments", .population, population),
      ]))
    try panes.addFeedback(#"{"feedback_type":"issue","issue_categories":["tone","unclear","tone"]}"#, at: 0)
    panes.add(
      internal: .experimentTransitioned, organization: "acme",
      ["experiment_id": .text("e1"), "to": .text("running")], at: EventTime(milliseconds: 7))
    let entries = try #require(panes.take(processor: "collect", task: 0).first).entries
    #expect(entries.map(\.labels.description) == [#"{issue="tone"}"#, #"{issue="unclear"}"#, "{}"])
    #expect(
      entries.map(\.value) == [
        .sum(2), .sum(1), .state("running", member: "e1", at: EventTime(milliseconds: 7)),
      ])
  }

  @Test("a partial's bytes give it back, and no prefix of them does")
  func storing() throws {
    var sketch = DistinctSketch()
    for value: UInt64 in 0..<1000 { sketch.add(hash: XXH64.hash(word: value)) }
    var quantiles = QuantileSketch()
    quantiles.add(3)
    let values: [PaneValue] = [
      .sum(1.5), .last(-2, at: EventTime(milliseconds: 5)), .mean(sum: 1, weight: 2),
      .histogram(counts: [1, 0, 3], sum: 4, sketch: quantiles), .distinct(sketch),
      .distinct(DistinctSketch()),
      .state("idle", member: "w", at: EventTime(milliseconds: -1)),
    ]
    let partial = PanePartial(
      organization: "acme", source: PaneSource(processor: "collect", task: 2),
      pane: Pane(start: -15_000, length_ms: 15_000),
      entries: values.map {
        .init(metric: "m", labels: Labels([Label("a", "b")]), value: $0)
      })
    var bytes: [UInt8] = []
    partial.store(into: &bytes)
    #expect(unsafe PanePartial(stored: bytes.span.bytes) == partial)
    for count in 0..<bytes.count {
      let prefix = Array(bytes.prefix(count))
      #expect(unsafe PanePartial(stored: prefix.span.bytes) == nil)
    }
  }
}

@Suite("Distinct sketch")
struct DistinctSketchTests {
  @Test("counts are exact up to 256 and within four standard errors beyond, merged or not")
  func errors() {
    for count in [1, 100, 256, 1000, 20_000, 300_000] {
      var whole = DistinctSketch()
      var parts = [DistinctSketch(), DistinctSketch()]
      for value in 0..<count {
        let hash = XXH64.hash(word: UInt64(value))
        whole.add(hash: hash)
        parts[value % 2].add(hash: hash)
        parts[1].add(hash: hash)
      }
      parts[0].merge(parts[1])
      #expect(parts[0] == whole)
      let error = abs(whole.count - Double(count)) / Double(count)
      #expect(count <= DistinctSketch.exactMax ? error == 0 : error < 4 * DistinctSketch.standardError)
    }
  }
}
