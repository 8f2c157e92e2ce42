// One measured stretch of work and its line of output.
import CMeter

/// What some work on `count` records has cost. `hash` stands for its result: a faster way to another result
/// shows.
struct Measurement {
  var name: String
  var count: Int
  var elapsed: Duration
  /// Processor time of the measuring thread alone, and of all threads.
  var threadCPU_ns: UInt64
  var processCPU_ns: UInt64
  /// Of the measuring thread.
  var allocations: UInt64
  var hash: UInt64

  /// Measures `work`, which returns its result's hash.
  static func of(_ name: String, count: Int, _ work: () throws -> UInt64) rethrows -> Measurement {
    let (thread, process) = (ratchet_thread_cpu_ns(), ratchet_process_cpu_ns())
    let allocations = ratchet_thread_allocations()
    let start = ContinuousClock.now
    let hash = try work()
    return Measurement(
      name: name, count: count, elapsed: ContinuousClock.now - start,
      threadCPU_ns: ratchet_thread_cpu_ns() - thread, processCPU_ns: ratchet_process_cpu_ns() - process,
      allocations: ratchet_thread_allocations() - allocations, hash: hash)
  }

  /// Both stretches of the same work together.
  static func + (a: Measurement, b: Measurement) -> Measurement {
    var both = a
    both.count += b.count
    both.elapsed += b.elapsed
    both.threadCPU_ns += b.threadCPU_ns
    both.processCPU_ns += b.processCPU_ns
    both.allocations += b.allocations
    both.hash = a.hash &* 31 &+ b.hash
    return both
  }

  var threadCPUPerRecord_ns: Double { Double(threadCPU_ns) / Double(count) }
  var allocationsPerRecord: Double { Double(allocations) / Double(count) }

  /// CPU seconds per million records are thousands of nanoseconds per record.
  var line: String {
    let rate = Double(count) / (elapsed / .seconds(1))
    return [
      padded(name, 34), padded("\(Int(rate)) records/s", 20),
      padded("\(Int(threadCPUPerRecord_ns)) ns thread", 16),
      padded("\(rounded(Double(processCPU_ns) / Double(count) / 1000)) CPU s/M", 16),
      padded("\(rounded(allocationsPerRecord)) allocations", 18), String(hash, radix: 16),
    ].joined()
  }

  private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}

/// To two digits behind the point.
func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
