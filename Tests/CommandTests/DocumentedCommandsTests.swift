// Every command of this tool, of kcat and of curl that the documents print in a block of their own, run by a
// shell as it stands, in a folder like the project's, beside a running `ratchet up`.
import Foundation
import POSIX
import Testing

@testable import ratchet

/// Why a line is not run here; nil when it is.
private func obstacle(to line: String) -> String? {
  let reasons = [
    ("ratchet up ", "goes on until it is stopped; the test runs one itself"),
    ("ratchet broker --data", "goes on until it is stopped"),
    (":9093", "asks an Alertmanager; NotifierLiveTests run one"),
    ("/var/lib/", "belongs to an installed service"),
  ]
  return reasons.first { line.contains($0.0) }?.1
}

/// The lines of blocks that a shell of a reader would run; one that ends with a pipe goes on.
func runnableLines(of text: String, path: String) -> [TypedLine] {
  var lines: [TypedLine] = []
  var open: TypedLine?
  for line in typedLines(of: text, path: path) where line.isWhole {
    var line = line
    if let begun = open { line.text = "\(begun.text) \(line.text)" }
    open = nil
    line.text = line.text.trimmingCharacters(in: .whitespaces)
    if line.text.hasPrefix("$ ") { line.text.removeFirst(2) }
    let word = line.text.prefix { $0 != " " }
    guard ["ratchet", "kcat", "curl", "echo", "gzip", "printf"].contains(word) else {
      continue
    }
    if line.text.hasSuffix("|") { open = line } else { lines.append(line) }
  }
  return lines
}

/// A folder as its reader has it: the project's files, data, and the product on the path.
private final class Reader {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ratchet-\(UUID().uuidString)")
  private var instance: ChildProcess?
  private var bootstrap = ""
  private var http = ""

  private static let product = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    .appendingPathComponent("ratchet")

  init() throws {
    let files = FileManager.default
    try files.createDirectory(
      at: folder.appendingPathComponent("bin"), withIntermediateDirectories: true)
    try files.createSymbolicLink(
      at: folder.appendingPathComponent("bin/ratchet"), withDestinationURL: Self.product)
    for name in ["topology", "deploy", "schemas", "Tests"] {
      try files.createSymbolicLink(
        at: folder.appendingPathComponent(name),
        withDestinationURL: Documents.root.appendingPathComponent(name))
    }
  }

  deinit {
    instance?.send(.kill)
    _ = instance?.wait()
    try? FileManager.default.removeItem(at: folder)
  }

  private var log: String {
    (try? String(contentsOf: folder.appendingPathComponent("log"), encoding: .utf8)) ?? ""
  }

  /// Runs the product with a story, and makes the files that documents take for granted.
  func start() throws {
    let data = folder.appendingPathComponent("ratchet-data").path
    instance = try ChildProcess(
      Self.product.path,
      [
        "up", "--data", data, "--topology", Documents.root.appendingPathComponent("topology").path,
        "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--story", "--history", "20m",
      ], output: folder.appendingPathComponent("log").path)
    try wait(for: "it runs") { self.log.matches(of: /task_running/).count >= 21 }
    bootstrap = try #require(log.firstMatch(of: /listening on (127\.0\.0\.1:\d+)/)).1.description
    http = try #require(log.firstMatch(of: /http:\/\/(127\.0\.0\.1:\d+)\/metrics/)).1.description
    let now = ISO8601DateFormatter().string(from: Date())
    let event = """
      {"specversion":"1.0","id":"e-1","source":"/me","type":"execution.completed","time":"\(now)",\
      "organization":"acme","agent":"mine","data":{"execution_id":"e-1","status":"ok"}}
      """
    let settings = """
      {"specversion":"1.0","id":"s-1","source":"/me","type":"agent.configured","time":"\(now)",\
      "organization":"acme","agent":"mine","data":{"feedback_per_minute":1000}}
      """
    for (name, text) in [("events.jsonl", event), ("nab.jsonl", event), ("settings.jsonl", settings)] {
      try Data("\(text)\n".utf8).write(to: folder.appendingPathComponent(name))
    }
    for line in ["gzip -k events.jsonl", "ratchet topics apply --bootstrap localhost:9092 --prefix history"] {
      let (status, text) = try run(line)
      #expect(status == 0, "\(line)\n\(text)")
    }
    try wait(for: "rules are evaluated") {
      (try? run("ratchet rules explain LearningErrorRateHigh --bootstrap localhost:9092"))?.status == 0
    }
  }

  private func wait(for what: String, _ condition: () -> Bool) throws {
    for _ in 0..<1200 {
      if condition() { return }
      Thread.sleep(forTimeInterval: 0.1)
    }
    throw UsageError("\(what): not within two minutes\n\(log)")
  }

  /// What a shell makes of a line, with the addresses that are here in place of the documents'.
  func run(_ line: String) throws -> (status: Int32, text: String) {
    var text = line
    for (there, here) in [
      ("localhost:9092", bootstrap), ("127.0.0.1:9092", bootstrap), ("127.0.0.1:9464", http),
    ] {
      text = text.replacingOccurrences(of: there, with: here)
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", text]
    process.currentDirectoryURL = folder
    process.environment = [
      "PATH": "\(folder.path)/bin:/usr/bin:/bin", "PASSWORD": "correct horse", "HOME": folder.path,
    ]
    let output = Pipe()
    (process.standardOutput, process.standardError) = (output, output)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
  }
}

@Suite(.serialized) struct DocumentedCommandsTests {
  @Test("every command that a document prints in a block runs as it is printed")
  func commands() throws {
    let missing = ["kcat", "curl"].filter {
      !FileManager.default.isExecutableFile(atPath: "/usr/bin/\($0)")
    }
    var lines: [TypedLine] = []
    for path in Documents.paths() {
      lines += runnableLines(of: try Documents.text(path), path: path)
    }
    #expect(lines.count > 80)
    let reader = try Reader()
    try reader.start()
    var outcomes: [String: (status: Int32, text: String)] = [:]
    for line in lines where obstacle(to: line.text) == nil {
      guard !missing.contains(where: { line.text.contains("\($0) ") }) else { continue }
      // What is looked for need not be there, but what it is looked for in must.
      let text = line.text.split(separator: " | grep")[0].description
      let (status, told) = try outcomes[text] ?? reader.run(text)
      outcomes[text] = (status, told)
      // A plan is made while nobody runs in the folder.
      let isAsPrinted = status == 0 || (status == 2 && text.hasPrefix("ratchet plan "))
      #expect(isAsPrinted, "\(line)\n\(told.suffix(2000))")
    }
  }
}
