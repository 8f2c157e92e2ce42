// `ratchet validate`: events checked before they are published, by the decoder that will read them.
import Basics
import POSIX

extension Command {
  static let validate = Command(
    name: "validate", summary: "Check events before they are published.",
    operands: [
      Operand(
        name: "FILE", summary: "JSON Lines of events in CloudEvents' JSON format; - is standard input"
      )
    ],
    notes: """
      Each finding says file, line, column, JSON pointer, the broken rule and what to do next. Warnings, as
      for a name that is probably a slip, leave an event valid.
      exit codes: 0 all events are valid, 1 some are not, or the file cannot be read
      """
  ) { arguments in
    let path = arguments.text("FILE") ?? "-"
    var check = EventCheck(file: path == "-" ? "standard input" : path)
    var progress = Progress()
    do throws(LinesError<Never>) {
      try forEachLine(of: path, limit: EventCheck.eventBytesMax) { number, line in
        for finding in check.check(line, number: number) { print(finding) }
        progress.tell("\(number) lines read")
      }
    } catch {
      guard case .reading(let failure) = error else { return .failure }
      throw Diagnostic("cannot be read", at: .path(path), why: failure.reason)
    }
    print(check.summary)
    return check.invalid == 0 ? .success : .failure
  }
}
