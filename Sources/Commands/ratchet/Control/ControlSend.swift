// ratchet control send: control events of a file, checked by the decoder that will read them, on every
// partition at once or not at all.
import Basics
import Control
import Events
import POSIX

extension Command {
  static let controlSend = Command(
    name: "control send", summary: "publish control events: agents' settings, experts, switches, erasures",
    operands: [Operand(name: "FILE", summary: "JSON Lines of events in CloudEvents' JSON format")],
    options: [prefixOption] + BrokerConnection.options(isRequired: true),
    notes: """
      All partitions of the control topic get all events in one transaction, if each is valid; each task takes
      them up at an epoch of its own. docs/event-types.md lists the types under control.
      """
  ) { arguments in
    let file = arguments.text("FILE") ?? ""
    let events = try controlEvents(of: file)
    let topic = try controlTopic(arguments)
    try topic.send(events)
    let count = events.count == 1 ? "1 event is" : "\(events.count) events are"
    print("\(count) on \(topic.partitions.count) partitions of \(topic.name)")
    return .success
  }
}

/// A transaction must not grow without bound; this many events of usual size are a few megabytes.
private let eventsMax = 10_000

private func controlEvents(of file: String) throws -> [ControlEvent] {
  var check = EventCheck(file: file, topic: .control)
  var events: [ControlEvent] = []
  var findings: [Diagnostic] = []
  do throws(LinesError<Never>) {
    try forEachLine(of: file, limit: EventCheck.eventBytesMax) { number, line in
      let before = check.valid
      findings += check.check(line, number: number)
      if check.valid > before, let event = ControlEvent(line) { events.append(event) }
    }
  } catch {
    guard case .reading(let failure) = error else { return [] }
    throw Diagnostic("cannot be read", at: .path(file), why: failure.reason)
  }
  guard check.invalid == 0 else { throw Diagnostics(findings) }
  guard (1...eventsMax).contains(events.count) else {
    throw Diagnostic(
      "\(events.count) events", at: .path(file), why: "at least one is sent at once, at most \(eventsMax)")
  }
  for warning in findings { writeToStandardError(Array("\(warning)\n".utf8)) }
  return events
}

extension ControlEvent {
  fileprivate init?(_ line: RawSpan) {
    guard let envelope = try? Envelope(structured: line), let json = [UInt8](stored: line) else { return nil }
    self.init(type: envelope.type.string, id: envelope.id.string, json: json)
  }
}
