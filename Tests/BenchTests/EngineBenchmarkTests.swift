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

  @Test("windows of both kinds come out alike in one stage and in two, and their epochs replay")
  func windows() throws {
    let lines = try windowBenchmark(BenchmarkSettings(isFull: false))
    for kind in ["tumbling", "hopping"] {
      for stages in ["one stage", "two stages"] {
        #expect(lines.contains { $0.contains("\(kind), \(stages)") }, "\(kind), \(stages)")
      }
    }
    #expect(lines.count { $0.contains("identical") } == 2)
  }
}
