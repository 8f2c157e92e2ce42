// The benchmark of experiments at its small size: it runs, and its result depends on its seed alone.
import Testing

@testable import bench

@Suite("The benchmark of experiments")
struct ExperimentBenchmarkTests {
  @Test("the same seed gives the same experiment")
  func repeats() {
    let (one, other) = (
      experimentBenchmark(BenchmarkSettings(isFull: false)),
      experimentBenchmark(BenchmarkSettings(isFull: false))
    )
    #expect(one.map(\.hash) == other.map(\.hash) && one.map(\.count) == [1000, 10])
  }
}
