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
}
