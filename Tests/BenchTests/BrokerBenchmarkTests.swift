// The broker's benchmark at its small size: every measurement is made, whatever it says.
import Testing

@testable import bench

@Suite("The broker's benchmark")
struct BrokerBenchmarkTests {
  @Test("records, transactions, memory and recovery are measured by each client")
  func measuresAll() throws {
    let lines = try brokerBenchmark(BenchmarkSettings(isFull: false))
    for what in ["in, 4", "out, 4", "transaction with offsets", "memory", "start-up after kill -9"] {
      #expect(lines.contains { $0.hasPrefix(what) }, "\(what)")
    }
  }

  @Test("many partitions and many consumers are measured")
  func measuresCrowds() throws {
    let lines = try brokerCrowdBenchmark(BenchmarkSettings(isFull: false))
    for what in ["empty", "20 partitions, after kill -9", "20 partitions, all read", "10 consumers"] {
      #expect(lines.contains { $0.hasPrefix(what) }, "\(what)")
    }
  }
}
