// The product as its users run it: `ratchet up` on the measured broker, a process of its own.
import Basics
import POSIX

/// An instance under measurement; killed when its owner lets go of it.
struct LoopInstance: ~Copyable {
  /// All six processors with four partitions; rollouts has one.
  static let tasks = 21
  private let data: String
  private let folder: String
  private var process: ChildProcess
  /// From the process's start until all its tasks run.
  let startup: Duration

  init(_ bootstrap: String, folder: String, workers: Int = 1) throws {
    self.folder = folder
    // More workers fold under a prefix of their own, from the same inputs.
    let prefix = workers == 1 ? "ratchet" : "by-\(workers)"
    data = "\(folder)/\(prefix)"
    let log = "\(folder)/instance.log"
    let began = ContinuousClock.now
    let process = try ChildProcess(
      siblingProgram("ratchet"),
      [
        "up", "--data", data, "--bootstrap", bootstrap, "--http", "off", "--topology",
        "\(Self.root)/topology",
        "--workers", "\(workers)", "--prefix", prefix, "--inputs", "ratchet",
      ], output: log)
    try waitUntil(within: .seconds(120), or: "the tasks do not run: see \(log)") {
      let text = String(decoding: try readWholeFile(log, limit: 1 << 24), as: UTF8.self)
      return text.split(separator: " task_running ").count > Self.tasks
    }
    startup = ContinuousClock.now - began
    self.process = process
  }

  static let root = #filePath.split(separator: "/").dropLast(5).map { "/" + $0 }.joined()

  /// Whether all there is has been read: what tasks announce to each other is always on its way.
  func isAtEnd() throws -> Bool {
    let text = try output(of: ["tasks", "list", "--data", data, "--json"], in: folder)
    let lags = text.matches(of: /"lag_records":(\d+)/)
    return lags.count == Self.tasks && lags.allSatisfy { (Int($0.1) ?? .max) <= 4 }
  }

  var processorTime: Duration { process.processorTime ?? .zero }
  var memoryPeak_MB: Int { (process.memory?.peak_bytes ?? 0) >> 20 }

  consuming func kill() {
    process.send(.kill)
    _ = process.wait()
  }
}

/// What a `ratchet` command prints; a failure if it ends with a code above 1: 1 means that something differs.
@discardableResult
func output(of words: [String], in folder: String) throws -> String {
  let file = "\(folder)/output-\(words.joined(separator: "-").prefix(12)).txt"
  var process = try ChildProcess(siblingProgram("ratchet"), words, output: file)
  let status = process.wait()
  let text = String(decoding: try readWholeFile(file, limit: 1 << 26), as: UTF8.self)
  guard status <= 1 else { throw BenchFailure("ratchet \(words.joined(separator: " ")):\n\(text)") }
  return text
}

func waitUntil(
  within limit: Duration, every step: Duration = .milliseconds(20), or complaint: String,
  _ condition: () throws -> Bool
) throws {
  let deadline = ContinuousClock.now + limit
  let poller = try Poller()
  while !(try condition()) {
    guard ContinuousClock.now < deadline else { throw BenchFailure(complaint) }
    try poller.wait(timeout: step) { _ in }
  }
}
