// The broker under measurement: the product's own, as a process with a data folder.
import Basics
import POSIX

/// A `ratchet broker` that listens on a free port; killed when its owner lets go of it.
struct MeasuredBroker: ~Copyable {
  let bootstrap: String
  /// From the process's start until it says that it listens.
  let startup: Duration
  private var process: ChildProcess

  init(data: String, durability: String) throws {
    let log = data + ".log"
    let began = ContinuousClock.now
    let process = try ChildProcess(
      siblingProgram("ratchet"),
      ["broker", "--data", data, "--listen", "127.0.0.1:0", "--durability", durability], output: log)
    bootstrap = try Self.address(in: log)
    startup = ContinuousClock.now - began
    self.process = process
  }

  private static func address(in log: String) throws -> String {
    let deadline = ContinuousClock.now + .seconds(60)
    let poller = try Poller()
    while ContinuousClock.now < deadline {
      let text = String(decoding: try readWholeFile(log, limit: 1 << 20), as: UTF8.self)
      if let found = text.firstMatch(of: /listening on (127\.0\.0\.1:\d+)\s/) { return String(found.1) }
      try poller.wait(timeout: .milliseconds(1)) { _ in }
    }
    throw BenchFailure("the broker did not listen within a minute: see \(log)")
  }

  /// Resident memory now and at the most so far, in MB.
  var memory: String {
    process.memory.map { "\($0.now_bytes >> 20) MB, at most \($0.peak_bytes >> 20) MB" } ?? "unknown"
  }

  /// Processor time so far, of all its threads.
  var processorTime: Duration { process.processorTime ?? .zero }

  mutating func kill() {
    process.send(.kill)
    _ = process.wait()
  }
}

struct BenchFailure: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

/// What was built beside this program.
func siblingProgram(_ name: String) -> String {
  let own = CommandLine.arguments[0]
  guard let slash = own.lastIndex(of: "/") else { return name }
  return String(own[...slash]) + name
}
