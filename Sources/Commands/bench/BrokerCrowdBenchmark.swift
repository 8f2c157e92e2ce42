// The embedded broker under numbers: thousands of partitions, and one topic read by ten consumers at once.
import Basics
import Kafka
import POSIX
import Synchronization

/// What many partitions cost in memory and in time to start, then what many readers get.
func brokerCrowdBenchmark(_ settings: BenchmarkSettings) throws -> [String] {
  let folder = try makeTemporaryFolder()
  let lines =
    try partitionLines(settings.isFull ? 2000 : 20, data: folder + "/partitions")
    + readerLines(settings.isFull ? 500_000 : 10_000, data: folder + "/readers")
  try removeTree(folder)
  return lines
}

/// A thousand records of 200 bytes into each partition, then a kill and a start.
private func partitionLines(_ count: Int, data: String) throws -> [String] {
  var lines: [String] = []
  var broker = try MeasuredBroker(data: data, durability: "os")
  lines.append("empty: up in \(milliseconds(broker.startup)), \(broker.memory)")
  try Admin(["bootstrap.servers": broker.bootstrap]).createTopic("many", partitions: count)
  lines.append("\(count) partitions, empty: \(broker.memory)")
  let sent = try OwnClient().sendRecords(
    count * 1000, to: "many", partitions: count, on: broker.bootstrap)
  lines.append("\(count) partitions, 1000 records each: in \(Int(sent)) records/s, \(broker.memory)")
  broker.kill()
  broker = try MeasuredBroker(data: data, durability: "os")
  lines.append("\(count) partitions, after kill -9: up in \(milliseconds(broker.startup)), \(broker.memory)")
  let read = try OwnClient().readRecords(
    count * 1000, from: "many", partitions: count, on: broker.bootstrap)
  lines.append("\(count) partitions, all read: out \(Int(read)) records/s, \(broker.memory)")
  broker.kill()
  return lines
}

/// All of a topic's records to each reader.
private func readerLines(_ count: Int, data: String) throws -> [String] {
  var broker = try MeasuredBroker(data: data, durability: "os")
  try Admin(["bootstrap.servers": broker.bootstrap]).createTopic("one", partitions: 1)
  _ = try OwnClient().sendRecords(count, to: "one", partitions: 1, on: broker.bootstrap)
  var lines: [String] = []
  for readers in [1, 10] {
    let before = broker.processorTime
    let elapsed = try read(count, by: readers, on: broker.bootstrap)
    let total = Double(readers * count)
    let work = (broker.processorTime - before) / .seconds(1) / total * 1e6
    lines.append(
      "\(readers) consumers of one partition: out \(Int(total / (elapsed / .seconds(1)))) records/s in all, "
        + "\(rounded(work)) CPU s/M of the broker's, "
        + broker.memory)
  }
  broker.kill()
  return lines
}

private func read(_ count: Int, by readers: Int, on bootstrap: String) throws -> Duration {
  final class Failures: Sendable { let all = Mutex<[String]>([]) }
  let failures = Failures()
  let began = ContinuousClock.now
  let threads = try (0..<readers).map { number in
    try Thread("reader-\(number)") {
      do {
        _ = try OwnClient().readRecords(count, from: "one", partitions: 1, on: bootstrap)
      } catch {
        failures.all.withLock { $0.append("\(error)") }
      }
    }
  }
  for thread in threads { thread.join() }
  if let failure = failures.all.withLock({ $0.first }) { throw BenchFailure(failure) }
  return ContinuousClock.now - began
}

private func milliseconds(_ duration: Duration) -> String { "\(rounded(duration / .milliseconds(1))) ms" }
