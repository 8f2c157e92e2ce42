// Serving HTTP/1.1 on a port of this machine: libmicrohttpd, whose threads call the handler. The only caller
// of its C. TLS and the world outside are a proxy's affair.
internal import CMicroHTTPD
internal import Glibc
public import POSIX

/// A server that runs until it is stopped.
@safe public final class HTTPServer: Sendable {
  /// How much is taken from whom; all are there so that nobody can hold the process up.
  public struct Limits: Sendable {
    public var threads = 2
    public var connections = 256
    public var idle_seconds = 15
    public var bodyBytes = 1 << 20

    public init() {}
  }

  public typealias Handler = @Sendable (HTTPRequest) -> HTTPResponse

  public let port: UInt16
  // Libmicrohttpd's own, safe from any thread; touched again only to stop it.
  private nonisolated(unsafe) let daemon: OpaquePointer
  private let context: Unmanaged<Desk>

  /// What callbacks see.
  fileprivate final class Desk: Sendable {
    let handler: Handler
    let bodyBytesMax: Int

    init(_ handler: @escaping Handler, _ bodyBytesMax: Int) {
      self.handler = handler
      self.bodyBytesMax = bodyBytesMax
    }
  }

  /// Listens on `host`:`port` (0: one that the kernel chooses) and calls `handler` on threads of its own.
  public init(
    host: String, port: UInt16, _ limits: Limits = Limits(), _ handler: @escaping Handler
  ) throws(SystemCallError) {
    let socket = try ListeningSocket(host: host, port: port)
    self.port = socket.port
    // libmicrohttpd closes the socket that it is given; this one closes its own.
    let own = dup(socket.descriptor.rawValue)
    guard own >= 0 else { throw SystemCallError("dup", code: errno) }
    unsafe context = Unmanaged.passRetained(Desk(handler, limits.bodyBytes))
    let daemon = unsafe ratchet_start_http(
      own, UInt32(limits.threads), UInt32(limits.connections), UInt32(limits.idle_seconds), answer, complete,
      context.toOpaque())
    guard let daemon = unsafe daemon else {
      unsafe context.release()
      let failure = SystemCallError("MHD_start_daemon", code: errno)
      close(own)
      throw failure
    }
    unsafe self.daemon = daemon
  }

  /// Ends requests that are open and waits for the threads; to be called once.
  public func stop() {
    unsafe MHD_stop_daemon(daemon)
    unsafe context.release()
  }
}

private let yes = ratchet_http_result(1)
private let no = ratchet_http_result(0)

/// One request while its body comes.
private final class Arriving {
  var body: [UInt8] = []
  var isTooLarge = false
}

private nonisolated func answer(
  _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ url: UnsafePointer<CChar>?,
  _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?, _ upload: UnsafePointer<CChar>?,
  _ uploadCount: UnsafeMutablePointer<Int>?, _ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
  guard let context = unsafe context, let connection = unsafe connection, let url = unsafe url,
    let method = unsafe method, let uploadCount = unsafe uploadCount, let state = unsafe state
  else { return no }
  guard let known = unsafe state.pointee else {
    // The first call of a request: its headers are there, its body is not.
    unsafe state.pointee = Unmanaged.passRetained(Arriving()).toOpaque()
    return yes
  }
  let desk = unsafe Unmanaged<HTTPServer.Desk>.fromOpaque(context).takeUnretainedValue()
  let arriving = unsafe Unmanaged<Arriving>.fromOpaque(known).takeUnretainedValue()
  if unsafe uploadCount.pointee > 0 {
    let count = unsafe uploadCount.pointee
    unsafe uploadCount.pointee = 0
    if arriving.body.count + count > desk.bodyBytesMax {
      arriving.isTooLarge = true
      arriving.body = []
    } else if !arriving.isTooLarge, let upload = unsafe upload {
      unsafe arriving.body.append(contentsOf: UnsafeRawBufferPointer(start: upload, count: count))
    }
    return yes
  }
  var request = unsafe HTTPRequest(
    method: String(cString: method), path: String(cString: url), body: arriving.body)
  unsafe request.headers = pairs(connection, isHeader: true) { $0.lowercased() }
  unsafe request.query = pairs(connection, isHeader: false) { $0 }
  let response =
    arriving.isTooLarge
    ? HTTPResponse.text("the body is larger than \(desk.bodyBytesMax) bytes\n", status: 413)
    : desk.handler(request)
  return unsafe send(response, connection)
}

private func send(_ response: HTTPResponse, _ connection: OpaquePointer) -> MHD_Result {
  let made = unsafe response.body.withUnsafeBytes { unsafe ratchet_http_response($0.count, $0.baseAddress) }
  guard let made = unsafe made else { return no }
  defer { unsafe MHD_destroy_response(made) }
  for header in response.headers { _ = unsafe MHD_add_response_header(made, header.name, header.value) }
  return unsafe MHD_queue_response(connection, UInt32(response.status), made)
}

private nonisolated func complete(
  _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
  _ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ reason: MHD_RequestTerminationCode
) {
  guard let state = unsafe state, let known = unsafe state.pointee else { return }
  unsafe Unmanaged<Arriving>.fromOpaque(known).release()
  unsafe state.pointee = nil
}

/// Collects a request's headers or arguments.
private final class PairCollector {
  var pairs: [(String, String)] = []
}

private func pairs(
  _ connection: OpaquePointer, isHeader: Bool, _ name: (String) -> String
) -> [String: String] {
  let collector = PairCollector()
  _ = unsafe ratchet_http_values(
    connection, isHeader ? 1 : 0, collect, Unmanaged.passUnretained(collector).toOpaque())
  return Dictionary(collector.pairs.map { (name($0.0), $0.1) }, uniquingKeysWith: { $1 })
}

private nonisolated func collect(
  _ context: UnsafeMutableRawPointer?, _ kind: MHD_ValueKind, _ key: UnsafePointer<CChar>?,
  _ value: UnsafePointer<CChar>?
) -> MHD_Result {
  guard let context = unsafe context, let key = unsafe key else { return yes }
  let collector = unsafe Unmanaged<PairCollector>.fromOpaque(context).takeUnretainedValue()
  unsafe collector.pairs.append((String(cString: key), value.map { unsafe String(cString: $0) } ?? ""))
  return yes
}
