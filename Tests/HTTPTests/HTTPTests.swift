// Server and client against each other, and the client against answers that a server of ours never gives.
import HTTP
import POSIX
import Testing

@testable import HTTP

@Suite("HTTP")
struct HTTPTests {
  private func address(_ server: HTTPServer, _ path: String) throws -> HTTPAddress {
    try #require(HTTPAddress("http://127.0.0.1:\(server.port)\(path)"))
  }

  @Test("a request comes with its query, headers and body, and its answer goes back whole")
  func roundTrip() throws {
    let server = try HTTPServer(host: "127.0.0.1", port: 0) { request in
      let text =
        "\(request.method) \(request.path) \(request.query["a"] ?? "-") \(request.headers["x-y"] ?? "-") "
      return HTTPResponse(
        status: 201, contentType: "text/plain",
        body: Array(text.utf8) + request.body.reversed() + Array(repeating: 7, count: 100_000))
    }
    defer { server.stop() }
    let response = try HTTPClient.send(
      "POST", to: try address(server, "/some/where?a=b%20c"), headers: [("X-Y", "z")], body: [1, 2, 3],
      timeout: .seconds(10))
    #expect(response.status == 201)
    #expect(response.header("content-type") == "text/plain")
    #expect(response.body.count == 100_000 + 26)
    #expect(response.body.prefix(29) == Array("POST /some/where b c z ".utf8)[...] + [3, 2, 1] + [7, 7, 7])
  }

  @Test("a body beyond the limit is refused with 413")
  func tooLarge() throws {
    var limits = HTTPServer.Limits()
    limits.bodyBytes = 1000
    let server = try HTTPServer(host: "127.0.0.1", port: 0, limits) { _ in .text("never") }
    defer { server.stop() }
    let response = try HTTPClient.send(
      "POST", to: try address(server, "/"), body: Array(repeating: 1, count: 5000), timeout: .seconds(10))
    #expect(response.status == 413)
  }

  @Test("a taken port is an error, and a closed one is told by the client")
  func ports() throws {
    let server = try HTTPServer(host: "127.0.0.1", port: 0) { _ in .text("") }
    #expect(throws: SystemCallError.self) {
      _ = try HTTPServer(host: "127.0.0.1", port: server.port) { _ in .text("") }
    }
    let address = try address(server, "/")
    server.stop()
    #expect(throws: HTTPFailure.self) { _ = try HTTPClient.send("GET", to: address, timeout: .seconds(5)) }
  }

  @Test("addresses are http, with a host, and nothing that could end a header")
  func addresses() {
    #expect(HTTPAddress("http://h")?.description == "http://h:80/")
    #expect(HTTPAddress("http://[::1]:9093/api")?.description == "http://[::1]:9093/api")
    for wrong in [
      "https://h", "http://", "http://h:x", "http://u@h/", "http://h/a\r\nb", "h:80", "http://h:99999",
    ] {
      #expect(HTTPAddress(wrong) == nil, "\(wrong)")
    }
  }

  @Test("answers are read whole: by length, in chunks, or to the end")
  func answers() throws {
    func body(_ text: String, ended: Bool = false) throws -> String? {
      try HTTPClient.parse(Array(text.utf8), isEnded: ended).map { String(decoding: $0.body, as: UTF8.self) }
    }
    let head = "HTTP/1.1 200 OK\r\n"
    #expect(try body(head + "Content-Length: 3\r\n\r\nab") == nil)
    #expect(try body(head + "Content-Length: 3\r\n\r\nabcd") == "abc")
    #expect(try body(head + "Transfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n") == nil)
    #expect(try body(head + "Transfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n0\r\n\r\n") == "abc")
    #expect(try body(head + "\r\nabc") == nil)
    #expect(try body(head + "\r\nabc", ended: true) == "abc")
    #expect(throws: HTTPFailure.self) { _ = try body("SSH-2.0\r\n\r\n") }
  }
}
