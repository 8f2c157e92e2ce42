// The second stage: panes close in order, windows move, values become stale, whatever order parts come in.
import Basics
import Testing

@testable import Metrics

private func rule(_ kind: SeriesRule.Kind, stale: Int64? = nil) -> SeriesRule {
  SeriesRule(kind: kind, pane_ms: 15_000, stale_ms: stale, retention_ms: 86_400_000)
}

private func pane(_ start: Int64) -> Pane { Pane(start: start, length_ms: 15_000) }
private let first = PaneSource(processor: "collect", task: 0)
private let second = PaneSource(processor: "collect", task: 1)

extension SeriesState {
  /// What changes by a time: `seconds=value`.
  fileprivate mutating func changes(to time: Int64, _ rule: SeriesRule) -> [String] {
    var found: [String] = []
    advance(to: time, rule) { sample, _ in
      found.append("\(sample.time.rawValue / 1000)=\(sample.isStale ? "stale" : "\(sample.value)")")
    }
    return found
  }
}

@Suite("Series state")
struct SeriesStateTests {
  @Test("a counter adds up closed panes in order, and a pane closes at its end and not before")
  func counter() {
    var state = SeriesState()
    state.add(.sum(2), pane(15_000), from: first)
    state.add(.sum(1), pane(0), from: second)
    state.add(.sum(4), pane(0), from: first)
    #expect(state.changes(to: 14_999, rule(.sum)) == [])
    #expect(state.changes(to: 15_000, rule(.sum)) == ["15=5.0"])
    #expect(state.changes(to: 60_000, rule(.sum)) == ["30=7.0"])
  }

  @Test("parts make the same bits in whatever order tasks' records arrive")
  func order() {
    let values: [(PaneSource, Double)] = [(first, 1e16), (second, 1), (first, -1e16), (second, 1)]
    var states: [SeriesState] = []
    for order in [[0, 1, 2, 3], [1, 0, 3, 2], [0, 2, 1, 3], [1, 3, 0, 2]] {
      var state = SeriesState()
      for index in order { state.add(.sum(values[index].1), pane(0), from: values[index].0) }
      _ = state.changes(to: 15_000, rule(.sum))
      states.append(state)
    }
    #expect(Set(states).count == 1)
  }

  @Test("a gauge is its last value by event time and becomes stale when nobody renews it")
  func gauge() {
    var state = SeriesState()
    let rule = rule(.last, stale: 60_000)
    state.add(.last(3, at: EventTime(milliseconds: 9000)), pane(0), from: second)
    state.add(.last(5, at: EventTime(milliseconds: 8000)), pane(0), from: first)
    #expect(state.changes(to: 74_999, rule) == ["15=3.0"])
    #expect(state.changes(to: 75_000, rule) == ["75=stale"])
    #expect(state.value == nil)
    state.add(.last(6, at: EventTime(milliseconds: 91_000)), pane(90_000), from: first)
    #expect(state.changes(to: 105_000, rule) == ["105=6.0"])
  }

  @Test("a mean moves with its window and is gone with the last event in it")
  func mean() {
    var state = SeriesState()
    let rule = rule(.window(length_ms: 60_000, slice_ms: 15_000, zone_ms: 0))
    state.add(.mean(sum: 10, weight: 2), pane(0), from: first)
    state.add(.mean(sum: 2, weight: 2), pane(30_000), from: first)
    // The pane that begins at 0 is a whole minute old at 60 s and still within, at 75 s no longer.
    #expect(state.changes(to: 200_000, rule) == ["15=5.0", "45=3.0", "75=1.0", "105=stale"])
    #expect(state.weight == nil)
  }

  @Test("a day's count begins anew at midnight of its zone")
  func today() {
    var state = SeriesState()
    let rule = rule(.window(length_ms: 86_400_000, slice_ms: 86_400_000, zone_ms: 7_200_000))
    var sketch = DistinctSketch()
    sketch.add(hash: 1)
    let midnight: Int64 = 86_400_000 - 7_200_000
    state.add(.distinct(sketch), pane(midnight - 15_000), from: first)
    sketch.add(hash: 2)
    state.add(.distinct(sketch), pane(midnight), from: first)
    #expect(
      state.changes(to: midnight + 20_000, rule) == [
        "\(midnight / 1000)=1.0", "\(midnight / 1000 + 15)=2.0",
      ])
  }

  @Test("a late part corrects a counter by what it adds")
  func correction() {
    var state = SeriesState()
    state.add(.sum(1), pane(0), from: first)
    _ = state.changes(to: 15_000, rule(.sum))
    let delta = state.correct(.sum(2), pane(0), rule(.sum), at: 30_000) { _, _ in }
    #expect(delta == 2 && state.value == 3)
  }

  @Test("a series is forgotten when its retention has passed without an event, and not while a pane is open")
  func retention() {
    var state = SeriesState()
    state.add(.sum(1), pane(0), from: first)
    _ = state.changes(to: 15_000, rule(.sum))
    #expect(!state.isForgotten(rule(.sum), at: 86_414_999))
    #expect(state.isForgotten(rule(.sum), at: 86_415_000))
    state.add(.sum(1), pane(86_400_000), from: first)
    #expect(!state.isForgotten(rule(.sum), at: 86_415_000))
  }

  @Test("a state's bytes give it back, and no prefix of them does")
  func storing() {
    var state = SeriesState()
    let rule = rule(.window(length_ms: 60_000, slice_ms: 15_000, zone_ms: 0))
    for start: Int64 in [0, 15_000, 45_000] {
      state.add(.mean(sum: 1, weight: 2), pane(start), from: first)
      state.add(.mean(sum: 3, weight: 1), pane(start), from: second)
    }
    _ = state.changes(to: 30_000, rule)
    state.chunks = 3..<7
    var bytes: [UInt8] = []
    state.store(into: &bytes)
    #expect(unsafe SeriesState(stored: bytes.span.bytes) == state)
    for count in 0..<bytes.count {
      let prefix = Array(bytes.prefix(count))
      #expect(unsafe SeriesState(stored: prefix.span.bytes) == nil)
    }
  }
}

@Suite("Sample chunk")
struct SampleChunkTests {
  private func samples(_ from: Int64, _ to: Int64) -> [String] {
    let changes = [
      Sample(time: EventTime(milliseconds: 15), value: 1),
      Sample(time: EventTime(milliseconds: 60), value: 2),
      Sample(time: EventTime(milliseconds: 90), value: Sample.staleValue),
    ]
    return Series.samples(
      of: changes, every: 15, after: EventTime(milliseconds: from), through: EventTime(milliseconds: to)
    ).map { "\($0.time.rawValue)=\($0.isStale ? "stale" : "\(Int($0.value))")" }
  }

  @Test("a value stands one sample per pane until it changes, from behind the left edge through the right")
  func standing() {
    #expect(samples(0, 100) == ["15=1", "30=1", "45=1", "60=2", "75=2", "90=stale"])
    #expect(samples(15, 60) == ["30=1", "45=1", "60=2"])
    #expect(samples(31, 59) == ["45=1"])
    #expect(samples(90, 200) == [])
  }

  @Test("a chunk's bytes give it back")
  func storing() {
    let chunk = SampleChunk(changes: [
      Sample(time: EventTime(milliseconds: -5), value: 0.1),
      Sample(time: EventTime(milliseconds: 60), value: -2),
    ])
    var bytes: [UInt8] = []
    chunk.store(into: &bytes)
    #expect(unsafe SampleChunk(stored: bytes.span.bytes) == chunk)
  }
}
