// Sums that forget order.
import Basics
import Testing

@testable import Experiments

@Suite struct ExactSumTests {
  private static func values(_ seed: UInt64) -> [Double] {
    var random = SeededRandom(seed: seed)
    return (0..<200).map { _ in
      (random.fraction() - 0.5) * Mathematics.pow(10, Double(random.int(in: 0..<34)) - 15)
    }
  }

  @Test(
    "whatever the order, and whatever came and went, the sum is the same",
    arguments: 1...30 as ClosedRange<UInt64>)
  func order(seed: UInt64) {
    let values = Self.values(seed)
    var forwards = ExactSum()
    var backwards = ExactSum()
    for value in values { forwards.add(value) }
    for value in values.reversed() {
      backwards.add(value * 3)
      backwards.add(value)
      backwards.add(-value * 3)
    }
    #expect(forwards.value == backwards.value && forwards == backwards)
    for value in values.sorted() { backwards.add(-value) }
    #expect(backwards.isZero && backwards.value == 0)
  }

  @Test("a sum is rounded once, where a plain one loses everything")
  func rounding() {
    var sum = ExactSum()
    for value in [1e16, 1, -1e16] { sum.add(value) }
    #expect(sum.value == 1)
    // Half a unit in the last place and a little more rounds up.
    sum = ExactSum()
    for value in [1, 0x1p-53, 0x1p-106] { sum.add(value) }
    #expect(sum.value == 1 + 0x1p-52)
    sum.add(-0x1p-106)
    #expect(sum.value == 1)
  }

  @Test("equal sums have equal bytes, and the bytes give them back", arguments: 1...30 as ClosedRange<UInt64>)
  func bytes(seed: UInt64) {
    var tally = ValueTally()
    var other = ValueTally()
    let values = Self.values(seed)
    for value in values { tally.add(value) }
    for value in values.sorted() { other.add(value) }
    var (bytes, more) = ([UInt8](), [UInt8]())
    tally.store(into: &bytes)
    other.store(into: &more)
    #expect(bytes == more)
    let back = unsafe ValueTally(stored: bytes.span.bytes)
    #expect(back == tally && back?.summary == tally.summary)
    #expect(unsafe ValueTally(stored: Array(bytes.dropLast()).span.bytes) == nil)
  }

  @Test("a small variance beside a great mean keeps its digits")
  func variance() throws {
    var tally = ValueTally()
    for value in [1e15 + 1, 1e15 + 2, 1e15 + 3] { tally.add(value) }
    #expect(try #require(tally.summary).variance == 1)
    tally.remove(1e15 + 2)
    #expect(try #require(tally.summary).variance == 2)
    tally.remove(1e15 + 1)
    #expect(try #require(tally.summary) == Summary(units: 1, mean: 1e15 + 3, variance: 0))
    tally.remove(1e15 + 3)
    #expect(tally == ValueTally())
  }
}
