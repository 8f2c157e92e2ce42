// Where the engine's records meet the events that they hold: every processor that reads events from outside
// decodes them as this says, and sends on those that another task owns.
internal import Basics
public import Events
public import Runtime

extension InputRecord: EventRecord {}

extension FoldContext {
  /// Sends a record on to the task that owns the key of its event, by the rule that the event's type declares
  /// (docs/event-types.md). True when it was sent: then the fold returns `.forwarded`. The processor must
  /// have a rekey topic.
  ///
  /// A record that arrives on the rekey topic is decoded without a topic (`from: nil`), because whoever sent
  /// it on has checked that it stood on the right one.
  mutating func forward(_ record: borrowing InputRecord, toOwnerOf event: borrowing DecodedEvent) -> Bool {
    guard event.key.isEscaped else { return forward(record, toOwnerOf: event.key.rawBytes) }
    var key: [UInt8] = []
    event.key.append(to: &key)
    return unsafe forward(record, toOwnerOf: key.span.bytes)
  }
}
