// The first processor: what agents did and what was said about it, counted where it lands. It decodes each
// event, sets aside what is none, and sends on one partial per agent and epoch.
internal import Basics
public import Events
internal import Metrics
public import Runtime

/// Folds an epoch's events into counts by agent; it remembers nothing beyond the epoch.
struct Collect: Processor {
  /// Of the fold's code; a replay by another is told apart by it.
  static let version: UInt64 = 2
  /// Its inputs, in order.
  static let topics: [InputTopic] = [.feedback, .executions, .retrievals]

  /// In a `let`, because exclusivity of a property that changes is checked at every event.
  private final class Desk {
    let decoder = Cell(EventDecoder())
  }

  private let desk = Desk()
  private var counts = AgentCounts()
  private var bytes: [UInt8] = []

  var stores: [any TaskStore] { [] }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    do throws(Violation) {
      let event = try Envelope(record)
      try desk.decoder.value.check(event, from: Self.topics[record.input])
      // What a session says may be about no agent.
      guard let agent = event.agent else { return .folded }
      return count(event.organization, agent, event.type) ? .folded : .setAside(.invalid)
    } catch {
      return .setAside(SetAsideReason(rawValue: error.reason.rawValue))
    }
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

extension EventDecoder {
  /// Throws what is wrong with an event; what it says beyond its envelope is of no account here.
  fileprivate mutating func check(_ event: borrowing Envelope, from topic: InputTopic) throws(Violation) {
    _ = try decode(event, from: topic)
  }
}

extension InputRecord: EventRecord {}
