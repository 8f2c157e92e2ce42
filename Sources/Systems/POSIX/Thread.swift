/// A thread of the operating system, for work that blocks or owns what is not Sendable.
internal import CLinux
internal import Glibc

@safe public struct Thread: Sendable {
  private let handle: pthread_t

  /// Starts `body` on a new thread; `name` (at most 15 bytes) is shown by debuggers and top.
  public init(_ name: String, _ body: @escaping @Sendable () -> Void) throws(SystemCallError) {
    var handle = pthread_t()
    let context = unsafe Unmanaged.passRetained(Body(name, body))
    let status = unsafe pthread_create(&handle, nil, runBody, context.toOpaque())
    guard status == 0 else {
      unsafe context.release()
      throw SystemCallError("pthread_create", code: status)
    }
    self.handle = handle
  }

  /// Waits for the end of the body. Exactly one thread must do this, once.
  public func join() { pthread_join(handle, nil) }
}

/// Holds the calling thread up for so long.
public func pauseThread(_ duration: Duration) {
  let (seconds, attoseconds) = duration.components
  var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
  unsafe nanosleep(&time, nil)
}

private final class Body: Sendable {
  let name: String
  let run: @Sendable () -> Void

  init(_ name: String, _ run: @escaping @Sendable () -> Void) {
    self.name = name
    self.run = run
  }
}

private nonisolated func runBody(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let context = unsafe context else { return nil }
  let body = unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue()
  _ = unsafe ratchet_name_thread(body.name)
  body.run()
  return nil
}
