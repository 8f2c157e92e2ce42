// Count, sum, least and greatest of a number in JSON by key and window, exactly once, beside plain librdkafka
// that reads the same topic in the same run; then the same work folded again by a replay, and what hashing
// costs of it. The records are stamped as if 100,000 a second had come.
import Basics
import Kafka
import POSIX
import Replay
import Runtime

/// Windows of both kinds, in one stage and in two.
func windowBenchmark(_ settings: BenchmarkSettings) throws -> [String] {
  let folder = try makeTemporaryFolder()
  var bench = try WindowBenchmark(settings, folder)
  defer { bench.end() }
  for keys in settings.isFull ? [1000, 100_000] : [100] { try bench.measure(keys: keys) }
  return bench.lines
}

private struct WindowBenchmark: ~Copyable {
  private let settings: BenchmarkSettings
  private let folder: String
  private var broker: MeasuredBroker
  private let count: Int
  private(set) var lines = [EngineRow.header]

  static let recordsPerSecond = 100_000

  init(_ settings: BenchmarkSettings, _ folder: String) throws {
    (self.settings, self.folder) = (settings, folder)
    broker = try MeasuredBroker(data: "\(folder)/broker", durability: "fsync")
    count = settings.isFull ? 2_000_000 : 5000
  }

  mutating func end() {
    broker.kill()
    try? removeTree(folder)
  }

  mutating func measure(keys: Int) throws {
    let input = "input-\(keys)"
    var random = SeededRandom(seed: settings.seed)
    // All of it lies in the past, and begins with a window.
    let span_ms = Int64(count) * 1000 / Int64(Self.recordsPerSecond)
    let begin = (systemTime().rawValue - span_ms - 20_000) / 10_000 * 10_000
    try EngineWorld.publish(
      count, to: input, on: broker.bootstrap,
      at: { Timestamp(milliseconds: begin + Int64($0) * 1000 / Int64(Self.recordsPerSecond)) }
    ) { _ in random.int(in: 0..<keys) }
    let load = Load(bootstrap: broker.bootstrap, count: count, seed: settings.seed)
    let cpu = broker.processorTime
    let plain = EngineRow(
      try load.consumeInC(input, partitions: EngineWorld.partitions, batch: 1000),
      named: "plain C, \(keys) keys", broker: broker.processorTime - cpu)
    lines.append(plain.line(beside: plain))
    for shape in [WindowShape.tumbling, .hopping] {
      var hashes: Set<UInt64> = []
      for isTwoStaged in [false, true] {
        hashes.insert(try measure(shape, keys, input, isTwoStaged: isTwoStaged, beside: plain))
      }
      guard hashes.count == 1 else { throw BenchFailure("one stage and two came to different windows") }
    }
    if settings.hasPeers { lines += try quixStreams(on: broker.bootstrap, input, count, folder) }
  }

  private mutating func measure(
    _ shape: WindowShape, _ keys: Int, _ input: String, isTwoStaged: Bool, beside plain: EngineRow
  ) throws -> UInt64 {
    let name = "\(shape.rawValue)-\(keys)-\(isTwoStaged ? 2 : 1)"
    let world = try WindowWorld(broker.bootstrap, name, input: input, shape, isTwoStaged: isTwoStaged)
    let life = try world.life(in: folder)
    try life.turn { life.isRunning }
    let cpu = broker.processorTime
    var measured = try Measurement.of(name, count: count) {
      try world.run(life, count: count)
      return 0
    }
    measured.hash = try world.outputHash()
    let row = EngineRow(
      measured, named: "\(shape.rawValue), \(isTwoStaged ? "two stages" : "one stage")",
      broker: broker.processorTime - cpu, commits: life.port.commits)
    lines.append(row.line(beside: plain))
    if !isTwoStaged {
      lines.append(hashing(measured, bytes: life.port.publishedBytes))
      lines.append(try replay(world, liveRecordsPerSecond: row.recordsPerSecond))
    }
    return measured.hash
  }

  /// What the hashes of outputs, changes and epoch records cost, by hashing as many bytes.
  private func hashing(_ live: Measurement, bytes: Int) -> String {
    let block = [UInt8](repeating: 7, count: 1 << 16)
    let rounds = max(1, bytes >> 16)
    let hashed = Measurement.of("hash", count: rounds) {
      var hash: UInt64 = 0
      for _ in 0..<rounds { hash = XXH64.hash(unsafe block.span.bytes, seed: hash) }
      return hash
    }
    let share = Double(hashed.threadCPU_ns) / Double(live.processCPU_ns) * 100
    return "  hashing \(bytes / live.count) bytes a record: "
      + "\(rounded(Double(hashed.threadCPU_ns) / Double(live.count))) ns, \(rounded(share))% of the above"
  }

  /// Folds and compares every epoch of every task again.
  private func replay(_ world: WindowWorld, liveRecordsPerSecond live: Int) throws -> String {
    let port = try KafkaPort(readingWith: world.client, partitions: 2)
    var (epochs, records) = (0, 0)
    let measured = try Measurement.of("replay", count: count) {
      for number in 0..<EngineWorld.partitions {
        var replay = TaskReplay(PartitionID(number), of: world.processors[0], port)
        let result = try replay.run()
        guard case .identical = result.verdict else { throw BenchFailure("\(result.verdict)") }
        epochs += Int(result.compared)
        records += Int(result.records)
      }
      return 0
    }
    guard records == count else { throw BenchFailure("\(records) records were folded again") }
    let rate = Double(records) / (measured.elapsed / .seconds(1))
    return "  replay of its \(epochs) epochs, identical: \(Int(rate)) records/s, "
      + "\(rounded(rate / Double(live))) times the live run, \(Int(rate) / Self.recordsPerSecond) times the "
      + "recorded time, \(rounded(Double(measured.processCPU_ns) / Double(count) / 1000)) CPU s/M"
  }
}
