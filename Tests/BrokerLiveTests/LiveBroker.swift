// The product's own `ratchet broker`, as a process with a data folder: started on a free port, ended by its
// process id, killed and started again on the same port.
import Foundation
import Testing

/// A folder that is deleted with its owner.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(
      "ratchet-live-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// One test's broker. Only its test's task uses it.
final class LiveBroker {
  /// What stands before the command line, for brokers in straitened circumstances: `["/bin/sh", "-c", ...]`.
  var wrapper: [String] = []
  var durability = "fsync"
  var host = "127.0.0.1"
  /// Further words of the command line.
  var options: [String] = []
  /// What to listen on; unless set, a free one is found at the first start and then kept.
  var port: Int?
  let folder: TemporaryFolder
  /// The data folder.
  let data: String
  private var running: RunningProcess?
  private var starts = 0

  init() throws {
    folder = try TemporaryFolder()
    data = folder.path + "/data"
  }

  /// Another broker that is given the data folder of `other`.
  init(sharing other: LiveBroker) throws {
    folder = try TemporaryFolder()
    data = other.data
  }

  deinit { running?.send(SIGKILL) }

  var bootstrap: String { "127.0.0.1:\(port ?? 0)" }
  /// What the last start logged.
  var log: String { (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? "" }

  private var logPath: String { folder.path + "/broker-\(starts).log" }

  /// Starts the broker, on the port that it had before if it had one, and returns once it listens.
  func start() async throws {
    try launch()
    port = try await eventually("the broker listens", or: { self.log }) {
      if let status = self.running?.status { throw Ended(status: status, log: self.log) }
      return self.log.firstMatch(of: /listening on 127\.0\.0\.1:(\d+)/).flatMap { Int($0.1) }
    }
  }

  /// Starts the broker where it cannot run and returns its exit status.
  func startInVain() async throws -> Int32 {
    try launch()
    return await ended()
  }

  private func launch() throws {
    starts += 1
    let required = [
      "--data", data, "--listen", "\(host):\(port ?? 0)", "--durability", durability, "--upkeep-seconds",
      "1",
    ]
    let command = wrapper + [Product.path("ratchet"), "broker"] + required + options
    running = try RunningProcess(command, output: logPath)
  }

  /// kill -9.
  func kill() async {
    running?.send(SIGKILL)
    _ = await ended()
  }

  /// Asks it to stop, as an operator would, and returns its exit status.
  func stop() async -> Int32 {
    running?.send(SIGTERM)
    return await ended()
  }

  /// The exit status of `ratchet broker check` on the data folder of the broker, which must not run.
  func check() async throws -> Int32 {
    let command = [Product.path("ratchet"), "broker", "check", data]
    return try await RunningProcess(command, output: folder.path + "/check.out").ended()
  }

  /// Of the broker as it was last started.
  var processID: Int32? { running?.processID }

  /// Waits until the process is over.
  func ended() async -> Int32 { await running?.ended() ?? -1 }

  var isRunning: Bool { running.map { $0.status == nil } ?? false }

  struct Ended: Error { var status: Int32, log: String }
}

/// Runs `body` with a broker that listens, and ends the broker whatever happens.
func withBroker(_ durability: String = "fsync", _ body: (LiveBroker) async throws -> Void) async throws {
  let broker = try LiveBroker()
  broker.durability = durability
  try await broker.start()
  do {
    try await body(broker)
  } catch {
    await broker.kill()
    throw error
  }
  #expect(broker.isRunning, "the broker is still there: \(broker.log.suffix(2000))")
  #expect(await broker.stop() == 0, "the broker ends well: \(broker.log.suffix(2000))")
}

/// Looks at `condition` again and again until it gives a value.
func eventually<Value>(
  within limit: Duration = .seconds(30), _ what: String, or explain: () -> String = { "" },
  _ condition: () throws -> Value?
) async throws -> Value {
  let deadline = ContinuousClock.now + limit
  while true {
    if let value = try condition() { return value }
    guard ContinuousClock.now < deadline else { throw TooLate(what: what, seen: explain()) }
    try await Task.sleep(for: .milliseconds(2))
  }
}

struct TooLate: Error { var what: String, seen: String }
