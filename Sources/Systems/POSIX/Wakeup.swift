/// Wakes a thread that waits at a poller; any thread may ring, and rings before it wakes count as one.
internal import CLinux
internal import Glibc

public final class Wakeup: Sendable {
  public let descriptor: Descriptor

  public init() throws(SystemCallError) {
    let flags = Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC)
    descriptor = try Descriptor(eventfd(0, flags), from: "eventfd")
  }

  public func ring() {
    var one: UInt64 = 1
    // It can only fail when the counter is full, and then the bell rings already.
    _ = unsafe write(descriptor.rawValue, &one, 8)
  }

  /// Takes note of all rings so far.
  public func clear() {
    var count: UInt64 = 0
    _ = unsafe read(descriptor.rawValue, &count, 8)
  }
}
