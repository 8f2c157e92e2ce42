/// Messages from any thread to one that has nothing else to do than wait for them.
internal import Glibc

@safe public final class Mailbox<Message: Sendable>: @unchecked Sendable {
  // Unchecked: the fields are touched only while `mutex` is held. Synchronization's Mutex has no condition to
  // wait on.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var messages: [Message] = []
  private var isClosed = false

  public init() {
    unsafe pthread_mutex_init(mutex, nil)
    unsafe pthread_cond_init(changed, nil)
  }

  deinit {
    unsafe pthread_cond_destroy(changed)
    unsafe pthread_mutex_destroy(mutex)
    unsafe changed.deallocate()
    unsafe mutex.deallocate()
  }

  /// Nobody reads what is posted after the mailbox was closed.
  public func post(_ message: Message) {
    locked {
      messages.append(message)
      unsafe pthread_cond_signal(changed)
    }
  }

  /// What was posted before is still read; then the reader gets nil.
  public func close() {
    locked {
      isClosed = true
      unsafe pthread_cond_broadcast(changed)
    }
  }

  /// Waits for the next message, or for the end.
  public func next() -> Message? {
    locked {
      while messages.isEmpty && !isClosed { unsafe pthread_cond_wait(changed, mutex) }
      return messages.isEmpty ? nil : messages.removeFirst()
    }
  }

  private func locked<Result>(_ body: () -> Result) -> Result {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    return body()
  }
}
