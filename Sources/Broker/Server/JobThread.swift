// Work on the disk, off the loop's thread: one job at a time, its end told by waking the loop.
internal import BrokerCore
internal import POSIX
internal import Synchronization

/// Owned by the loop; the thread ends when it is stopped.
final class JobThread<Job: Sendable> {
  private let jobs = Mailbox<Job>()
  private let finished: Finished
  private let thread: Thread
  /// Whether a job is out; the loop's own record.
  private(set) var isBusy = false

  private final class Finished: Sendable {
    let result = Mutex<Result<Job, StoreError>?>(nil)
  }

  init(
    _ name: String, waking loop: Wakeup, run: @escaping @Sendable (Job) throws(StoreError) -> Void
  ) throws(SystemCallError) {
    let (jobs, finished) = (jobs, Finished())
    self.finished = finished
    thread = try Thread(name) {
      while let job = jobs.next() {
        let result = Result<Job, StoreError> { () throws(StoreError) in
          try run(job)
          return job
        }
        finished.result.withLock { $0 = result }
        loop.ring()
      }
    }
  }

  func start(_ job: Job) {
    precondition(!isBusy, "one job at a time")
    isBusy = true
    jobs.post(job)
  }

  /// The job that ended since the last call.
  func takeFinished() throws(StoreError) -> Job? {
    guard isBusy, let result = finished.result.withLock({ $0.take() }) else { return nil }
    isBusy = false
    return try result.get()
  }

  /// Lets the job that runs come to its end.
  func stop() {
    jobs.close()
    thread.join()
  }
}
