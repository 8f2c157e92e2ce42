// One client: what it has sent and is not yet understood, what it waits for, what it has not yet taken.
//
//     reading <-> full (too much unanswered or unsent: nothing more is read) -> closed
internal import Basics
internal import BrokerCore
internal import BrokerProtocol
internal import POSIX

/// Belongs to the loop's thread.
final class Connection {
  let id: ConnectionID
  let socket: Socket
  private var input = ReceiveBuffer()
  var replies = ReplyQueue()
  var output = OutputQueue()
  /// What the poller watches for.
  var interest = Poller.Interest.reading
  let opened: Timestamp
  var lastActive: Timestamp
  /// Who it is, where somebody has to say so.
  var signOn = SignOn()
  /// What it has sent of that and is not judged yet.
  var signOnStep: SignOnStep?
  /// Refused: it hears why, and nothing more is taken from it.
  var endsAfterAnswer = false
  /// The client sends nothing more; what it sent before still counts, as with acks=0 it waits for nothing.
  private(set) var isEnded = false

  init(id: ConnectionID, socket: Socket, now: Timestamp) {
    self.id = id
    self.socket = socket
    (opened, lastActive) = (now, now)
  }

  /// The other side's, without its port.
  var address: String {
    let peer = socket.peer
    return peer.lastIndex(of: ":").map { String(peer[..<$0]) } ?? peer
  }

  /// Reads until a frame is there whole or nothing more comes.
  func receive(now: Timestamp) {
    while !hasWholeFrame, !isEnded {
      switch input.receive(from: socket, frame: announcedFrame) {
      case .bytes: lastActive = now
      case .wouldBlock: return
      case .closed: isEnded = true
      }
    }
  }

  /// The size of the frame that is coming in, with its length.
  private var announcedFrame: Int? {
    input.announcedLength.map { 4 + Int(max(0, $0)) }
  }

  private var hasWholeFrame: Bool { announcedFrame.map { $0 <= input.count } ?? false }

  /// The next whole frame.
  func takeFrame(atMost limit: Int) throws(FrameError) -> ByteSlice? {
    guard let announced = input.announcedLength else { return nil }
    guard announced >= 0 else { throw .negative(announced) }
    let length = Int(announced)
    guard length <= limit else { throw .tooLarge(length, limit: limit) }
    return input.count >= length + 4 ? input.takeFrame(ofLength: length) : nil
  }

  /// Whether more requests may be taken from it now.
  func hasRoom(_ settings: ServerSettings) -> Bool {
    if endsAfterAnswer || signOnStep != nil { return false }
    return isEnded
      || replies.count < settings.pipelinedRequests_max && replies.bytes < settings.pipelined_bytes_max
        && output.unsent_bytes < settings.unsent_bytes_max
  }
}

/// Why bytes are not even a frame.
enum FrameError: Error, CustomStringConvertible {
  case negative(Int32)
  case tooLarge(Int, limit: Int)

  var description: String {
    switch self {
    case .negative(let length): "a frame of \(length) bytes"
    case .tooLarge(let length, let limit):
      "a frame of \(length) bytes, more than \(limit); something else than a Kafka client?"
    }
  }
}
