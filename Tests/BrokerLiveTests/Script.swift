// The scenarios of Clients/*.py: which there are, and how one is run against a broker.
import Foundation
import Testing

/// One of the Python scripts, by its name.
struct Script: Sendable {
  var name: String

  init(_ name: String) { self.name = name }

  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Clients").path
  private var path: String { "\(Self.folder)/\(name).py" }

  /// The functions marked as scenarios, so that none is forgotten.
  func scenarios() throws -> [String] {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    return text.matches(of: /@scenario\n(?:async )?def (\w+)\(/).map { String($0.1) }
  }

  /// Starts a scenario; `arguments` are the function's.
  func start(_ scenario: String, _ arguments: [String] = [], on broker: LiveBroker) throws -> RunningScenario
  {
    let environment = [
      "RATCHET_BOOTSTRAP": broker.bootstrap, "RATCHET_BROKER_PID": String(broker.processID ?? 0),
      "PYTHONDONTWRITEBYTECODE": "1",
    ]
    let output = broker.folder.path + "/\(scenario).out"
    let command = [try Python.interpreter(), path, scenario] + arguments
    let process = try RunningProcess(command, output: output, environment: environment)
    return RunningScenario(process: process, output: output)
  }

  /// Runs a scenario to its end and holds it to its verdict.
  func run(_ scenario: String, _ arguments: [String] = [], on broker: LiveBroker) async throws {
    try await start(scenario, arguments, on: broker).expectSuccess(on: broker)
  }
}

struct RunningScenario {
  var process: RunningProcess
  var output: String

  var printed: String { (try? String(contentsOfFile: output, encoding: .utf8)) ?? "" }

  func expectSuccess(on broker: LiveBroker) async {
    let status = await process.ended()
    #expect(status == 0, "\(printed.suffix(4000))\nthe broker's log:\n\(broker.log.suffix(2000))")
    if status == 0 { print(printed.split(separator: "\n").last.map(String.init) ?? "") }
  }
}

/// The virtual environment with confluent-kafka that `.ci/setup test` makes.
enum Python {
  static func interpreter() throws -> String {
    let named = ProcessInfo.processInfo.environment["RATCHET_JUDGES"]
    let beside = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent(".build/judges/bin/python3").path
    let path = named ?? beside
    guard FileManager.default.isExecutableFile(atPath: path) else { throw Missing(path: path) }
    return path
  }

  struct Missing: Error, CustomStringConvertible {
    var path: String
    var description: String { "no Python with confluent-kafka at \(path): run `make setup-test`" }
  }
}
