// A file descriptor with one owner.
internal import Glibc

/// Closes its descriptor when the last reference goes.
public final class Descriptor: Sendable {
  public let rawValue: Int32

  init(_ rawValue: Int32, from call: String) throws(SystemCallError) {
    guard rawValue >= 0 else { throw .last(call) }
    self.rawValue = rawValue
  }

  deinit { close(rawValue) }
}
