// Measurements against the speed of light: `bench [NAME] [--size small|full] [--bootstrap ADDRESS]`.

/// A named benchmark; it prints nothing itself but returns its lines.
struct Benchmark: Sendable {
  var name: String
  var run: @Sendable (BenchmarkSettings) throws -> [String]
}

struct BenchmarkSettings: Sendable {
  /// Small sizes show that a benchmark still runs, full ones mean something.
  var isFull = true
  /// A broker to measure against; nil makes one in this process.
  var bootstrap: String?
  var seed: UInt64 = 1
  /// Also runs what others would run for the same job, where it is set up (`.ci/setup peers`).
  var hasPeers = false
}

let benchmarks = [
  Benchmark(name: "kafka") { try kafkaBenchmark($0).map(\.line) },
  Benchmark(name: "broker", run: brokerBenchmark),
  Benchmark(name: "broker-crowd", run: brokerCrowdBenchmark),
  Benchmark(name: "engine", run: engineWorkBenchmark),
  Benchmark(name: "engine-latency", run: engineLatencyBenchmark),
  Benchmark(name: "engine-return", run: engineReturnBenchmark),
  Benchmark(name: "windows", run: windowBenchmark),
  Benchmark(name: "loop", run: loopBenchmark),
  Benchmark(name: "events") { try eventBenchmark($0).map(\.line) },
  Benchmark(name: "learning", run: learningBenchmark),
  Benchmark(name: "panes", run: paneBenchmark),
  Benchmark(name: "series", run: seriesBenchmark),
  Benchmark(name: "rules", run: ruleBenchmark),
  Benchmark(name: "experiments") { experimentBenchmark($0).map(\.line) },
]

@main
struct Bench {
  static func main() throws {
    var settings = BenchmarkSettings()
    var names: [String] = []
    var words = CommandLine.arguments.dropFirst()
    while let word = words.popFirst() {
      switch word {
      case "--size": settings.isFull = words.popFirst() != "small"
      case "--peers": settings.hasPeers = true
      case "--bootstrap": settings.bootstrap = words.popFirst()
      default: names.append(word)
      }
    }
    for benchmark in benchmarks where names.isEmpty || names.contains(benchmark.name) {
      print(benchmark.name)
      for line in try benchmark.run(settings) { print("  " + line) }
    }
  }
}
