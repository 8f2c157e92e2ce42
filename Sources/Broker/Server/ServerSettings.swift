// What can be set for the server: where it listens, and how much one client may cost it.

public struct ServerSettings: Sendable {
  public var listen = Endpoint(host: "127.0.0.1", port: 9092)
  /// What clients are told to connect to; nil tells them what is listened on.
  public var advertised: Endpoint?

  /// Who may sign on; nil asks nobody who they are.
  public var users: Users?

  /// How long a client may take to say who it is.
  public var signOnTimeout = Duration.seconds(30)
  /// How often an address may fail to sign on within ten seconds; what it sends then waits.
  public var failedSignOns_max = 20

  /// Kafka's socket.request.max.bytes.
  public var request_bytes_max = 100 << 20
  /// Kafka's max.connections has no limit; here one leaves descriptors for segments.
  public var connections_max = 4096
  /// Kafka's connections.max.idle.ms.
  public var idleTimeout = Duration.seconds(600)
  /// Answered at once, so many small requests keep the loop busy between two looks at its other clients.
  public var pipelinedRequests_max = 128
  /// Requests taken from one connection that wait for their answers.
  public var pipelined_bytes_max = 32 << 20
  /// Answers that a client does not fetch; beyond it nothing more is read from it.
  public var unsent_bytes_max = 1 << 20

  public init() {}
}

/// A host name or address with a port.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  public var host: String
  public var port: UInt16

  public init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// `host:port`; an address of version 6 stands in brackets.
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...])
    else { return nil }
    var host = text[..<colon]
    if host.first == "[", host.last == "]" {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    guard !host.isEmpty else { return nil }
    self.init(host: String(host), port: port)
  }

  /// Whether only this machine reaches it. A name other than `localhost` may lead anywhere.
  public var isLoopback: Bool {
    let isNumeric = host.allSatisfy { $0.isASCII && ($0.isNumber || $0 == ".") }
    return host == "localhost" || host == "::1" || isNumeric && host.hasPrefix("127.")
  }

  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
