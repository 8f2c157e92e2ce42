// Answers on their way into a socket, which may take them in pieces of any size.
internal import Basics
internal import BrokerProtocol
internal import POSIX

/// Frames that are not sent yet: bytes from a buffer that is used again, record batches from where they lie.
struct OutputQueue {
  private var writer = WireWriter()
  /// How much of the writer's bytes, how many of its payloads, and how much of the next one has been sent.
  private var sentBytes = 0
  private var sentPayloads = 0
  private var sentOfPayload = 0
  private(set) var unsent_bytes = 0

  var isEmpty: Bool { unsent_bytes == 0 }

  mutating func append(_ response: Response, to header: RequestHeader) {
    let (bytes, payloads) = (writer.bytes.count, writer.payloads.count)
    writer.append(response, to: header)
    unsent_bytes += writer.bytes.count - bytes
    for payload in writer.payloads[payloads...] { unsent_bytes += payload.chunk.count }
  }

  /// Sends what the socket takes; `wouldBlock` when something is left, nil when nothing is.
  mutating func send(to socket: Socket) -> Transfer? {
    while !isEmpty {
      switch sendPiece(to: socket) {
      case .bytes(let count): unsent_bytes -= count
      case let stopped: return stopped
      }
    }
    writer.reset()
    (sentBytes, sentPayloads, sentOfPayload) = (0, 0, 0)
    return nil
  }

  private mutating func sendPiece(to socket: Socket) -> Transfer {
    let next = sentPayloads < writer.payloads.count ? writer.payloads[sentPayloads] : nil
    if let next, next.position == sentBytes { return send(next.chunk, to: socket) }
    let end = next?.position ?? writer.bytes.count
    let outcome = send(sentBytes..<end, to: socket, more: next != nil)
    if case .bytes(let count) = outcome { sentBytes += count }
    return outcome
  }

  private func send(_ range: Range<Int>, to socket: Socket, more: Bool) -> Transfer {
    let bytes = unsafe writer.bytes.span.bytes
    return socket.send(bytes.extracting(range), more: more)
  }

  private mutating func send(_ chunk: PayloadChunk, to socket: Socket) -> Transfer {
    let left = chunk.count - sentOfPayload
    let outcome =
      switch chunk {
      case .memory(let slice):
        socket.send(slice.span.extracting(sentOfPayload..<chunk.count), more: unsent_bytes > left)
      case .file(let region):
        socket.sendFile(region.file.descriptor, from: region.offset + Int64(sentOfPayload), count: left)
      }
    if case .bytes(let count) = outcome {
      sentOfPayload += count
      if sentOfPayload == chunk.count { (sentPayloads, sentOfPayload) = (sentPayloads + 1, 0) }
    }
    return outcome
  }
}
