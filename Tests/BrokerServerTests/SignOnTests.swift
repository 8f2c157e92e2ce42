// Who gets in, by which message, and what is open to them then.
import Basics
import BrokerCore
import Testing

@testable import BrokerProtocol
@testable import BrokerServer

@Suite struct SignOnTests {
  private let alice = User(
    principal: Principal(name: "alice", reads: NamePrefixes(["in."]), writes: NamePrefixes(["out."])),
    password: StoredPassword("secret", salt: [1, 2, 3], iterations: 4096))

  private var administrator: User {
    User(
      principal: Principal(name: "admin", reads: .all, writes: .all),
      password: StoredPassword("admin", salt: [4], iterations: 4096))
  }

  /// Checked at once.
  private let quick = User(
    principal: Principal(name: "quick", reads: .all, writes: .all),
    password: StoredPassword("quick", salt: [6], iterations: 1))

  private func withUsers(log: LogLines = LogLines(), _ body: (Endpoint) throws -> Void) throws {
    let users = Users([alice, administrator])
    try withBroker({ $0.server.users = users }, log: log, body)
  }

  @Test("the exchange is RFC 7677's example")
  func example() throws {
    let salt = try #require(bytes(base64: "W22ZaJ0SNY7soEsUEjb6gQ=="))
    let user = User(
      principal: Principal(name: "user", reads: .all, writes: .all),
      password: StoredPassword("pencil", salt: salt, iterations: 4096))
    let exchange = try SCRAMExchange(
      first: "n,,n=user,r=rOprNGfwEbeRWgbNEkqO", users: Users([user]),
      serverNonce: "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0")
    let nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    #expect(exchange.challenge == "r=\(nonce),s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")
    let proof = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    let proved = try exchange.prove(final: "c=biws,r=\(nonce),p=\(proof)")
    #expect(proved.answer == "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")
    #expect(proved.principal == user.principal)
    for wrong in [
      "c=biws,r=\(nonce),p=eHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", "c=biws,r=other,p=\(proof)",
      "c=eSws,r=\(nonce),p=\(proof)", "c=biws,r=\(nonce)", "", ",,,", "p=",
    ] {
      #expect(throws: SCRAMExchange.Refused.self) { try exchange.prove(final: wrong) }
    }
  }

  @Test("a user's line is read as it was printed, and a wrong line is told by its place alone")
  func lines() throws {
    let text = "# who\n\n\(alice.line)\n\(administrator.line)\n"
    let users = try Users(reading: text, file: "users")
    #expect(users["alice"] == alice && users["admin"] == administrator && users["bob"] == nil)
    let error = try #require(throws: Diagnostics.self) {
      try Users(reading: "\(alice.line)\nbob SCRAM-SHA-256 1 a b c\n\(alice.line)", file: "users")
    }
    #expect(error.description.contains("users:2:1") && error.description.contains("users:3:1"))
    #expect(!error.description.contains("bob"))
  }

  @Test("who has not signed on is asked to, and gets nothing")
  func stranger() throws {
    let log = LogLines()
    try withUsers(log: log) { endpoint in
      let client = try TestClient(endpoint)
      try client.send(MetadataRequest(), RequestHeader(key: .metadata, version: 1))
      #expect(client.isClosedByBroker && log.contain("SASL_PLAINTEXT"))
      let large = try TestClient(endpoint)
      try large.send([0, 2, 0, 0])
      #expect(large.isClosedByBroker)
    }
  }

  @Test(
    "a wrong password and an unknown name are refused alike, and the connection ends",
    arguments: ["\0alice\0wrong", "\0bob\0secret", "admin\0alice\0secret", "alice", ""])
  func refused(message: String) throws {
    let log = LogLines()
    try withUsers(log: log) { endpoint in
      let client = try TestClient(endpoint)
      let answer = try client.signOn(plain: message)
      #expect(answer.error == .saslAuthenticationFailed)
      #expect(answer.errorMessage == "Authentication failed: wrong name or password")
      #expect(client.isClosedByBroker)
      #expect(log.contain("sign_on_refused"))
    }
  }

  @Test("a password that takes long to check keeps nobody else waiting")
  func longCheck() throws {
    // As many rounds as this machine does in about two seconds: what is compared is a thousand times shorter.
    let thousand = ContinuousClock().measure { _ = StoredPassword("secret", salt: [5], iterations: 1000) }
    let iterations = min(1_000_000, Int(2 / (thousand / .seconds(1))) * 1000 + 1000)
    let slow = User(
      principal: Principal(name: "slow", reads: .all, writes: .all),
      password: StoredPassword(iterations: iterations, salt: [5], storedKey: [], serverKey: []))
    try withBroker({ $0.server.users = Users([quick, slow]) }) { endpoint in
      let admin = try TestClient(endpoint)
      #expect(try admin.signOn(plain: "\0quick\0quick").error == .none)
      let client = try TestClient(endpoint)
      let request = try client.beginSignOn(plain: "\0slow\0secret")
      #expect(try admin.isServed())
      // Also another's first message of SCRAM, while the password is still being checked.
      let scram = try TestClient(endpoint)
      #expect(try scram.challenge(for: "quick").error == .none)
      #expect(!client.hasAnswer)
      #expect(
        try client.answer(SASLAuthenticateResponse.self, to: request).error == .saslAuthenticationFailed)
    }
  }

  @Test("requests sent right behind a password wait for the verdict, and are served after it")
  func pipelined() throws {
    try withBroker({ $0.server.users = Users([quick]) }) { endpoint in
      let client = try TestClient(endpoint)
      let request = try client.beginSignOn(plain: "\0quick\0quick")
      let header = RequestHeader(key: .metadata, version: 1, correlationID: 9)
      try client.send(MetadataRequest(topics: []), header)
      #expect(try client.answer(SASLAuthenticateResponse.self, to: request).error == .none)
      #expect(try client.answer(MetadataResponse.self, to: header).controllerID == 1)
    }
  }

  @Test("after so many failures an address's next attempts wait, also a right one; others do not")
  func failures() throws {
    let log = LogLines()
    try withBroker(
      {
        $0.server.users = Users([quick])
        $0.server.failedSignOns_max = 3
      }, log: log
    ) { endpoint in
      let known = try TestClient(endpoint)
      #expect(try known.signOn(plain: "\0quick\0quick").error == .none)
      for _ in 0..<3 {
        #expect(try TestClient(endpoint).signOn(plain: "\0quick\0wrong").error == .saslAuthenticationFailed)
      }
      var waiting: [(client: TestClient, request: RequestHeader)] = []
      for _ in 0..<3 {
        let client = try TestClient(endpoint)
        waiting.append((client, try client.beginSignOn(plain: "\0quick\0quick")))
      }
      // More of them than may fail are not even kept waiting.
      let surplus = try TestClient(endpoint)
      _ = try surplus.beginSignOn(plain: "\0quick\0quick")
      #expect(surplus.isClosedByBroker && log.contain("too many failed attempts"))
      let other = try TestClient(endpoint, from: 0x7F00_0002)
      #expect(try other.signOn(plain: "\0quick\0quick").error == .none)
      #expect(try known.isServed())
      for (client, _) in waiting { #expect(!client.hasAnswer) }
    }
  }

  @Test("failures count for their window, and are forgotten after it")
  func failureWindow() {
    var failed = FailedSignOns(most: 2)
    let start = Timestamp(milliseconds: 1_000_000)
    failed.note("a", now: start)
    #expect(failed.opens("a") <= start)
    failed.note("a", now: start + .seconds(4))
    #expect(failed.opens("a") == start + .seconds(10) && failed.opens("b") <= start)
    failed.note("a", now: start + .seconds(11))
    #expect(failed.opens("a") == start + .seconds(14))
    for address in 0..<1000 { failed.note("\(address)", now: start + .seconds(12)) }
    failed.note("b", now: start + .seconds(40))
    #expect(failed.addresses == 1)
  }

  @Test("who says nothing of itself for too long is gone")
  func silentStranger() throws {
    try withBroker({
      $0.server.users = Users([quick])
      $0.server.signOnTimeout = .seconds(2)
    }) { endpoint in
      let known = try TestClient(endpoint)
      #expect(try known.signOn(plain: "\0quick\0quick").error == .none)
      #expect(try TestClient(endpoint).isClosedByBroker)
      #expect(try known.isServed())
    }
  }

  @Test("a user reads and writes the topics of its prefixes and sees no others")
  func prefixes() throws {
    try withUsers { endpoint in
      let admin = try TestClient(endpoint)
      #expect(try admin.signOn(plain: "\0admin\0admin").error == .none)
      for topic in ["in.a", "out.a", "other"] { try admin.makeTopic(topic) }
      let client = try TestClient(endpoint)
      #expect(try client.signOn(plain: "\0alice\0secret").error == .none)
      let batch = recordBatch(of: 10)
      #expect(try client.produce(batch, to: "out.a", acks: .all)?.error == ErrorCode.none)
      #expect(try client.produce(batch, to: "in.a", acks: .all)?.error == .topicAuthorizationFailed)
      #expect(try client.fetchError(of: "in.a") == ErrorCode.none)
      #expect(try client.fetchError(of: "out.a") == .topicAuthorizationFailed)
      #expect(try client.fetchError(of: "missing") == .topicAuthorizationFailed)
      let header = RequestHeader(key: .metadata, version: 1)
      let seen = try client.ask(MetadataRequest(topics: nil), header, as: MetadataResponse.self)
      #expect(seen.topics.map(\.name) == ["in.a", "out.a"])
      #expect(throws: TestClient.Closed.self) { try client.makeTopic("other.b") }
      try client.makeTopic("out.b")
    }
  }

  @Test("only loopback addresses are this machine's alone")
  func loopback() {
    for host in ["localhost", "127.0.0.1", "127.1.2.3", "::1"] {
      #expect(Endpoint(host: host, port: 1).isLoopback)
    }
    for host in ["0.0.0.0", "::", "127.example.org", "10.0.0.1", "example.org"] {
      #expect(!Endpoint(host: host, port: 1).isLoopback)
    }
  }
}

extension TestClient {
  /// The first message of SCRAM, and what it is answered.
  fileprivate func challenge(for name: String) throws -> SASLAuthenticateResponse {
    let handshake = RequestHeader(key: .saslHandshake, version: 1)
    _ = try ask(SASLHandshakeRequest(mechanism: "SCRAM-SHA-256"), handshake, as: SASLHandshakeResponse.self)
    let request = SASLAuthenticateRequest(message: ByteSlice(Array("n,,n=\(name),r=nonce".utf8)))
    return try ask(request, RequestHeader(key: .saslAuthenticate, version: 2))
  }

  /// Sends the password and waits for nothing.
  fileprivate func beginSignOn(plain message: String) throws -> RequestHeader {
    let handshake = RequestHeader(key: .saslHandshake, version: 1)
    _ = try ask(SASLHandshakeRequest(mechanism: "PLAIN"), handshake, as: SASLHandshakeResponse.self)
    let header = RequestHeader(key: .saslAuthenticate, version: 2, correlationID: 3)
    try send(SASLAuthenticateRequest(message: ByteSlice(Array(message.utf8))), header)
    return header
  }

  fileprivate func signOn(plain message: String) throws -> SASLAuthenticateResponse {
    let handshake = RequestHeader(key: .saslHandshake, version: 1)
    let offered = try ask(
      SASLHandshakeRequest(mechanism: "PLAIN"), handshake, as: SASLHandshakeResponse.self)
    #expect(offered.error == .none && offered.mechanisms == ["SCRAM-SHA-256", "PLAIN"])
    let request = SASLAuthenticateRequest(message: ByteSlice(Array(message.utf8)))
    return try ask(request, RequestHeader(key: .saslAuthenticate, version: 2))
  }

  fileprivate func fetchError(of topic: String) throws -> ErrorCode? {
    let (fetch, header) = fetchRequest(topic, wait: .zero, correlationID: 1)
    return try ask(fetch, header, as: FetchResponse.self).topics.first?.partitions.first?.error
  }
}
