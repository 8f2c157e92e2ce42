// The first processor: what agents did and what was said about it, counted where it lands. It decodes each
// event's envelope, sets aside what has none, and sends on one partial per agent and epoch.
internal import Basics
internal import Metrics
internal import Runtime

/// Folds an epoch's events into counts by agent; it remembers nothing beyond the epoch.
struct Collect: Processor {
  /// Of the fold's code; a replay by another is told apart by it.
  static let version: UInt64 = 1

  private var counts = AgentCounts()
  private var bytes: [UInt8] = []

  var stores: [any TaskStore] { [] }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    guard let type = record.header("ce_type"), let organization = record.header("ce_organization"),
      let agent = record.header("ce_agent")
    else { return .setAside(.undecodable) }
    return counts.add(organization: organization, agent: agent, type: type) ? .folded : .setAside(.invalid)
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
