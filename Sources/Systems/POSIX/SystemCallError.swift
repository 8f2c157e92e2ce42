/// A call into the kernel that failed, with the kernel's own word for it.
import Glibc

public struct SystemCallError: Error, Hashable, Sendable, CustomStringConvertible {
  public let call: String
  /// `errno` as the call left it.
  public let code: Int32

  public init(_ call: String, code: Int32) {
    self.call = call
    self.code = code
  }

  /// What the last failed call of this thread left behind.
  static func last(_ call: String) -> SystemCallError { SystemCallError(call, code: errno) }

  public var isAddressInUse: Bool { code == EADDRINUSE }

  public var description: String { "\(call): \(reason)" }

  public var reason: String { unsafe String(cString: strerror(code)) }
}

/// Repeats a call that a signal interrupted.
func retrying<Result: FixedWidthInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result == -1 && errno == EINTR { continue }
    return result
  }
}
