// The benchmark of events at its small size; what it says of allocations holds at any size.
import Testing

@testable import bench

/// Without optimization, views of borrowed bytes are allocated.
private var isOptimized: Bool {
  #if DEBUG
    false
  #else
    true
  #endif
}

@Suite("The benchmark of events")
struct EventBenchmarkTests {
  @Test("every type is measured, and in an optimized build read without allocating")
  func allocatesNothing() throws {
    let results = try eventBenchmark(BenchmarkSettings(isFull: false))
    #expect(results.count > 40)
    guard isOptimized else { return }
    for result in results { #expect(result.allocationsPerRecord < 0.01, "\(result.line)") }
  }
}
