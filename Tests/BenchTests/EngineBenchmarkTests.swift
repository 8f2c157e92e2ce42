// The engine's benchmark at its small size: every measurement is made, whatever it says.
import Testing

@testable import bench

@Suite("The engine's benchmark")
struct EngineBenchmarkTests {
  @Test("what was folded is checked, and work, latency, restart and restore are measured")
  func measuresAll() throws {
    let settings = BenchmarkSettings(isFull: false)
    let lines =
      try engineWorkBenchmark(settings) + engineLatencyBenchmark(settings) + engineReturnBenchmark(settings)
    for what in ["plain C", "pass on", "count 1000 keys", "end to end", "restart with", "restore of"] {
      #expect(lines.contains { $0.hasPrefix(what) }, "\(what)")
    }
  }
}
