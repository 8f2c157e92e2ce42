// What is in deploy/, judged by others' readers of it: a Python script makes the checks and prints a line for
// each; what this machine cannot run, it says.
import Foundation
import Testing

private enum Judge {
  static let python = ProcessInfo.processInfo.environment["RATCHET_JUDGES"]
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The lines that the judge printed, with `arguments` behind the project's folder.
  static func lines(_ arguments: String...) throws -> [String] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(python))
    let script = root.appendingPathComponent("Tests/DeployTests/Judge/judge.py").path
    process.arguments = ["-B", script, root.path] + arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "the judge ended early")
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}

@Suite(.enabled(if: Judge.python != nil, "set RATCHET_JUDGES to the Python of .ci/setup test"))
struct DeployTests {
  @Test("what is deployed passes every judge that this machine has")
  func files() throws {
    let lines = try Judge.lines()
    #expect(lines.count >= 12)
    for line in lines where !line.hasPrefix("ok ") {
      if line.hasPrefix("not run ") { print(line) } else { Issue.record("\(line)") }
    }
  }

  @Test("each known slip in what is deployed is found")
  func slips() throws {
    let lines = try Judge.lines("--slips")
    #expect(lines.count { $0.hasPrefix("found ") } >= 15)
    for line in lines where line.hasPrefix("missed ") { Issue.record("\(line)") }
  }
}
