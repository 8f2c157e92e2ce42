// Sums whose last digits do not depend on luck: Neumaier's variant of Kahan's summation, as Prometheus sums.

/// A running sum and what rounding has lost of it.
struct CompensatedSum: Hashable, Sendable {
  private(set) var sum = 0.0
  private(set) var lost = 0.0

  init(_ start: Double = 0) { sum = start }

  mutating func add(_ value: Double) {
    let next = sum + value
    if next.isInfinite {
      lost = 0
    } else if abs(sum) >= abs(value) {
      lost += (sum - next) + value
    } else {
      lost += (value - next) + sum
    }
    sum = next
  }

  mutating func lose(_ value: Double) { lost += value }

  /// An infinite sum has lost nothing.
  var total: Double { sum.isInfinite ? sum : sum + lost }
}
