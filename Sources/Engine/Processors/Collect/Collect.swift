// The first processor: what agents did and what was said about it, counted where it lands. It decodes each
// event, sets aside what is none, forwards what another task owns, and sends on one partial per agent and
// epoch.
internal import Basics
internal import Events
internal import Metrics
internal import Runtime

/// Folds an epoch's events into counts by agent; beyond the epoch it remembers its settings alone.
struct Collect: Processor {
  /// Of the fold's code; a replay by another is told apart by it.
  static let version: UInt64 = 3
  /// Its inputs, in order, behind `control` and before the rekey topic.
  static let topics: [InputTopic] = [.feedback, .executions, .retrievals]

  /// In a `let`, because exclusivity of a property that changes is checked at every event.
  private final class Desk {
    let decoder = Cell(EventDecoder())
  }

  private let desk = Desk()
  private var control = ControlState()
  private var counts = AgentCounts()
  private var bytes: [UInt8] = []

  var stores: [any TaskStore] { [control.store] }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    if record.input == 0 { return control.fold(record, with: &desk.decoder.value).verdict }
    let desk = desk
    do throws(Violation) {
      return try collect(record, with: &desk.decoder.value, in: &context)
    } catch {
      return .setAside(SetAsideReason(rawValue: error.reason.rawValue))
    }
  }

  private mutating func collect(
    _ record: borrowing InputRecord, with decoder: inout EventDecoder, in context: inout FoldContext
  ) throws(Violation) -> Verdict {
    let topic = record.input <= Self.topics.count ? Self.topics[record.input - 1] : nil
    let envelope = try Envelope(record)
    let event = try decoder.decode(envelope, from: topic)
    if context.forward(record, toOwnerOf: event) { return .forwarded }
    // What a session says may be about no agent.
    guard let agent = envelope.agent else { return .folded }
    return count(envelope.organization, agent, envelope.type) ? .folded : .setAside(.invalid)
  }

  /// What stands in the record as it is meant costs nothing; only escapes make a copy.
  private mutating func count(
    _ organization: borrowing JSONText, _ agent: borrowing JSONText, _ type: borrowing JSONText
  ) -> Bool {
    if !organization.isEscaped, !agent.isEscaped, !type.isEscaped {
      return counts.add(organization: organization.rawBytes, agent: agent.rawBytes, type: type.rawBytes)
    }
    let (organization, agent, type) = (
      Array(organization.string.utf8), Array(agent.string.utf8), Array(type.string.utf8)
    )
    return unsafe counts.add(
      organization: organization.span.bytes, agent: agent.span.bytes, type: type.span.bytes)
  }

  mutating func closeEpoch(in context: inout FoldContext) {
    for partial in counts.take() {
      let key = Array(partial.key.utf8)
      bytes.removeAll(keepingCapacity: true)
      partial.store(into: &bytes)
      context.emit(0, key: unsafe key.span.bytes, value: unsafe bytes.span.bytes)
    }
  }
}
