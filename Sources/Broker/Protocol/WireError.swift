/// Why a frame is no request that can be answered. Positions count bytes of the frame, after its length.
public enum WireError: Error, Equatable, Sendable {
  /// A field or an array goes beyond the frame's end.
  case truncated(at: Int)
  /// A length, a number or a text that the protocol does not allow there.
  case invalid(String, at: Int)
  case unknownAPI(key: Int16)
  /// The correlation id and client of a request whose layout is not known.
  case unsupportedVersion(RequestHeader)
}

extension WireError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .truncated(let position): "the request ends within a field that begins at byte \(position)"
    case .invalid(let what, let position): "\(what) is not allowed at byte \(position)"
    case .unknownAPI(let key): "api key \(key) is not served"
    case .unsupportedVersion(let header): "version \(header.version) of \(header.key) is not served"
    }
  }
}
