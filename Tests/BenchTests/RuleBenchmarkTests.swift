// The benchmarks of panes, series and rules at their small sizes.
import Testing

@testable import bench

@Suite("The benchmarks of metrics and rules")
struct RuleBenchmarkTests {
  @Test("the rules that ship are evaluated, and the cost of an instant is told")
  func measuresAll() throws {
    let lines = try ruleBenchmark(BenchmarkSettings(isFull: false))
    #expect(lines.count == 3)
    #expect(lines[1].contains("200 selected") && lines[1].contains("% of a core"))
  }

  @Test("events are counted into panes, and it is told into how many series each goes")
  func countsEvents() throws {
    let lines = try paneBenchmark(BenchmarkSettings(isFull: false))
    #expect(lines.count == 5)
    #expect(lines[0].hasPrefix("feedback.given") && lines.allSatisfy { $0.hasSuffix(" series an event") })
  }

  @Test("the series that rules read are kept and asked, and what they cost in time and memory is told")
  func keepsSeries() throws {
    let lines = try seriesBenchmark(BenchmarkSettings(isFull: false))
    #expect(lines.count == 5)
    #expect(lines[3].hasPrefix("2000 series, 200 of them read by rules"), "\(lines)")
    #expect(lines[4].contains("bytes of memory"))
  }
}
