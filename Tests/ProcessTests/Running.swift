// The product's own processes: started, asked, paused, killed and ended by their ids.
import Basics
import Foundation
import POSIX
import Testing

@testable import ratchet

/// A folder that is deleted with its owner.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("ratchet-\(UUID().uuidString)").path
    try makeFolder(path)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A command of the product as a process; killed when its owner lets go of it.
class Running {
  private(set) var words: [String]
  private let folder: String
  private let name: String
  private var process: ChildProcess?
  private(set) var starts = 0

  init(_ name: String, _ words: [String], in folder: String) {
    (self.name, self.words, self.folder) = (name, words, folder)
  }

  private var output: String { "\(folder)/\(name)-\(starts).log" }
  /// What the last start printed.
  var printed: String { (try? String(contentsOfFile: output, encoding: .utf8)) ?? "" }

  private static let product = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    .appendingPathComponent("ratchet").path

  func start() throws {
    starts += 1
    process = try ChildProcess(Self.product, words, output: output)
  }

  func send(_ signal: ChildProcess.Signal) { process?.send(signal) }

  /// kill -9, over when this returns.
  func kill() {
    process?.send(.kill)
    _ = process?.wait()
  }

  /// Its exit code, if it is over.
  var ended: Int32? { process?.ended() }

  /// Asks it to end, as an operator would, and returns its exit code.
  func stop() -> Int32 {
    process?.send(.terminate)
    return process?.wait() ?? -1
  }
}

/// The embedded broker as a process, on the same port in every life.
final class BrokerProcess: Running {
  let port: UInt16

  init(in folder: String) throws {
    let probe = Running("probe", Self.words(folder + "/probe", 0), in: folder)
    try probe.start()
    port = try eventually("a port is found", or: { probe.printed }) {
      probe.printed.firstMatch(of: /listening on 127\.0\.0\.1:(\d+)/).flatMap { UInt16($0.1) }
    }
    _ = probe.stop()
    super.init("broker", Self.words(folder + "/broker", port), in: folder)
    try start()
  }

  private static func words(_ data: String, _ port: UInt16) -> [String] {
    ["broker", "--data", data, "--listen", "127.0.0.1:\(port)"]
  }

  override func start() throws {
    try super.start()
    try waitUntil("the broker listens", or: { self.printed }) { printed.contains("listening on") }
  }
}

/// `ratchet up` on somebody's broker, or with its own when `bootstrap` is nil.
final class Instance: Running {
  let data: String

  /// It runs under the world's prefix, or the one that is written now and with the world's as its inputs.
  init(_ name: String, _ world: World, _ more: [String] = [], data: String? = nil) {
    self.data = data ?? "\(world.folder.path)/\(name)"
    super.init(
      name,
      ["up", "--data", self.data, "--prefix", world.written ?? world.prefix, "--topology", world.topology]
        + (world.written == nil ? [] : ["--inputs", world.prefix])
        + (more.contains("--listen") ? [] : ["--bootstrap", world.bootstrap]) + more,
      in: world.folder.path)
  }

  struct Task: Hashable {
    var name: String
    var state: String
    var epoch: Int64?
  }

  /// Its tasks as it tells them; empty while it cannot be asked.
  var tasks: [Task] {
    guard let text = try? TaskDesk.ask(.listJSON, data: data),
      let object = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any],
      let workers = object["workers"] as? [[String: Any]]
    else { return [] }
    return workers.flatMap { worker in
      (worker["tasks"] as? [[String: Any]] ?? []).compactMap { task in
        guard let name = task["task"] as? String, let state = task["state"] as? String else { return nil }
        return Task(name: name, state: state, epoch: task["epoch"] as? Int64)
      }
    }
  }

  /// It has tasks, and all of them are running.
  var isRunning: Bool {
    let tasks = tasks
    return !tasks.isEmpty && tasks.allSatisfy { $0.state == "running" }
  }
}

/// Looks at `condition` again and again until it gives a value; what it waits for is another process's work.
@discardableResult
func eventually<Value>(
  within limit: Duration = .seconds(60), _ what: String, or explain: () -> String = { "" },
  _ condition: () throws -> Value?
) throws -> Value {
  let deadline = ContinuousClock.now + limit
  while true {
    if let value = try condition() { return value }
    guard ContinuousClock.now < deadline else { throw TooLate(what: what, seen: explain()) }
    pauseThread(.milliseconds(5))
  }
}

func waitUntil(
  within limit: Duration = .seconds(60), _ what: String, or explain: () -> String = { "" },
  _ condition: () throws -> Bool
) throws {
  try eventually(within: limit, what, or: explain) { try condition() ? true : nil }
}

struct TooLate: Error { var what: String, seen: String }
