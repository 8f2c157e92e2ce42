// Reading history for `ratchet backtest --policies`: three topics from their beginnings to their ends.
import Basics
import Events
import Kafka
import POSIX
import Rollouts
import Topology

/// What would have been decided under the policies of `folder`, beside what was.
func backtestPolicies(
  in folder: String, prefix: String, inputs: String, _ client: ClientConfiguration
) throws -> ExitStatus {
  let policies = try readPolicies(in: folder)
  var backtest = PolicyBacktest()
  var decoder = EventDecoder()
  try forEachRecord(of: "deployment-events", prefix: inputs, client) { record in
    backtest.take(event: structured(record), at: record.timestamp, with: &decoder)
  }
  try forEachRecord(of: "deployment-series", prefix: prefix, client) { record in
    // A record without a key is a task's announcement, not a pane.
    if record.key != nil, let value = record.value { backtest.take(series: value, at: record.timestamp) }
  }
  for topic in ["rollback-decisions", "rollout-decisions"] {
    try forEachRecord(of: topic, prefix: prefix, client) { record in
      if let value = record.value, let leaves = JSONLeaves(value) {
        backtest.take(decision: leaves, at: record.timestamp)
      }
    }
  }
  backtest.run(policies)
  print(backtest.text)
  if backtest.unread > 0 { print("\(backtest.unread) records could not be read") }
  return backtest.differences == 0 ? .success : .failure
}

/// A policy file is a few kilobytes.
private let policyBytesMax = 1 << 20

private func readPolicies(in folder: String) throws -> [String: RolloutPolicy] {
  let names: [String]
  do throws(SystemCallError) { names = try namesInFolder(folder) } catch {
    throw Diagnostic("cannot be read", at: .path(folder), why: error.reason)
  }
  let files = try names.filter { $0.hasSuffix(".yaml") }.sorted().map { name in
    (path: "\(folder)/\(name)", content: try readBytes("\(folder)/\(name)", limit: policyBytesMax))
  }
  guard !files.isEmpty else {
    throw Diagnostic("there is no policy", at: .path(folder), next: "policies are files that end with .yaml")
  }
  return try parsePolicies(files)
}

/// An event in structured form, however it stands on its topic.
private func structured(_ record: borrowing ConsumedRecord) -> [UInt8] {
  guard let value = record.value else { return [] }
  let data = unsafe value.withUnsafeBytes { unsafe [UInt8]($0) }
  guard record.header("ce_specversion") != nil else { return data }
  var bytes: [UInt8] = [UInt8(ascii: "{")]
  record.forEachHeader { name, value in
    let name = unsafe name.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    guard name.hasPrefix("ce_"), let value else { return }
    bytes.appendJSON(String(name.dropFirst(3)))
    bytes.append(UInt8(ascii: ":"))
    bytes.appendJSON(unsafe value.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) })
    bytes.append(UInt8(ascii: ","))
  }
  return bytes + Array("\"data\":".utf8) + data + Array("}".utf8)
}

private func forEachRecord(
  of topic: String, prefix: String, _ client: ClientConfiguration, _ body: (borrowing ConsumedRecord) -> Void
) throws {
  let name = "\(prefix).\(topic)"
  do throws(KafkaError) {
    let there = try Admin(client, timeout: .seconds(15)).topics()
    let consumer = try Consumer(
      client.setting(["isolation.level": "read_committed", "fetch.wait.max.ms": "100"]))
    var batch = ConsumeBatch(capacity: 1000)
    var (count, progress) = (0, Progress())
    for partition in there[name]?.partitions ?? [] {
      let queue = try consumer.start(TopicPartition(topic: name, partition: partition.id), at: .earliest)
      repeat {
        consumer.wait(.milliseconds(20))
        try queue.read(into: &batch)
        for index in 0..<batch.count { body(batch[index]) }
        count += batch.count
        progress.tell("\(count) records of \(name) read")
      } while queue.end == nil
      queue.stop()
    }
  } catch { throw brokerDiagnostic(error, "cannot be read", at: name) }
}
