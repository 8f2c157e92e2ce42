// A queue between two threads that blocks: who brings waits while it is full, who takes waits while it is
// empty.
internal import Glibc

/// Elements from any threads to one, in order, at most `capacity` of them waiting.
@safe public final class BoundedQueue<Element: Sendable>: @unchecked Sendable {
  // Unchecked: every field below is touched with `mutex` held only.
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>
  private let capacity: Int
  private var waiting: [Element] = []
  private var isClosed = false
  /// Handed out and not yet reported as done.
  private var inHand = false

  public init(capacity: Int) {
    precondition(capacity > 0, "a queue that holds nothing")
    self.capacity = capacity
    unsafe mutex = .allocate(capacity: 1)
    unsafe changed = .allocate(capacity: 1)
    unsafe pthread_mutex_init(mutex, nil)
    unsafe pthread_cond_init(changed, nil)
  }

  deinit {
    unsafe pthread_cond_destroy(changed)
    unsafe pthread_mutex_destroy(mutex)
    unsafe changed.deallocate()
    unsafe mutex.deallocate()
  }

  /// Waits for room; false when the queue is closed, and then the element is not taken.
  public func push(_ element: Element) -> Bool {
    locked {
      wait { waiting.count < capacity || isClosed }
      if !isClosed { waiting.append(element) }
      return !isClosed
    }
  }

  /// Waits for an element; nil when the queue is closed and empty. Asking for the next one reports the last
  /// as done.
  public func pop() -> Element? {
    locked {
      inHand = false
      unsafe pthread_cond_broadcast(changed)
      wait { !waiting.isEmpty || isClosed }
      guard !waiting.isEmpty else { return nil }
      inHand = true
      return waiting.removeFirst()
    }
  }

  /// Waits until every element has been taken and reported as done.
  public func waitUntilIdle() {
    locked { wait { waiting.isEmpty && !inHand } }
  }

  /// No more elements come; those that wait are still handed out.
  public func close() {
    locked { isClosed = true }
  }

  /// `body`, with the lock; whatever it changed is announced.
  private func locked<Result>(_ body: () -> Result) -> Result {
    unsafe pthread_mutex_lock(mutex)
    defer {
      unsafe pthread_cond_broadcast(changed)
      unsafe pthread_mutex_unlock(mutex)
    }
    return body()
  }

  private func wait(until condition: () -> Bool) {
    while !condition() { unsafe pthread_cond_wait(changed, mutex) }
  }
}
