// SaslHandshake and SaslAuthenticate: how a client chooses a mechanism and exchanges its messages (KIP-12,
// KIP-152).
public import Basics

public struct SASLHandshakeRequest: Sendable {
  public var mechanism = ""

  public init() {}
  public init(mechanism: String) { self.mechanism = mechanism }
}

public struct SASLHandshakeResponse: Sendable {
  public var error = ErrorCode.none
  /// All that are offered.
  public var mechanisms: [String] = []

  public init() {}

  public init(error: ErrorCode, mechanisms: [String] = []) {
    self.error = error
    self.mechanisms = mechanisms
  }
}

public struct SASLAuthenticateRequest: Sendable {
  /// The mechanism's own message.
  public var message = ByteSlice.empty

  public init() {}
  public init(message: ByteSlice) { self.message = message }
}

public struct SASLAuthenticateResponse: Sendable {
  public var error = ErrorCode.none
  public var errorMessage: String? = nil
  /// The mechanism's own message.
  public var message = ByteSlice.empty

  public init() {}

  public init(error: ErrorCode = .none, errorMessage: String? = nil, message: ByteSlice = .empty) {
    self.error = error
    self.errorMessage = errorMessage
    self.message = message
  }
}

extension SASLHandshakeRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) { try wire.field(&mechanism) }
}

extension SASLHandshakeResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&error)
    try wire.field(&mechanisms)
  }
}

extension SASLAuthenticateRequest: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&message)
    try wire.tags()
  }
}

extension SASLAuthenticateResponse: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&error)
    try wire.field(&errorMessage)
    try wire.field(&message)
    // After how long to sign on again: never.
    if wire.version >= 1 { try wire.constant(Int64(0)) }
    try wire.tags()
  }
}
