// Every benchmark runs at its small size here, so that none rots.
import Testing

@testable import bench

@Suite("The Kafka benchmark")
struct KafkaBenchmarkTests {
  @Test("the wrapper and plain C come to the same results, and the wrapper reads without allocating")
  func sameResults() throws {
    let results = try kafkaBenchmark(BenchmarkSettings(isFull: false))
    for pair in stride(from: 0, to: results.count, by: 2) {
      #expect(results[pair].hash == results[pair + 1].hash)
    }
    let reading = try #require(results.last)
    #expect(reading.allocationsPerRecord < 0.1)
  }
}
