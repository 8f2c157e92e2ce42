// The whole product: all processors, the shipped rules and policies, exactly once, over a broker in a process
// of its own. From pre-filled topics, then at a fixed load, then after SIGKILL, then the past asked.
import Basics
import Kafka
import POSIX

func loopBenchmark(_ settings: BenchmarkSettings) throws -> [String] {
  let folder = try makeTemporaryFolder()
  let broker = try MeasuredBroker(data: "\(folder)/broker", durability: "fsync")
  var bench = LoopBenchmark(settings, folder, broker.bootstrap)
  try bench.run(broker)
  var last = broker
  last.kill()
  try removeTree(folder)
  return bench.lines
}

private struct LoopBenchmark {
  private let settings: BenchmarkSettings
  private let folder: String
  private let bootstrap: String
  private(set) var lines: [String] = []
  private let count: Int
  private var events: LoopEvents
  /// How much of event time there is in the topics.
  private var span: Duration

  init(_ settings: BenchmarkSettings, _ folder: String, _ bootstrap: String) {
    (self.settings, self.folder, self.bootstrap) = (settings, folder, bootstrap)
    count = settings.isFull ? 500_000 : 2000
    span = .seconds(settings.isFull ? 60 : 600)
    events = LoopEvents("filled", seed: settings.seed)
  }

  mutating func run(_ broker: borrowing MeasuredBroker) throws {
    try output(
      of: ["topics", "apply", "--topology", "\(LoopInstance.root)/topology", "--bootstrap", bootstrap],
      in: folder)
    try output(
      of: ["control", "apply", "\(LoopInstance.root)/topology", "--bootstrap", bootstrap], in: folder)
    try fill()
    let plain = try consumeInC(broker)
    lines += [LoopCost.header, plain.line(beside: plain)]
    let rate = try work(broker, beside: plain, by: 1)
    // The same topics once more, as a rebuild reads them.
    _ = try work(broker, beside: plain, by: 2)
    for rate in settings.isFull ? [2000, rate / 2] : [500] { try latency(at: rate) }
    try returnAfterKill()
    try askThePast()
  }

  // MARK: - Pre-filled topics

  private mutating func fill() throws {
    let producer = try Producer(
      ClientConfiguration(Load.producer.merging(["bootstrap.servers": bootstrap]) { $1 }))
    let start = systemTime() - span
    while events.count < count {
      let batches = LoopEvents.topics.map { ProduceBatch(topic: "ratchet.\($0)") }
      for number in events.count..<min(count, events.count + 5000) {
        let time = start + .milliseconds(span.milliseconds * Int64(number) / Int64(count))
        events.add(to: batches, at: time)
      }
      for batch in batches { try producer.produce(batch, timeout: .seconds(60)) }
      try producer.flush(.seconds(60))
      guard batches.allSatisfy({ $0.failedCount == 0 }) else {
        throw BenchFailure("events were not delivered")
      }
    }
    lines.append(
      "\(count) events of \(span.milliseconds / 1000) s, \(events.byteCount / count) bytes on average"
    )
  }

  private func consumeInC(_ broker: borrowing MeasuredBroker) throws -> LoopCost {
    var total = LoopCost(name: "plain C", count: count)
    for (topic, count) in zip(LoopEvents.topics, events.counts) where count > 0 {
      let before = broker.processorTime
      let load = Load(bootstrap: bootstrap, count: count, seed: settings.seed)
      let measured = try load.consumeInC("ratchet.\(topic)", partitions: LoopEvents.partitions, batch: 1000)
      total.elapsed += measured.elapsed
      total.cpu += .nanoseconds(Int64(measured.processCPU_ns))
      total.broker += broker.processorTime - before
    }
    return total
  }

  /// Everything that is there, through all stages. Returns events a second.
  private mutating func work(
    _ broker: borrowing MeasuredBroker, beside plain: LoopCost, by workers: Int
  ) throws -> Int {
    let before = broker.processorTime
    let began = ContinuousClock.now
    let instance = try LoopInstance(bootstrap, folder: folder, workers: workers)
    try waitUntil(within: .seconds(600), every: .milliseconds(250), or: "the backlog is not folded") {
      try instance.isAtEnd()
    }
    var cost = LoopCost(name: workers == 1 ? "ratchet up" : "\(workers) workers", count: count)
    cost.elapsed = ContinuousClock.now - began
    cost.cpu = instance.processorTime
    cost.broker = broker.processorTime - before
    lines.append(cost.line(beside: plain) + "\(instance.memoryPeak_MB) MB")
    instance.kill()
    return cost.perSecond
  }

  // MARK: - Fixed load

  private mutating func latency(at rate: Int) throws {
    let instance = try LoopInstance(bootstrap, folder: folder)
    try waitUntil(within: .seconds(600), every: .milliseconds(250), or: "there is a lag before the load") {
      try instance.isAtEnd()
    }
    let seconds = settings.isFull ? 20 : 4
    let load = LoopLoad(bootstrap, rate: rate, seconds: seconds, seed: settings.seed)
    let (examples, decisions) = try load.run()
    span += .seconds(seconds)
    // A correction of a correction that was already folded makes no example of its own.
    for one in [examples, decisions] where one.sorted.count * 2 <= one.sent {
      throw BenchFailure("\(one.sorted.count) of \(one.sent) came back")
    }
    lines += [
      "at \(rate) events/s, from a correction to its learning example: " + examples.text("corrections"),
      "  from a rehearsed rollback to its decision: " + decisions.text("rehearsals"),
    ]
    instance.kill()
  }

  // MARK: - Afterwards

  private mutating func returnAfterKill() throws {
    let instance = try LoopInstance(bootstrap, folder: folder)
    lines.append("from start after SIGKILL until all tasks run: \(instance.startup.milliseconds) ms")
    try waitUntil(within: .seconds(120), every: .milliseconds(250), or: "what was left is not folded") {
      try instance.isAtEnd()
    }
    instance.kill()
  }

  private mutating func askThePast() throws {
    for processor in ["collect", "metrics"] {
      let began = ContinuousClock.now
      let text = try output(
        of: ["replay", "--processor", processor, "--verify", "--bootstrap", bootstrap], in: folder)
      let elapsed = ContinuousClock.now - began
      let records = text.matches(of: /folded \d+ epochs \([^)]*\), (\d+) records/).reduce(0) {
        $0 + (Int($1.1) ?? 0)
      }
      let perSecond = Int(Double(records) / (elapsed / .seconds(1)))
      let verdict = text.contains("different") ? "DIFFERENT" : "identical"
      lines.append(
        "replay --verify of \(processor): \(verdict), \(perSecond) records/s, "
          + "\(Int(span / elapsed)) times live")
    }
    let began = ContinuousClock.now
    let text = try output(
      of: [
        "backtest", "--rules", "\(LoopInstance.root)/topology/rules", "--against", "recorded", "--bootstrap",
        bootstrap,
      ], in: folder)
    let elapsed = ContinuousClock.now - began
    lines.append(
      "backtest --rules: \(Int(span / elapsed)) times live; "
        + (text.split(separator: "\n").last.map(String.init) ?? ""))
  }
}

/// One line of the table.
private struct LoopCost {
  var name: String
  var count: Int
  var elapsed = Duration.zero
  var cpu = Duration.zero
  var broker = Duration.zero

  var perSecond: Int { Int(Double(count) / (elapsed / .seconds(1))) }

  static let header = columns(["", "events/s", "CPU s/M", "of plain C", "broker CPU s/M", "memory, peak"])

  func line(beside plain: LoopCost) -> String {
    Self.columns([
      name, "\(perSecond)", "\(perMillion(cpu))", "\(rounded(cpu / plain.cpu))x", "\(perMillion(broker))", "",
    ])
  }

  private func perMillion(_ time: Duration) -> Double { rounded(time / .seconds(1) / Double(count) * 1e6) }

  private static func columns(_ texts: [String]) -> String {
    texts.map { $0 + String(repeating: " ", count: max(1, 15 - $0.count)) }.joined()
  }
}
