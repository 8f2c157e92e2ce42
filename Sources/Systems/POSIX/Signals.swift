// Signals and limits of the whole process: the affair of its main thread, before any other is started.
internal import CLinux
internal import Glibc

/// The signals that ask a process to end, as something to poll.
public final class TerminationSignals: Sendable {
  public let descriptor: Descriptor

  /// Blocks SIGTERM and SIGINT for this thread and all it starts from now on, and collects them here.
  public init() throws(SystemCallError) {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    unsafe sigaddset(&set, SIGTERM)
    unsafe sigaddset(&set, SIGINT)
    let status = unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    guard status == 0 else { throw SystemCallError("pthread_sigmask", code: status) }
    let flags = Int32(SFD_NONBLOCK) | Int32(SFD_CLOEXEC)
    descriptor = try Descriptor(unsafe signalfd(-1, &set, flags), from: "signalfd")
  }

  /// Lets the next of them end the process at once, as if nobody collected them: for the thread that
  /// collects, when the first has been taken.
  public func release() {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    unsafe sigaddset(&set, SIGTERM)
    unsafe sigaddset(&set, SIGINT)
    _ = unsafe pthread_sigmask(SIG_UNBLOCK, &set, nil)
  }

  /// The name of the signal that came, or nil if none did.
  public func take() -> String? {
    var info = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    guard unsafe read(descriptor.rawValue, &info, size) == size else { return nil }
    return info.ssi_signo == UInt32(SIGINT) ? "SIGINT" : "SIGTERM"
  }
}

/// Makes a write to a connection that is gone an error instead of the process's end.
public func ignoreBrokenPipes() {
  signal(SIGPIPE, SIG_IGN)
}

/// Raises the number of descriptors this process may hold to what its user is allowed, and returns it.
public func raiseDescriptorLimit() -> Int {
  var limit = rlimit()
  guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
  limit.rlim_cur = limit.rlim_max
  _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  return Int(clamping: limit.rlim_cur)
}

/// Time that only goes forward, from an arbitrary start.
public func monotonicTime() -> Duration {
  var time = timespec()
  unsafe clock_gettime(CLOCK_MONOTONIC, &time)
  return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
}
