// The order of answers: a connection's are sent in the order of its requests, whichever is ready first.
internal import BrokerCore
internal import BrokerProtocol

/// The requests of one connection that are not answered yet.
///
///     expect -> waiting -> answer -> ready -> next (when all before it are gone)
struct ReplyQueue {
  private struct Slot {
    var header: RequestHeader
    var bytes: Int
    var response: Response?
  }

  private var slots: [Slot] = []
  /// The token of the first slot.
  private var first: UInt64 = 0
  /// The size of the requests waiting.
  private(set) var bytes = 0

  var count: Int { slots.count }
  /// Whether the next answer is there.
  var isReady: Bool { slots.first?.response != nil }

  /// Keeps a place for the answer to a request of so many bytes.
  mutating func expect(_ header: RequestHeader, bytes: Int) -> ReplyToken {
    slots.append(Slot(header: header, bytes: bytes))
    self.bytes += bytes
    return ReplyToken(rawValue: first + UInt64(slots.count - 1))
  }

  /// Each request is answered once.
  mutating func answer(_ token: ReplyToken, _ response: Response) {
    let index = Int(token.rawValue - first)
    precondition(slots.indices.contains(index) && slots[index].response == nil, "an answer nobody waits for")
    slots[index].response = response
  }

  /// The next answer to send, if it is there.
  mutating func next() -> (header: RequestHeader, response: Response)? {
    guard let slot = slots.first, let response = slot.response else { return nil }
    slots.removeFirst()
    first += 1
    bytes -= slot.bytes
    return (slot.header, response)
  }
}
