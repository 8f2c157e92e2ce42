// Signing on: what stands between a connection and the broker where there are users. As a value: requests
// in, decisions out.
internal import Basics
internal import BrokerCore
internal import BrokerProtocol

/// ```
///                          checking ────────────────────┐
///                  PLAIN      ▲                         │ the password is right
///                             │                         ▼
///   nobody ── handshake ──▶ chosen ◀─┐              signed on ── any request ──▶ passed on
///                             │      └ handshake        ▲
///                  first of   │                         │ last of SCRAM
///                  SCRAM      ▼                         │
///                         challenged ───────────────────┘
/// ```
/// Legal successors: nobody: chosen; chosen: chosen, checking, challenged; checking, challenged: signed on.
/// Whatever does not belong there ends the connection.
struct SignOn {
  enum Decision {
    /// The request goes to the broker, on this one's behalf.
    case pass(Principal)
    case answer(Response)
    /// The connection ends after the answer; `reason` is for the log alone.
    case refuse(Response, reason: String)
    /// To be run elsewhere and handed to `conclude`; until then nothing more is taken.
    case check(PasswordCheck)
    /// The connection ends.
    case close(reason: String)
  }

  private enum State {
    case nobody
    case chosen(Mechanism)
    case challenged(SCRAMExchange)
    case checking
    case signedOn(Principal)
  }

  enum Mechanism: String, CaseIterable {
    case scram = "SCRAM-SHA-256"
    case plain = "PLAIN"
  }

  /// Before a client has said who it is, it gets to send no more than such messages need.
  static let request_bytes_max = 64 << 10

  private var state = State.nobody

  var isSignedOn: Bool {
    if case .signedOn = state { true } else { false }
  }

  /// Whether the next message names a password to be checked.
  var isPlain: Bool {
    if case .chosen(.plain) = state { true } else { false }
  }

  mutating func take(_ request: Request, users: Users) -> Decision {
    switch (request, state) {
    case (.saslHandshake(let request), .nobody), (.saslHandshake(let request), .chosen):
      return choose(request.mechanism)
    case (.saslAuthenticate(let request), .chosen(let mechanism)):
      return authenticate(request.message, mechanism, users)
    case (.saslAuthenticate(let request), .challenged(let exchange)): return finish(exchange, request.message)
    case (.saslHandshake, _): return .answer(.saslHandshake(SASLHandshakeResponse(error: .illegalSASLState)))
    case (.saslAuthenticate, _):
      return .answer(.saslAuthenticate(SASLAuthenticateResponse(error: .illegalSASLState)))
    case (_, .signedOn(let principal)): return .pass(principal)
    case (.apiVersions, _): return .answer(.apiVersions(APIVersionsResponse()))
    default:
      return .close(reason: "a request before signing on; the client needs security.protocol=SASL_PLAINTEXT")
    }
  }

  private mutating func choose(_ name: String) -> Decision {
    let offered = Mechanism.allCases.map(\.rawValue)
    guard let mechanism = Mechanism(rawValue: name) else {
      let response = SASLHandshakeResponse(error: .unsupportedSASLMechanism, mechanisms: offered)
      return .refuse(.saslHandshake(response), reason: "the mechanism \"\(name)\" is not offered")
    }
    state = .chosen(mechanism)
    return .answer(.saslHandshake(SASLHandshakeResponse(error: .none, mechanisms: offered)))
  }

  private mutating func authenticate(_ message: ByteSlice, _ mechanism: Mechanism, _ users: Users) -> Decision
  {
    let text = String(decoding: message.bytes, as: UTF8.self)
    do throws(SCRAMExchange.Refused) {
      switch mechanism {
      case .plain:
        let check = try Self.check(plain: text, users)
        state = .checking
        return .check(check)
      case .scram:
        let nonce = base64((0..<18).map { _ in .random(in: 0...255) })
        let exchange = try SCRAMExchange(first: text, users: users, serverNonce: nonce)
        state = .challenged(exchange)
        return .answer(Self.response(exchange.challenge))
      }
    } catch { return Self.refusal(error.reason) }
  }

  private mutating func finish(_ exchange: SCRAMExchange, _ message: ByteSlice) -> Decision {
    do throws(SCRAMExchange.Refused) {
      let proved = try exchange.prove(final: String(decoding: message.bytes, as: UTF8.self))
      return signOn(proved.principal, answer: proved.answer)
    } catch { return Self.refusal("\(error.reason) (\"\(exchange.name)\")") }
  }

  /// The check has run.
  mutating func conclude(_ check: PasswordCheck) -> Decision {
    guard case .checking = state else { preconditionFailure("no password is being checked") }
    guard let principal = check.principal else {
      return Self.refusal("wrong name or password (\"\(check.name)\")")
    }
    return signOn(principal, answer: "")
  }

  private mutating func signOn(_ principal: Principal, answer: String) -> Decision {
    state = .signedOn(principal)
    return .answer(Self.response(answer))
  }

  private static func response(_ message: String) -> Response {
    .saslAuthenticate(SASLAuthenticateResponse(message: ByteSlice(Array(message.utf8))))
  }

  private static func refusal(_ reason: String) -> Decision {
    let told = "Authentication failed: wrong name or password"
    return .refuse(
      .saslAuthenticate(SASLAuthenticateResponse(error: .saslAuthenticationFailed, errorMessage: told)),
      reason: reason)
  }

  /// RFC 4616: whom to act for, who it is, and the password, with zeros between.
  private static func check(
    plain text: String, _ users: Users
  ) throws(SCRAMExchange.Refused) -> PasswordCheck {
    let parts = text.split(separator: "\0", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3, parts[0].isEmpty || parts[0] == parts[1] else {
      throw SCRAMExchange.Refused(reason: "no message of PLAIN")
    }
    return PasswordCheck(parts[2], of: parts[1], users: users)
  }
}
