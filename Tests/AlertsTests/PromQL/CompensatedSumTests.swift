// Sums that a plain loop gets wrong.
import Testing

@testable import Alerts

@Suite struct CompensatedSumTests {
  @Test("a small value between two large ones of opposite sign is not lost")
  func cancellation() {
    var sum = CompensatedSum()
    for value in [1, 1e100, 1, -1e100] { sum.add(value) }
    #expect(sum.total == 2)
  }

  @Test("an infinite sum stays infinite")
  func infinite() {
    var sum = CompensatedSum()
    for value in [Double.infinity, 1, 2] { sum.add(value) }
    #expect(sum.total == .infinity)
  }
}
