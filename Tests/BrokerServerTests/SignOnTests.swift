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
