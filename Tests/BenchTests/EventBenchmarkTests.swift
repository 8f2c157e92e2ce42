// The benchmark of events at its small size; what it says of allocations holds at any size.
import Testing

@testable import bench

@Suite("The benchmark of events")
struct EventBenchmarkTests {
  @Test("an event of any type is read without allocating")
  func allocatesNothing() throws {
    let results = try eventBenchmark(BenchmarkSettings(isFull: false))
    #expect(results.count > 40)
    for result in results { #expect(result.allocationsPerRecord < 0.01, "\(result.line)") }
  }
}
