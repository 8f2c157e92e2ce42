// The benchmark of rules at its small size.
import Testing

@testable import bench

@Suite("The benchmark of rules")
struct RuleBenchmarkTests {
  @Test("the rules that ship are evaluated, and the cost of an instant is told")
  func measuresAll() throws {
    let lines = try ruleBenchmark(BenchmarkSettings(isFull: false))
    #expect(lines.count == 3)
    #expect(lines[1].contains("200 selected") && lines[1].contains("% of a core"))
  }
}
