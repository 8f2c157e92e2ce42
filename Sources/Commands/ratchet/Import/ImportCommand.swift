// ratchet import: events of a file onto their topics, each once, however often the import is begun again.
import Basics
import Events
import Kafka
import POSIX

extension Command {
  static let importFile = Command(
    name: "import", summary: "publish the events of a file onto their topics, each once",
    operands: [
      Operand(name: "FILE", summary: "JSON Lines of events in CloudEvents' JSON format; - is standard input")
    ],
    options: [
      prefixOption,
      Option(
        name: "name", value: "NAME",
        summary: "what a restart knows the import by; the file's name unless given"),
      Option(
        name: "late", summary: "publish also what tasks have already passed: metrics set it aside as late"),
    ] + BrokerConnection.options(isRequired: true),
    notes: """
      Every record is stamped with its event's time, keyed as its type declares and partitioned by murmur2. A
      line that is no valid event stops the import in front of its transaction: mend it and run the same
      command again, which goes on where the last transaction ended. docs/import.md tells more.
      exit codes: 0 everything is published, 1 it stopped
      """,
    run: runImport)
}

private func runImport(_ arguments: Arguments) throws -> ExitStatus {
  guard let client = try BrokerConnection.configuration(arguments) else {
    throw UsageError("--bootstrap HOST:PORT is missing")
  }
  let (path, prefix) = (arguments.text("FILE") ?? "-", arguments.text("prefix") ?? "")
  let file = path == "-" ? "standard input" : path
  let name = arguments.text("name") ?? (path == "-" ? "-" : String(path.split(separator: "/").last ?? "-"))
  let passed = arguments.flag("late") ? nil : try passedTime(prefix: prefix, client)
  let publisher = try ImportPublisher(name, prefix: prefix, client)
  var importing = Import(file: file, from: publisher.position, passed: passed)
  var progress = Progress()
  do throws(LinesError<any Error>) {
    try forEachLine(of: path, limit: EventCheck.eventBytesMax) { number, line in
      guard let chunk = try importing.take(line, number: number) else { return }
      try publisher.publish(chunk)
      progress.tell("\(chunk.end.events) events, to line \(chunk.end.lines)")
    }
  } catch {
    switch error {
    case .reading(let failure): throw Diagnostic("cannot be read", at: .path(path), why: failure.reason)
    case .body(let failure): throw failure
    }
  }
  if let chunk = try importing.finish() { try publisher.publish(chunk) }
  print(importing.summary)
  return .success
}
