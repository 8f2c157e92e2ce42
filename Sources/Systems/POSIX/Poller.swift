// epoll: which of many descriptors are ready.
internal import Basics
internal import CLinux
internal import Glibc

/// Watches descriptors under keys of the caller's choice. Readiness is told again until it is used up.
@safe public final class Poller {
  public struct Interest: OptionSet, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let reading = Interest(rawValue: 1)
    public static let writing = Interest(rawValue: 2)
  }

  public struct Event: Sendable {
    public let key: UInt64
    public let ready: Interest
    /// The other side has gone or the connection broke.
    public let isBroken: Bool
  }

  private let descriptor: Descriptor
  private let buffer: UnsafeMutableBufferPointer<epoll_event>

  public init() throws(SystemCallError) {
    descriptor = try Descriptor(epoll_create1(Int32(EPOLL_CLOEXEC)), from: "epoll_create1")
    unsafe buffer = .allocate(capacity: 256)
  }

  deinit { unsafe buffer.deallocate() }

  public func add(_ watched: Descriptor, key: UInt64, for interest: Interest) throws(SystemCallError) {
    try control(EPOLL_CTL_ADD, watched, key, interest)
  }

  public func change(_ watched: Descriptor, key: UInt64, to interest: Interest) throws(SystemCallError) {
    try control(EPOLL_CTL_MOD, watched, key, interest)
  }

  /// Stops watching; a descriptor that is closed needs no removal.
  public func remove(_ watched: Descriptor) throws(SystemCallError) {
    try control(EPOLL_CTL_DEL, watched, 0, [])
  }

  private func control(
    _ operation: Int32, _ watched: Descriptor, _ key: UInt64, _ interest: Interest
  ) throws(SystemCallError) {
    var event = unsafe epoll_event()
    if interest.contains(.reading) { unsafe event.events |= EPOLLIN.rawValue }
    if interest.contains(.writing) { unsafe event.events |= EPOLLOUT.rawValue }
    unsafe event.data.u64 = key
    let result = unsafe epoll_ctl(descriptor.rawValue, operation, watched.rawValue, &event)
    guard result == 0 else { throw .last("epoll_ctl") }
  }

  /// Waits until something is ready or `timeout` is over; without one, as long as it takes.
  public func wait(timeout: Duration?, _ body: (Event) -> Void) throws(SystemCallError) {
    // Rounded up: waking a little too early would only make the caller wait again, in a loop.
    let limit = timeout.map { Int32(clamping: max($0, .zero).milliseconds) + ($0 > .zero ? 1 : 0) } ?? -1
    let count = unsafe epoll_wait(descriptor.rawValue, buffer.baseAddress!, Int32(buffer.count), limit)
    guard count >= 0 else {
      if errno == EINTR { return }
      throw .last("epoll_wait")
    }
    for index in 0..<Int(count) { body(unsafe Event(buffer[index])) }
  }
}

extension Poller.Event {
  fileprivate init(_ event: epoll_event) {
    key = unsafe event.data.u64
    isBroken = unsafe event.events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0
    var ready: Poller.Interest = []
    if unsafe event.events & EPOLLIN.rawValue != 0 { ready.insert(.reading) }
    if unsafe event.events & EPOLLOUT.rawValue != 0 { ready.insert(.writing) }
    self.ready = ready
  }
}
