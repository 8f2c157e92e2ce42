// What exactly once costs beside plain librdkafka: the same topic, read by a C loop and folded by a worker.
// The broker is a process of its own, so that this process's time is the engine's: the worker's thread,
// librdkafka's and RocksDB's. Then how long answers take, and how fast a task comes back.
import Basics
import POSIX

/// Work as fast as it goes.
func engineWorkBenchmark(_ settings: BenchmarkSettings) throws -> [String] {
  try EngineBenchmark.lines(settings) { try $0.measureWork() }
}

/// Answers at half of that.
func engineLatencyBenchmark(_ settings: BenchmarkSettings) throws -> [String] {
  try EngineBenchmark.lines(settings) { try $0.measureLatency() }
}

/// Restarts and restores.
func engineReturnBenchmark(_ settings: BenchmarkSettings) throws -> [String] {
  try EngineBenchmark.lines(settings) { bench in
    for keys in settings.isFull ? [10_000, 1_000_000, 5_000_000] : [10_000] { try bench.measureReturn(keys) }
  }
}

private final class EngineBenchmark {
  private let settings: BenchmarkSettings
  private let folder: String
  private var broker: MeasuredBroker
  private let count: Int
  private(set) var lines: [String] = []

  static func lines(
    _ settings: BenchmarkSettings, _ body: (EngineBenchmark) throws -> Void
  ) throws -> [String] {
    let bench = try EngineBenchmark(settings)
    try body(bench)
    bench.broker.kill()
    try removeTree(bench.folder)
    return bench.lines
  }

  private init(_ settings: BenchmarkSettings) throws {
    self.settings = settings
    folder = try makeTemporaryFolder()
    broker = try MeasuredBroker(data: "\(folder)/broker", durability: "fsync")
    count = settings.isFull ? 2_000_000 : 5000
  }

  func measureWork() throws {
    lines.append(EngineRow.header)
    for keys in settings.isFull ? [1000, 100_000] : [100, 1000] {
      let input = try fill(keys: keys)
      let load = Load(bootstrap: broker.bootstrap, count: count, seed: settings.seed)
      let cpu = broker.processorTime
      var plain = try load.consumeInC(input, partitions: EngineWorld.partitions, batch: 1000)
      let brokerTime = broker.processorTime - cpu
      plain.hash = try EngineWorld.contentHash(of: input, on: broker.bootstrap)
      let row = EngineRow(plain, named: "plain C, \(keys) keys", broker: brokerTime)
      lines.append(row.line(beside: row))
      let world = try EngineWorld(broker.bootstrap, "count-\(keys)", input: input)
      lines.append(try measure(world, named: "count \(keys) keys", isCounting: true).line(beside: row))
      lines.append(try measurePass(of: input, keys: keys).line(beside: row))
    }
  }

  private func fill(keys: Int) throws -> String {
    var random = SeededRandom(seed: settings.seed)
    let input = "input-\(keys)"
    try EngineWorld.publish(count, to: input, on: broker.bootstrap) { _ in random.int(in: 0..<keys) }
    return input
  }

  private func measurePass(of input: String, keys: Int) throws -> EngineRow {
    let world = try EngineWorld(broker.bootstrap, "pass-\(keys)", input: input)
    return try measure(world, named: "pass on", isCounting: false)
  }

  private func measure(_ world: EngineWorld, named name: String, isCounting: Bool) throws -> EngineRow {
    let processor = isCounting ? world.countKeys : world.passOn
    let life = try EngineLife(world, processor, folder: "\(folder)/\(world.name)")
    try life.turn { life.isRunning }
    let cpu = broker.processorTime
    var measured = try Measurement.of(name, count: count) {
      try life.turn { life.committed >= count }
      return 0
    }
    let brokerTime = broker.processorTime - cpu
    if isCounting {
      let totals = try world.totals()
      guard totals.records == count else { throw BenchFailure("\(totals.records) records were counted") }
      measured.hash = totals.hash
    } else {
      measured.hash = try EngineWorld.contentHash(of: "\(world.name).output", on: broker.bootstrap)
      guard measured.hash == (try EngineWorld.contentHash(of: world.input, on: broker.bootstrap)) else {
        throw BenchFailure("what came out is not what went in")
      }
    }
    return EngineRow(measured, named: name, broker: brokerTime, commits: life.port.commits)
  }

  /// From a record's producer to a reader of what was folded from it: first how much comes through when all
  /// of them share the machine, then how long it takes at half of that.
  func measureLatency() throws {
    let most = try measureLoad("most", .window(100_000), count: settings.isFull ? 2_000_000 : 5000)
    let rate = settings.isFull ? most.recordsPerSecond / 2 : 1000
    let half = try measureLoad("half", .perSecond(rate), count: settings.isFull ? rate * 20 : rate)
    let times = half.times.sorted()
    lines.append(
      "end to end at \(rate) records/s, half of the most: "
        + "p50 \(milliseconds(times[times.count / 2])) ms, "
        + "p99 \(milliseconds(times[times.count * 99 / 100])) ms"
    )
  }

  private func measureLoad(
    _ name: String, _ pace: SteadyLoad.Pace, count: Int
  ) throws -> SteadyLoad.Outcome {
    try EngineWorld.publish(0, to: name, on: broker.bootstrap) { $0 }
    let world = try EngineWorld(broker.bootstrap, "\(name)-pass", input: name)
    let life = try EngineLife(world, world.passOn, folder: "\(folder)/\(name)")
    try life.turn { life.isRunning }
    let load = SteadyLoad(world, pace, count: count)
    try load.start()
    try life.turn { load.isOver }
    return try load.finish()
  }

  /// A worker that ended without a word comes back: first to its own rows, then without them.
  func measureReturn(_ keys: Int) throws {
    let name = "return-\(keys)"
    try EngineWorld.publish(keys, to: "\(name)-input", on: broker.bootstrap, valueBytes: 60) { $0 }
    let world = try EngineWorld(broker.bootstrap, name, input: "\(name)-input")
    do {
      let first = try EngineLife(world, world.countKeys, folder: "\(folder)/\(name)")
      try first.turn { first.committed >= keys }
    }
    let began = ContinuousClock.now
    do {
      let second = try EngineLife(world, world.countKeys, folder: "\(folder)/\(name)")
      try second.turn { second.isRunning }
      let elapsed = ContinuousClock.now - began
      let read = second.port.recordsRead["\(name).changelog"] ?? 0
      lines.append("restart with \(keys) keys: \(milliseconds(elapsed)) ms, \(read) changelog records read")
    }
    let third = try EngineLife(world, world.countKeys, folder: "\(folder)/\(name)-empty")
    try third.turn { third.knowsItsState }
    let restore = try Measurement.of("", count: keys) {
      try third.turn { third.isRunning }
      return 0
    }
    let (seconds, cpu) = (restore.elapsed / .seconds(1), Double(restore.processCPU_ns) / 1e9)
    let read = third.port.recordsRead["\(name).changelog"] ?? 0
    lines.append(
      "restore of \(keys) keys: \(rounded(seconds)) s, \(rounded(cpu)) CPU s, \(read) records, "
        + "\(Int(Double(read) / max(0.001, seconds))) records/s")
  }
}

/// One line of the table.
struct EngineRow {
  private let measured: Measurement
  private let name: String
  private let broker: Duration
  private let commits: [Duration]

  init(_ measured: Measurement, named name: String, broker: Duration, commits: [Duration] = []) {
    (self.measured, self.name, self.broker, self.commits) = (measured, name, broker, commits)
  }

  var recordsPerSecond: Int { Int(Double(measured.count) / (measured.elapsed / .seconds(1))) }
  var cpuPerRecord_ns: Double { Double(measured.processCPU_ns) / Double(measured.count) }

  static let header = columns([
    "", "records/s", "CPU s/M", "of plain C", "thread s/M", "broker s/M", "allocations", "commit p50, p99 ms",
    "result",
  ])

  func line(beside plain: EngineRow) -> String {
    let sorted = commits.sorted()
    let commit =
      sorted.isEmpty
      ? "" : "\(milliseconds(sorted[sorted.count / 2])), \(milliseconds(sorted[sorted.count * 99 / 100]))"
    return Self.columns([
      name, "\(recordsPerSecond)", "\(rounded(cpuPerRecord_ns / 1000))",
      "\(rounded(cpuPerRecord_ns / plain.cpuPerRecord_ns))x",
      "\(rounded(measured.threadCPUPerRecord_ns / 1000))",
      "\(rounded(broker / .seconds(1) / Double(measured.count) * 1e6))",
      "\(rounded(measured.allocationsPerRecord))", commit, String(measured.hash, radix: 16),
    ])
  }

  private static func columns(_ texts: [String]) -> String {
    zip(texts, [24, 11, 9, 12, 12, 12, 13, 20, 0])
      .map { $0 + String(repeating: " ", count: max(0, $1 - $0.count)) }.joined()
  }
}

private func milliseconds(_ duration: Duration) -> Double { rounded(duration / .milliseconds(1)) }
