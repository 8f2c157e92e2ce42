// A request and an answer as values, for servers and clients.

/// What a client asks.
public struct HTTPRequest: Sendable {
  public var method: String
  /// Without the query, as sent.
  public var path: String
  /// By name as sent, values decoded; of two with one name the last counts.
  public var query: [String: String]
  /// By name in lower case.
  public var headers: [String: String]
  public var body: [UInt8]

  public init(
    method: String, path: String, query: [String: String] = [:], headers: [String: String] = [:],
    body: [UInt8] = []
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
  }
}

/// What it is answered.
public struct HTTPResponse: Sendable {
  public var status: Int
  /// In order.
  public var headers: [(name: String, value: String)]
  public var body: [UInt8]

  public init(status: Int = 200, contentType: String? = nil, body: [UInt8] = []) {
    self.status = status
    headers = contentType.map { [("Content-Type", $0)] } ?? []
    self.body = body
  }

  /// Plain text in UTF-8.
  public static func text(_ text: String, status: Int = 200) -> HTTPResponse {
    HTTPResponse(status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
  }

  /// The value of the first header of that name, however it is written.
  public func header(_ name: String) -> String? {
    headers.first { $0.name.lowercased() == name.lowercased() }?.value
  }
}
