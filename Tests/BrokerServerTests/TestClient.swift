// A client that sends any bytes it likes, which no real one does.
import Basics
import BrokerCore
import Glibc

@testable import BrokerProtocol
@testable import BrokerServer

/// A blocking connection to a broker; reading gives up after ten seconds.
final class TestClient {
  private let socket: Int32

  struct Closed: Error {}

  /// `source` is the address on this machine that it comes from.
  init(_ endpoint: Endpoint, from source: UInt32 = 0x7F00_0001) throws {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard unsafe Self.call(bind, socket, source, port: 0) else { throw Closed() }
    var limit = timeval(tv_sec: 10, tv_usec: 0)
    unsafe setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    guard unsafe Self.call(connect, socket, 0x7F00_0001, port: endpoint.port) else { throw Closed() }
  }

  /// `bind` or `connect`.
  private static func call(
    _ function: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32, _ socket: Int32, _ host: UInt32,
    port: UInt16
  ) -> Bool {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = host.bigEndian
    return unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe function(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }

  deinit { close(socket) }

  func send(_ bytes: some Collection<UInt8>) throws {
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes {
        unsafe Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw Closed() }
      rest.removeFirst(count)
    }
  }

  /// Exactly so many bytes.
  func receive(_ count: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      var piece = [UInt8](repeating: 0, count: min(1 << 16, count - bytes.count))
      let received = unsafe piece.withUnsafeMutableBytes { unsafe recv(socket, $0.baseAddress, $0.count, 0) }
      guard received > 0 else { throw Closed() }
      bytes += piece[..<received]
    }
    return bytes
  }

  /// Whether the broker ends the connection before the time is over, having sent nothing more.
  var isClosedByBroker: Bool {
    var byte: UInt8 = 0
    return unsafe recv(socket, &byte, 1, 0) == 0 || errno == ECONNRESET
  }

  /// Whether bytes are there to be read now.
  var hasAnswer: Bool {
    var byte: UInt8 = 0
    return unsafe recv(socket, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) > 0
  }

  func send(_ request: some WireValue, _ header: RequestHeader) throws {
    try send(framed(request, header))
  }

  /// The next answer, read as the answer to `header`'s request.
  func answer<Answer: WireValue>(_: Answer.Type, to header: RequestHeader) throws -> Answer {
    let length = try receive(4).reduce(0) { $0 << 8 | Int($1) }
    let frame = ByteSlice(try receive(length))
    var reader = WireReader(frame, at: 0, header: header)
    guard try reader.integer(Int32.self) == header.correlationID else { throw Closed() }
    if header.key != .apiVersions { try reader.tags() }
    return try reader.value()
  }

  func ask<Answer: WireValue>(
    _ request: some WireValue, _ header: RequestHeader, as answer: Answer.Type = Answer.self
  ) throws -> Answer {
    try send(request, header)
    return try self.answer(answer, to: header)
  }

  /// Whether the broker still serves this connection.
  func isServed() throws -> Bool {
    let header = RequestHeader(key: .metadata, version: 1, correlationID: 4711)
    return try ask(MetadataRequest(topics: []), header, as: MetadataResponse.self).controllerID == 1
  }
}

/// A request's frame with its length.
func framed(_ request: some WireValue, _ header: RequestHeader) throws -> [UInt8] {
  var writer = WireWriter()
  try writer.frame(header) { wire throws(WireError) in
    wire.append(header.key.rawValue)
    wire.append(header.version)
    wire.append(header.correlationID)
    wire.append(text: header.clientID ?? "", compact: false)
    wire.tags()
    var request = request
    try request.layout(&wire)
  }
  return writer.bytes
}

/// Runs a broker on a free port for the length of `body`.
func withBroker(
  on disk: any Disk = MemoryDisk(), _ change: (inout EmbeddedBrokerSettings) -> Void = { _ in },
  log: LogLines = LogLines(), _ body: (Endpoint) throws -> Void
) throws {
  var settings = EmbeddedBrokerSettings(disk: disk, broker: BrokerSettings(seed: 1))
  settings.server.listen.port = 0
  change(&settings)
  let broker = try EmbeddedBroker.start(settings, log: log.logger)
  defer { try? broker.stop() }
  try body(broker.endpoint)
}
