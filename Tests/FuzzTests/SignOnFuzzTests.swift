// Signing on with messages that are wrong in any place: nobody gets in without the password, whatever the
// bytes. A life is a hundred exchanges; see RequestFuzzTests for how to live one again.
import Basics
import Testing

@testable import BrokerCore
@testable import BrokerProtocol
@testable import BrokerServer

@Suite(.serialized, .timeLimit(.minutes(60))) struct SignOnFuzzTests {
  @Test(
    "no message of signing on ends or fattens the broker, and none lets in who does not know the password",
    arguments: Lives.portions(of: 100))
  func messages(seeds: Range<UInt64>) async {
    await #expect(processExitsWith: .success) { [seeds] in
      try Lives.live(seeds) { seed in
        var life = SignOnLife(seed: seed)
        for _ in 0..<100 { try life.exchange() }
        #expect(life.letIn > 5 && life.refused > 5)
      }
    }
  }
}

private struct SignOnLife {
  private static let name = "a,user=1"
  private static let password = "secret"
  private let users: Users
  private var random: SeededRandom
  private(set) var letIn = 0
  private(set) var refused = 0

  init(seed: UInt64) {
    random = SeededRandom(seed: seed)
    let principal = Principal(name: Self.name, reads: .all, writes: .all)
    let password = StoredPassword(Self.password, salt: [1, 2, 3], iterations: 2)
    users = Users([User(principal: principal, password: password)])
  }

  /// One connection's messages, of which some are changed, by somebody who knows the password or does not.
  mutating func exchange() throws {
    let password = random.chance(1, in: 2) ? Self.password : "Secret"
    var signOn = SignOn()
    let isPlain = random.chance(1, in: 2)
    _ = hand(.saslHandshake(SASLHandshakeRequest(mechanism: isPlain ? "PLAIN" : "SCRAM-SHA-256")), &signOn)
    if isPlain {
      _ = hand(authentication("\0\(Self.name)\0\(password)"), &signOn)
    } else {
      let bare = "n=a=2Cuser=3D1,r=nonce"
      let challenge = hand(authentication("n,,\(bare)"), &signOn)
      _ = hand(authentication(final(password, bare, challenge ?? "r=,s=,i=1")), &signOn)
    }
    // Something else in between must not help either.
    if random.chance(1, in: 4) { _ = hand(authentication("\0\(Self.name)\0"), &signOn) }
    if signOn.isSignedOn {
      letIn += 1
      #expect(password == Self.password)
    } else {
      refused += 1
    }
  }

  /// Every third message is changed on its way.
  private mutating func authentication(_ text: String) -> Request {
    let bytes = Array(text.utf8)
    let isChanged = random.chance(1, in: 3)
    let message = isChanged ? mutation(of: bytes, &random) : bytes
    return .saslAuthenticate(SASLAuthenticateRequest(message: ByteSlice(message)))
  }

  /// What the client is told, if it is told anything.
  private mutating func hand(_ request: Request, _ signOn: inout SignOn) -> String? {
    switch signOn.take(request, users: users) {
    case .check(let check):
      check.run()
      _ = signOn.conclude(check)
      return nil
    case .answer(.saslAuthenticate(let response)):
      return String(decoding: response.message.bytes, as: UTF8.self)
    case .answer, .pass, .refuse, .close: return nil
    }
  }

  /// The client's side of RFC 5802.
  private func final(_ password: String, _ bare: String, _ challenge: String) -> String {
    let fields = challenge.split(separator: ",", omittingEmptySubsequences: false)
    guard fields.count == 3, let salt = bytes(base64: fields[1].dropFirst(2)),
      let iterations = Int(fields[2].dropFirst(2)), (1...10_000).contains(iterations)
    else { return challenge }
    let salted = pbkdf2(password: Array(password.utf8), salt: salt, iterations: iterations)
    let clientKey = HMACSHA256(key: salted).code(of: Array("Client Key".utf8))
    let withoutProof = "c=biws,\(fields[0])"
    let signature = HMACSHA256(key: SHA256.hash(clientKey))
      .code(of: Array("\(bare),\(challenge),\(withoutProof)".utf8))
    return "\(withoutProof),p=\(base64(zip(clientKey, signature).map { $0 ^ $1 }))"
  }
}
