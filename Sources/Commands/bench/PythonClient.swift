// confluent-kafka's side of the broker's measurements, by the script that the live tests keep.
import POSIX

/// confluent-kafka: its current librdkafka, driven from Python.
struct PythonClient: BrokerClient {
  let name = "confluent-kafka"
  private let interpreter: String
  private let script: String
  private let output: String

  /// Nil where the tests' clients have not been set up. What the script prints goes to `output`.
  init?(output: String) {
    let root = #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined()
    interpreter = environmentVariable("RATCHET_JUDGES") ?? root + "/.build/judges/bin/python3"
    script = root + "/Tests/BrokerLiveTests/Clients/speed.py"
    self.output = output
    guard isExecutable(interpreter) else { return nil }
  }

  func sendRecords(_ count: Int, to topic: String, partitions: Int, on bootstrap: String) throws -> Double {
    try numbers(bootstrap, "records_in", topic, "\(partitions)", "\(count)")[0]
  }

  func readRecords(_ count: Int, from topic: String, partitions: Int, on bootstrap: String) throws -> Double {
    try numbers(bootstrap, "records_out", topic, "\(partitions)", "\(count)")[0]
  }

  func commitTransactions(_ count: Int, on topic: String, on bootstrap: String) throws -> Latency {
    let found = try numbers(bootstrap, "transactions", topic, "\(count)")
    guard found.count == 2 else { throw BenchFailure("two numbers were expected") }
    return Latency(median_ms: found[0], p99_ms: found[1])
  }

  /// What a scenario prints behind `ok NAME:`.
  private func numbers(_ bootstrap: String, _ scenario: String, _ arguments: String...) throws -> [Double] {
    let words = ["RATCHET_BOOTSTRAP=\(bootstrap)", interpreter, "-B", script, scenario] + arguments
    var process = try ChildProcess("/usr/bin/env", words, output: output)
    let status = process.wait()
    let text = String(decoding: try readWholeFile(output, limit: 1 << 20), as: UTF8.self)
    let last = text.split(separator: "\n").last ?? ""
    let found = last.split(separator: " ").compactMap { Double($0) }
    guard status == 0, !found.isEmpty else { throw BenchFailure("\(script) \(scenario):\n\(text)") }
    return found
  }
}
