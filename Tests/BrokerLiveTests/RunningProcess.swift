// Processes that tests start: output to a file, ended by their id, waited for without holding a thread.
import Foundation

/// A process whose output goes to a file.
final class RunningProcess: Sendable {
  private let process: Process
  private let input = Pipe()

  /// Starts `command`, whose first word is the program's path. `environment` adds to the test's own.
  init(_ command: [String], output: String, environment: [String: String] = [:]) throws {
    process = Process()
    process.executableURL = URL(fileURLWithPath: command[0])
    process.arguments = Array(command.dropFirst())
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    _ = FileManager.default.createFile(atPath: output, contents: nil)
    let file = FileHandle(forWritingAtPath: output)
    process.standardOutput = file
    process.standardError = file
    process.standardInput = input
    try process.run()
    // They are the other process's now; Foundation keeps ours open for ever, and its `run` reads beyond a
    // buffer of its own once some 1,360 descriptors are open.
    try? file?.close()
    try? input.fileHandleForReading.close()
  }

  /// Nil while it runs; a signal's number if one ended it.
  var status: Int32? { process.isRunning ? nil : process.terminationStatus }

  var processID: Int32 { process.processIdentifier }

  func send(_ signal: Int32) {
    guard status == nil else { return }
    kill(process.processIdentifier, signal)
  }

  /// Lets the process see the end of its input.
  func closeInput() { try? input.fileHandleForWriting.close() }

  func ended() async -> Int32 {
    while true {
      if let status {
        closeInput()
        return status
      }
      try? await Task.sleep(for: .milliseconds(2))
    }
  }
}

/// What was built beside the tests.
enum Product {
  static func path(_ name: String) -> String {
    URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent(name)
      .path
  }
}
