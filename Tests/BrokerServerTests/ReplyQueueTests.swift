// The order of answers.
import BrokerCore
import Testing

@testable import BrokerProtocol
@testable import BrokerServer

/// The order of answers, told as a conversation.
@Suite struct ReplyQueueTests {
  private let heartbeat = Response.heartbeat(HeartbeatResponse())

  private func header(_ id: Int32) -> RequestHeader {
    RequestHeader(key: .heartbeat, version: 0, correlationID: id)
  }

  @Test("the second answer waits for the first, then both go")
  func order() {
    var queue = ReplyQueue()
    let first = queue.expect(header(1), bytes: 10)
    let second = queue.expect(header(2), bytes: 20)
    queue.answer(second, heartbeat)
    #expect(queue.next() == nil)
    queue.answer(first, heartbeat)
    #expect(queue.next()?.header.correlationID == 1)
    #expect(queue.bytes == 20)
    #expect(queue.next()?.header.correlationID == 2)
    #expect(queue.next() == nil && queue.count == 0 && queue.bytes == 0)
  }

  @Test("tokens stay apart when answers have gone")
  func tokens() {
    var queue = ReplyQueue()
    for id in Int32(1)...5 {
      let token = queue.expect(header(id), bytes: 1)
      queue.answer(token, heartbeat)
      #expect(queue.next()?.header.correlationID == id)
    }
  }
}
