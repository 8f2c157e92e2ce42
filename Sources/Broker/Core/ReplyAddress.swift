// Who asked: kept with a request that waits, given back with its answer.

/// A client's connection, numbered by the server.
public struct ConnectionID: RawRepresentable, Hashable, Comparable, Sendable {
  public var rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  public static func < (a: ConnectionID, b: ConnectionID) -> Bool { a.rawValue < b.rawValue }
}

/// Names one request of a connection; the server chooses it and gets it back with the answer.
public struct ReplyToken: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// Where an answer goes.
public struct ReplyAddress: Hashable, Sendable {
  public var connection: ConnectionID
  public var token: ReplyToken

  public init(connection: ConnectionID, token: ReplyToken) {
    self.connection = connection
    self.token = token
  }
}
