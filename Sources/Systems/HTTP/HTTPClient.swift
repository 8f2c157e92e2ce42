// Asking an HTTP/1.1 server one thing: a connection a request, everything within a deadline. Plain http only:
// who needs TLS puts a proxy, or Alertmanager itself, beside the process and asks that.
internal import Glibc

/// Where a server is, and what on it.
public struct HTTPAddress: Hashable, Sendable, CustomStringConvertible {
  public var host: String
  public var port: UInt16
  /// Begins with `/`; may hold a query.
  public var path: String

  /// nil when the text is no `http://host[:port][/path]`.
  public init?(_ text: String) {
    guard text.hasPrefix("http://") else { return nil }
    let rest = text.dropFirst(7)
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    let authority = rest[..<slash]
    path = slash == rest.endIndex ? "/" : String(rest[slash...])
    guard !authority.isEmpty, !authority.contains("@"),
      path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else { return nil }
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]") else { return nil }
      host = String(authority[authority.index(after: authority.startIndex)..<end])
      let tail = authority[authority.index(after: end)...]
      guard tail.isEmpty || tail.hasPrefix(":") else { return nil }
      guard let port = tail.isEmpty ? 80 : UInt16(tail.dropFirst()) else { return nil }
      self.port = port
    } else {
      let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count <= 2, let port = parts.count == 2 ? UInt16(parts[1]) : 80 else { return nil }
      host = String(parts[0])
      self.port = port
    }
    guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
  }

  public var description: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return "http://\(name):\(port)\(path)"
  }
}

/// Why there is no answer.
public struct HTTPFailure: Error, Hashable, Sendable, CustomStringConvertible {
  public var what: String

  public init(what: String) { self.what = what }

  public var description: String { what }
}

public enum HTTPClient {
  /// An answer larger than this is no answer to us.
  static let answerBytesMax = 4 << 20

  /// Sends a request and waits for the answer, at most until `timeout` has passed. Blocks the calling thread.
  public static func send(
    _ method: String, to address: HTTPAddress, headers: [(name: String, value: String)] = [],
    body: [UInt8] = [], timeout: Duration
  ) throws(HTTPFailure) -> HTTPResponse {
    let deadline = ContinuousClock.now + timeout
    let connection = try Connection(to: address, by: deadline)
    let host = address.host.contains(":") ? "[\(address.host)]" : address.host
    var head = "\(method) \(address.path) HTTP/1.1\r\nHost: \(host):\(address.port)\r\nConnection: close\r\n"
    for header in headers { head += "\(header.name): \(header.value)\r\n" }
    if !body.isEmpty || method == "POST" { head += "Content-Length: \(body.count)\r\n" }
    try connection.write(Array(head.utf8) + [13, 10] + body, by: deadline)
    var bytes: [UInt8] = []
    while true {
      if let response = try parse(bytes, isEnded: false) { return response }
      guard let more = try connection.read(by: deadline) else { break }
      bytes += more
      if bytes.count > answerBytesMax { throw HTTPFailure(what: "\(address) answers without end") }
    }
    guard let response = try parse(bytes, isEnded: true) else {
      throw HTTPFailure(what: "\(address) closed the connection in the middle of its answer")
    }
    return response
  }

  /// nil while something is missing.
  static func parse(_ bytes: [UInt8], isEnded: Bool) throws(HTTPFailure) -> HTTPResponse? {
    guard let end = firstIndex(of: [13, 10, 13, 10], in: bytes, from: 0) else { return nil }
    let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
    let words = lines.first?.split(separator: " ", maxSplits: 2) ?? []
    guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
      throw HTTPFailure(what: "the answer is not HTTP")
    }
    var response = HTTPResponse(status: status)
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
      response.headers.append((String(line[..<colon]), String(value)))
    }
    let rest = bytes[(end + 4)...]
    if status == 204 || status == 304 || status < 200 { return response }
    if response.header("Transfer-Encoding")?.lowercased().contains("chunked") == true {
      guard let body = try unchunked(Array(rest)) else { return nil }
      response.body = body
    } else if let length = response.header("Content-Length") {
      guard let count = Int(length), count >= 0 else { throw HTTPFailure(what: "the answer is not HTTP") }
      guard rest.count >= count else { return nil }
      response.body = Array(rest.prefix(count))
    } else {
      guard isEnded else { return nil }
      response.body = Array(rest)
    }
    return response
  }

  /// RFC 9112, section 7.1; nil while something is missing.
  private static func unchunked(_ bytes: [UInt8]) throws(HTTPFailure) -> [UInt8]? {
    var body: [UInt8] = []
    var place = 0
    while true {
      guard let end = firstIndex(of: [13, 10], in: bytes, from: place) else { return nil }
      let size = String(decoding: bytes[place..<end], as: UTF8.self).prefix { $0.isHexDigit }
      guard let count = Int(size, radix: 16), count <= answerBytesMax else {
        throw HTTPFailure(what: "the answer is not HTTP")
      }
      if count == 0 { return body }
      guard bytes.count >= end + 2 + count + 2 else { return nil }
      body += bytes[(end + 2)..<(end + 2 + count)]
      place = end + 2 + count + 2
    }
  }

  private static func firstIndex(of mark: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
    guard bytes.count >= mark.count, start <= bytes.count - mark.count else { return nil }
    return (start...(bytes.count - mark.count)).first { place in
      mark.indices.allSatisfy { bytes[place + $0] == mark[$0] }
    }
  }
}

/// A connection that never waits beyond a deadline.
private final class Connection {
  private let socket: Int32
  private let address: HTTPAddress

  init(to address: HTTPAddress, by deadline: ContinuousClock.Instant) throws(HTTPFailure) {
    self.address = address
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    guard unsafe getaddrinfo(address.host, String(address.port), &hints, &found) == 0,
      let first = unsafe found
    else { throw HTTPFailure(what: "\(address.host) cannot be found") }
    defer { unsafe freeaddrinfo(found) }
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    socket = unsafe Glibc.socket(first.pointee.ai_family, type, 0)
    guard socket >= 0 else { throw failure("opening a socket to") }
    let status = unsafe connect(socket, first.pointee.ai_addr, first.pointee.ai_addrlen)
    if status != 0 {
      guard errno == EINPROGRESS else { throw failure("connecting to") }
      try wait(for: Int16(POLLOUT), by: deadline)
      var code: Int32 = 0
      var length = socklen_t(MemoryLayout<Int32>.size)
      _ = unsafe getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &length)
      guard code == 0 else {
        errno = code
        throw failure("connecting to")
      }
    }
  }

  deinit { if socket >= 0 { close(socket) } }

  func write(_ bytes: [UInt8], by deadline: ContinuousClock.Instant) throws(HTTPFailure) {
    var place = 0
    while place < bytes.count {
      let sent = unsafe bytes.withUnsafeBytes {
        unsafe send(socket, $0.baseAddress! + place, bytes.count - place, Int32(MSG_NOSIGNAL))
      }
      if sent > 0 {
        place += sent
      } else if errno == EAGAIN {
        try wait(for: Int16(POLLOUT), by: deadline)
      } else if errno != EINTR {
        throw failure("writing to")
      }
    }
  }

  /// nil at the end.
  func read(by deadline: ContinuousClock.Instant) throws(HTTPFailure) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
      let capacity = buffer.count
      let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(socket, $0.baseAddress, capacity, 0) }
      if count > 0 { return Array(buffer.prefix(count)) }
      if count == 0 { return nil }
      if errno == EAGAIN {
        try wait(for: Int16(POLLIN), by: deadline)
      } else if errno != EINTR {
        throw failure("reading from")
      }
    }
  }

  private func wait(for events: Int16, by deadline: ContinuousClock.Instant) throws(HTTPFailure) {
    while true {
      let left = (deadline - .now) / .milliseconds(1)
      guard left > 0 else { throw HTTPFailure(what: "\(address) does not answer in time") }
      var entry = pollfd(fd: socket, events: events, revents: 0)
      let ready = unsafe poll(&entry, 1, Int32(min(left.rounded(.up), 60_000)))
      if ready > 0 { return }
      if ready < 0, errno != EINTR { throw failure("waiting for") }
    }
  }

  private func failure(_ what: String) -> HTTPFailure {
    HTTPFailure(what: "\(what) \(address): \(unsafe String(cString: strerror(errno)))")
  }
}
