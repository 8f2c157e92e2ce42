// Quantiles by counts: near the sorted values, whatever the order, and the same bits after a journey.
import Testing

@testable import Basics

@Suite struct QuantileSketchTests {
  private static func values(_ seed: UInt64, _ count: Int) -> [Double] {
    var random = SeededRandom(seed: seed)
    return (0..<count).map { _ in
      switch random.int(in: 0..<8) {
      case 0: 0
      case 1: -Mathematics.exp(random.fraction() * 50 - 20)
      case 2: Double(random.int(in: 0..<10))
      default: Mathematics.exp(random.fraction() * 30 - 10)
      }
    }
  }

  @Test(
    "a quantile is within the promised error of the value at its rank",
    arguments: 1...40 as ClosedRange<UInt64>)
  func quantiles(seed: UInt64) throws {
    let values = Self.values(seed, 1 + Int(seed) * 29)
    var sketch = QuantileSketch()
    for value in values { sketch.add(value) }
    let sorted = values.sorted()
    for fraction in [0, 0.01, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1] {
      let exact = sorted[Int((fraction * Double(values.count - 1)).rounded(.down))]
      let found = try #require(sketch.quantile(fraction))
      let allowed = max(exact.magnitude * QuantileSketch.relativeError, QuantileSketch.leastMagnitude)
      #expect((found - exact).magnitude <= allowed, "\(fraction): \(found), not \(exact)")
    }
  }

  @Test("order, parts, and values taken out again leave no trace", arguments: 1...40 as ClosedRange<UInt64>)
  func order(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let values = Self.values(seed, 300)
    var forwards = QuantileSketch()
    for value in values { forwards.add(value) }
    var parts = Array(repeating: QuantileSketch(), count: 3)
    for value in values.reversed() {
      parts[random.int(in: 0..<3)].add(value)
      parts[0].add(value * 3)
      parts[0].remove(value * 3)
    }
    parts[1].merge(parts[2])
    parts[0].merge(parts[1])
    #expect(parts[0] == forwards)
    #expect(forwards.count == 300)
    for value in values { forwards.remove(value) }
    #expect(forwards == QuantileSketch())
  }

  @Test("its bytes give it back, and no others are taken for one", arguments: 1...40 as ClosedRange<UInt64>)
  func stored(seed: UInt64) {
    var sketch = QuantileSketch()
    for value in Self.values(seed, Int(seed) * 7) { sketch.add(value, times: seed) }
    var bytes: [UInt8] = []
    sketch.store(into: &bytes)
    #expect(QuantileSketch(stored: unsafe bytes.span.bytes) == sketch)
    #expect(unsafe QuantileSketch(stored: Array(bytes.dropLast()).span.bytes) == nil)
    #expect(unsafe QuantileSketch(stored: (bytes + [0]).span.bytes) == nil)
    var random = SeededRandom(seed: seed)
    for _ in 0..<200 {
      var damaged = bytes
      damaged[random.int(in: 0..<bytes.count)] = UInt8(random.int(in: 0..<256))
      guard let other = QuantileSketch(stored: unsafe damaged.span.bytes) else { continue }
      var again: [UInt8] = []
      other.store(into: &again)
      #expect(again == damaged)
    }
  }

  @Test("the ends of its range, and what is no number")
  func edges() {
    var sketch = QuantileSketch()
    #expect(sketch.quantile(0.5) == nil)
    sketch.add(.nan)
    sketch.remove(1)
    #expect(sketch.isEmpty)
    let values: [Double] = [.infinity, -.infinity, 1e300, 0, -0.0, 1e-300]
    for value in values { sketch.add(value) }
    #expect(sketch.count == 6)
    #expect(sketch.quantile(0.5) == 0)
    #expect(sketch.quantile(1)! >= QuantileSketch.greatestMagnitude)
    #expect(sketch.quantile(0)! <= -QuantileSketch.greatestMagnitude)
    #expect(sketch.quantile(1.5) == nil && sketch.quantile(.nan) == nil)
    #expect(sketch.count(upTo: 0) == 4)
    sketch.add(1, times: .max)
    #expect(sketch.count == 6)
  }
}
