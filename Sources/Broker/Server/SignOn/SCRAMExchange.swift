// SCRAM-SHA-256 as the server's side sees it (RFC 5802, RFC 7677), as a value: messages in, messages out.
internal import Basics
internal import BrokerCore

/// ```
///   waiting ── client-first ──▶ challenged ── client-final ──▶ (proved or refused)
/// ```
struct SCRAMExchange {
  static let mechanism = "SCRAM-SHA-256"

  /// Why the client is refused; what it is told is the same for every reason.
  struct Refused: Error { var reason: String }

  let name: String
  /// Goes to the client: nonce, salt, iterations.
  let challenge: String
  private let password: StoredPassword
  private let user: User?
  private let bareFirst: Substring
  private let bindingHeader: Substring
  private let nonce: String

  /// Takes the client's first message; `serverNonce` must be drawn anew for each.
  init(first message: String, users: Users, serverNonce: String) throws(Refused) {
    // gs2-header: channel binding (none is offered), an identity to act for, both ended by commas.
    let parts = message.split(separator: ",", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "n" || parts[0] == "y" else {
      throw Refused(reason: "no first message of SCRAM, or one that asks for channel binding")
    }
    let fields = parts[2].split(separator: ",", omittingEmptySubsequences: false)
    guard fields.count >= 2, let name = Self.value("n", fields[0]).flatMap(Self.unescaped),
      let clientNonce = Self.value("r", fields[1]), !clientNonce.isEmpty
    else { throw Refused(reason: "a first message of SCRAM without name or nonce") }
    let identity = Self.value("a", parts[1]).flatMap(Self.unescaped)
    guard parts[1].isEmpty || identity == name else {
      throw Refused(reason: "\"\(name)\" asks to act for somebody else")
    }
    self.name = name
    user = users[name]
    password = user?.password ?? users.decoy(for: name)
    bareFirst = parts[2]
    bindingHeader = message[..<parts[2].startIndex]
    nonce = clientNonce + serverNonce
    challenge = "r=\(nonce),s=\(base64(password.salt)),i=\(password.iterations)"
  }

  /// Takes the client's last message: who it is, and what proves the server to it.
  func prove(final message: String) throws(Refused) -> (principal: Principal, answer: String) {
    let fields = message.split(separator: ",", omittingEmptySubsequences: false)
    // librdkafka 2.0.2 puts its own nonce before the whole once more; Kafka lets that pass, too, and the
    // proof covers the message as it came.
    guard let last = fields.last, fields.count >= 3,
      let proof = Self.value("p", last).flatMap({ bytes(base64: $0) }), proof.count == 32,
      Self.value("c", fields[0]) == base64(Array(bindingHeader.utf8)),
      Self.value("r", fields[1])?.hasSuffix(nonce) ?? false
    else { throw Refused(reason: "a last message of SCRAM that does not follow the first") }
    let withoutProof = message[..<message.index(before: last.startIndex)]
    let exchanged = Array("\(bareFirst),\(challenge),\(withoutProof)".utf8)
    let signature = HMACSHA256(key: password.storedKey).code(of: exchanged)
    let clientKey = zip(signature, proof).map { $0 ^ $1 }
    guard areEqualInConstantTime(SHA256.hash(clientKey), password.storedKey), let user else {
      throw Refused(reason: "wrong name or password")
    }
    let serverSignature = HMACSHA256(key: password.serverKey).code(of: exchanged)
    return (user.principal, "v=\(base64(serverSignature))")
  }

  private static func value(_ name: String, _ field: Substring) -> String? {
    field.hasPrefix("\(name)=") ? String(field.dropFirst(2)) : nil
  }

  /// A name, in which `,` and `=` come as `=2C` and `=3D`.
  private static func unescaped(_ text: String) -> String? {
    let pieces = text.split(separator: "=", omittingEmptySubsequences: false)
    var name = String(pieces[0])
    for piece in pieces.dropFirst() {
      if piece.hasPrefix("2C") {
        name += ","
      } else if piece.hasPrefix("3D") {
        name += "="
      } else {
        return nil
      }
      name += piece.dropFirst(2)
    }
    return name
  }
}
