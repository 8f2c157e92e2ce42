// The benchmark of learning at its small size.
import Testing

@testable import bench

@Suite("The benchmark of learning")
struct LearningBenchmarkTests {
  @Test("joining is measured, and what a case takes is told")
  func runs() throws {
    let lines = try learningBenchmark(BenchmarkSettings(isFull: false))
    #expect(lines.count == 7 && lines[3].contains("bytes of a changelog"))
  }
}
