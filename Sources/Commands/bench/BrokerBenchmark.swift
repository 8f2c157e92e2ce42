// The embedded broker as its clients see it: records in and out, transactions, start-up, memory, recovery.
import Basics
import Kafka
import POSIX

/// Moves 200-byte records through a broker and says how fast it went.
protocol BrokerClient {
  var name: String { get }
  /// Records a second, from the first one handed over to the last one acknowledged.
  func sendRecords(_ count: Int, to topic: String, partitions: Int, on bootstrap: String) throws -> Double
  /// Records a second, from joining to the last of `count` records.
  func readRecords(_ count: Int, from topic: String, partitions: Int, on bootstrap: String) throws -> Double
  /// Each transaction sends ten records and one offset of a group.
  func commitTransactions(_ count: Int, on topic: String, on bootstrap: String) throws -> Latency
}

/// How long something took, of many times.
struct Latency {
  var median_ms: Double, p99_ms: Double
}

/// Each durability with each client on a broker of its own, then recovery.
func brokerBenchmark(_ settings: BenchmarkSettings) throws -> [String] {
  let folder = try makeTemporaryFolder()
  var clients: [any BrokerClient] = [OwnClient()]
  if let python = PythonClient(output: folder + "/client.out") { clients.append(python) }
  var bench = BrokerBenchmark(folder: folder, isFull: settings.isFull)
  for durability in ["fsync", "os"] {
    for client in clients { try bench.measure(client, durability) }
  }
  try bench.measureRecovery()
  try removeTree(folder)
  return bench.lines
}

private struct BrokerBenchmark {
  let folder: String
  let records: Int
  let transactions: Int
  let recovered_bytes: Int
  var lines: [String] = []

  init(folder: String, isFull: Bool) {
    self.folder = folder
    records = isFull ? 2_000_000 : 10_000
    transactions = isFull ? 500 : 20
    recovered_bytes = isFull ? 1 << 30 : 1 << 20
  }

  mutating func measure(_ client: any BrokerClient, _ durability: String) throws {
    let data = "\(folder)/data"
    var broker = try MeasuredBroker(data: data, durability: durability)
    let admin = try Admin(["bootstrap.servers": broker.bootstrap])
    let place = "\(durability), \(client.name)"
    add("start-up", place, "\(rounded(broker.startup / .milliseconds(1))) ms")
    for partitions in [1, 4] {
      let topic = "records-\(partitions)"
      try admin.createTopic(topic, partitions: partitions)
      let sent = try client.sendRecords(records, to: topic, partitions: partitions, on: broker.bootstrap)
      let read = try client.readRecords(records, from: topic, partitions: partitions, on: broker.bootstrap)
      add("in, \(partitions) partitions", place, "\(Int(sent)) records/s")
      add("out, \(partitions) partitions", place, "\(Int(read)) records/s")
    }
    try admin.createTopic("positions", partitions: 1)
    let time = try client.commitTransactions(transactions, on: "positions", on: broker.bootstrap)
    add(
      "transaction with offsets", place, "p50 \(rounded(time.median_ms)) ms, p99 \(rounded(time.p99_ms)) ms")
    add("memory", place, broker.memory)
    broker.kill()
    try removeTree(data)
  }

  /// Fills a log, kills the broker as soon as the last record is acknowledged, and times the next start.
  mutating func measureRecovery() throws {
    let data = "\(folder)/data"
    let count = recovered_bytes / 200
    var broker = try MeasuredBroker(data: data, durability: "os")
    try Admin(["bootstrap.servers": broker.bootstrap]).createTopic("filled", partitions: 4)
    _ = try OwnClient().sendRecords(count, to: "filled", partitions: 4, on: broker.bootstrap)
    broker.kill()
    broker = try MeasuredBroker(data: data, durability: "os")
    add(
      "start-up after kill -9", "\(recovered_bytes >> 20) MB",
      "\(rounded(broker.startup / .milliseconds(1))) ms")
    _ = try OwnClient().readRecords(
      count / 1000 * 1000, from: "filled", partitions: 4, on: broker.bootstrap)
    broker.kill()
  }

  private mutating func add(_ what: String, _ place: String, _ result: String) {
    func padded(_ text: String) -> String { text + String(repeating: " ", count: max(1, 26 - text.count)) }
    lines.append(padded(what) + padded(place) + result)
  }
}
