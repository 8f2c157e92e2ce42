// What `replay`, `rebuild` and `control` say when they are asked for what cannot be, before any broker is
// spoken to.
import Basics
import Foundation
import Testing

@testable import ratchet

@Suite struct PastCommandsTests {
  private static let topology = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../topology").path

  private func run(_ line: String) throws -> ratchet.ExitStatus {
    let words = line.split(separator: " ").map(String.init)
    guard
      case .run(let command, let arguments) = try Invocation(
        words, among: commandTable, environment: { _ in nil })
    else { throw UsageError("not a run") }
    return try command.run(arguments)
  }

  @Test(
    "a wrong command line says what is wrong and what to do",
    arguments: [
      (
        "replay --processor colect --bootstrap x:1",
        "--processor: no processor is called \"colect\"\n  did you mean \"collect\"?"
      ),
      (
        "replay --processor zzz --bootstrap x:1",
        "--processor: no processor is called \"zzz\"\n"
          + "  there are collect, review, experiments, retrieval, metrics, rollouts"
      ),
      (
        "replay --processor collect --from 5 --bootstrap x:1",
        "--from: needs --verify\n  without it nothing is compared"
      ),
      (
        "replay --processor collect --verify --from -1 --bootstrap x:1",
        "--from: \"-1\" is not a whole number from 0 to 9223372036854775807"
      ),
      ("replay --verify --bootstrap x:1", "--processor NAME is missing"),
      (
        "rebuild --processor collect --shadow ratchet --bootstrap x:1",
        """
        --shadow: "ratchet" is where what is in force stands
          choose a name that does not begin with "ratchet."
        """
      ),
      (
        "rebuild --processor collect --shadow ratchet.new --bootstrap x:1",
        """
        --shadow: "ratchet.new" is where what is in force stands
          choose a name that does not begin with "ratchet."
        """
      ),
      (
        "control publish f --as a/../b --bootstrap x:1",
        "--as: \"a/../b\" is no path\n  a path has names between single slashes, none of them . or .."
      ),
      ("control apply --bootstrap x:1", "DIR is missing\n  usage: ratchet control apply DIR [options]"),
    ])
  func wrongLines(line: String, expected: String) {
    let words = line.hasPrefix("rebuild") ? "\(line) --topology \(Self.topology)" : line
    let error = #expect(throws: UsageError.self) { try run(words) }
    #expect(error?.description == expected)
  }

  @Test("files that cannot be a configuration are told by their path, and nothing is published")
  func files() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/ratchet-control-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder + "/.git", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let empty = #expect(throws: Diagnostic.self) { try run("control apply \(folder) --bootstrap x:1") }
    #expect(
      empty?.description == """
        \(folder): there is no file
          an empty configuration would put everything out of force
          name the folder that holds the files
        """)
    let missing = #expect(throws: Diagnostic.self) {
      try run("control publish \(folder)/x --bootstrap x:1")
    }
    #expect(missing?.place == .path("\(folder)/x") && missing?.what == "cannot be read")
    try Data(count: 900_001).write(to: URL(fileURLWithPath: folder + "/big"))
    let large = #expect(throws: Diagnostic.self) { try run("control apply \(folder) --bootstrap x:1") }
    #expect(large?.description.hasPrefix("\(folder)/big: a file of more than 900000 bytes") == true)
  }

  @Test("a replay that can reach nobody cannot say, which is not to say that something differs")
  func unreachable() throws {
    // Nothing listens on port 1 of loopback.
    #expect(try run("replay --processor collect --verify --bootstrap 127.0.0.1:1") == .cannotSay)
  }
}
