// What a producer is told about events before publishing them: line, pointer, rule and next step.
import Basics
import Events

/// Checks events in structured form, one after another, and counts them.
struct EventCheck: ~Copyable {
  /// What an input topic takes, as shipped.
  static let eventBytesMax = 1_048_588

  let file: String
  /// Where they are to be published; nil: each on the topic of its type.
  let topic: InputTopic?
  private var decoder = EventDecoder()
  private(set) var valid = 0
  private(set) var invalid = 0

  init(file: String, topic: InputTopic? = nil) {
    self.file = file
    self.topic = topic
  }

  /// What is to be said about a line; warnings alone leave it valid. Lines of white space are no events.
  mutating func check(_ line: RawSpan, number: Int) -> [Diagnostic] {
    guard unsafe line.withUnsafeBytes({ unsafe $0.contains { !" \t\r".utf8.contains($0) } }) else {
      return []
    }
    var findings: [Diagnostic] = []
    var slips: [FieldSlip] = []
    var next = "docs/events.md says what an event is"
    do throws(Violation) {
      guard line.byteCount <= Self.eventBytesMax else {
        throw Violation(.invalid, at: "", "is larger than the \(Self.eventBytesMax) bytes that a topic takes")
      }
      let envelope = try Envelope(structured: line)
      slips = envelope.fieldSlips
      if EventType(rawValue: envelope.type.string) != nil {
        next = "docs/event-types.md lists the fields of \(envelope.type.string)"
      }
      _ = try decoder.decode(envelope, from: topic)
      valid += 1
    } catch {
      invalid += 1
      findings.append(diagnostic(error, in: line, number, &slips, next: next))
    }
    return findings
      + slips.map { slip in
        Diagnostic(
          "\(slip.pointer) is left alone: no field of this type is called so",
          at: place(number, slip.position, in: line), next: "did you mean \"\(slip.suggestion)\"?",
          severity: .warning)
      }
  }

  /// Takes the slip that explains the violation out of `slips`.
  private func diagnostic(
    _ violation: Violation, in line: RawSpan, _ number: Int, _ slips: inout [FieldSlip], next fallback: String
  ) -> Diagnostic {
    var next = violation.next
    if let index = slips.firstIndex(where: { explains($0, violation) }) {
      next = next ?? "did you mean it by \(slips[index].pointer)?"
      slips.remove(at: index)
    }
    return Diagnostic(
      violation.description, at: place(number, violation.position ?? 0, in: line),
      next: next ?? fallback)
  }

  private func explains(_ slip: FieldSlip, _ violation: Violation) -> Bool {
    let parent = slip.pointer.prefix(through: slip.pointer.lastIndex(of: "/") ?? slip.pointer.startIndex)
    return violation.pointer == parent + slip.suggestion
  }

  private func place(_ number: Int, _ position: Int, in line: RawSpan) -> Diagnostic.Place {
    let before = unsafe line.extracting(0..<min(position, line.byteCount)).withUnsafeBytes {
      unsafe String(decoding: $0, as: UTF8.self)
    }
    return .file(file, line: number, column: before.count + 1)
  }

  var summary: String {
    let count = valid + invalid
    return "\(count) \(count == 1 ? "event" : "events"): \(valid) valid, \(invalid) invalid"
  }
}
