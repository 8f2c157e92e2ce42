// The one thread that writes state to disk, off the hot path: batches of committed epochs come in, each is
// written whole, and the stores' marks tell that its entries may leave memory.
internal import Basics
internal import POSIX
public import Store
internal import Synchronization

/// Changes of one task's stores up to one epoch, with the task's metadata.
struct TaskBatch: Sendable {
  struct Part: Sendable {
    var family: Family
    var batch: StoreBatch
    var mark: WrittenMark
    var seal: Int64
  }

  var parts: [Part]
  var task: [UInt8]
  var metadata: [UInt8]
}

/// Writes batches in the order in which they were submitted. Shared by all workers of a process.
public final class StateWriter: Sendable {
  public let database: Database
  private let queue: BoundedQueue<TaskBatch>
  private let metadataFamily: Family
  private let thread: Thread
  private let failure: Failure

  /// What the thread leaves behind when the disk refuses.
  private final class Failure: Sendable {
    let error = Mutex<StoreError?>(nil)
  }

  /// Batches that wait; more would only be memory that the disk cannot keep up with.
  private static let batchesWaitingMax = 8

  /// - Throws: when the database cannot be used, or no thread can be started.
  public init(_ database: Database) throws(StoreError) {
    self.database = database
    let family = try database.family(StateWriter.metadataFamilyName)
    let (queue, failure) = (BoundedQueue<TaskBatch>(capacity: Self.batchesWaitingMax), Failure())
    (metadataFamily, self.queue, self.failure) = (family, queue, failure)
    do {
      thread = try Thread("state-writer") { Self.run(queue, database, family, failure) }
    } catch {
      throw .fatal("no thread to write state with: \(error)")
    }
  }

  static let metadataFamilyName = "tasks"

  /// Hands a batch over; waits while too many are waiting.
  /// - Throws: what went wrong with an earlier batch; nothing has been written since.
  func submit(_ batch: TaskBatch) throws(StoreError) {
    if let error = failure.error.withLock({ $0 }) { throw error }
    precondition(queue.push(batch), "a batch after the writer's shutdown")
  }

  /// Waits until everything submitted is on disk.
  public func drain() throws(StoreError) {
    queue.waitUntilIdle()
    if let error = failure.error.withLock({ $0 }) { throw error }
  }

  /// Writes what has been submitted and ends the thread. Exactly one thread must call this, once, as the last
  /// call.
  public func shutdown() {
    queue.close()
    thread.join()
  }

  /// What the database says of a task.
  func metadata(of task: [UInt8]) throws(StoreError) -> TaskMetadata? {
    try unsafe metadataFamily.withValue(of: task.span.bytes) { (bytes) throws(StoreError) in
      guard let bytes else { return nil }
      guard let metadata = TaskMetadata(stored: bytes) else {
        throw .restore("a task's metadata is unreadable")
      }
      return metadata
    }
  }

  /// Makes the database forget a task's metadata, so that its rows count for nothing.
  func forget(_ task: [UInt8]) throws(StoreError) {
    var batch = WriteBatch()
    unsafe batch.delete(task.span.bytes, in: metadataFamily)
    try database.write(batch)
  }

  private static func run(
    _ queue: BoundedQueue<TaskBatch>, _ database: Database, _ metadataFamily: Family, _ failure: Failure
  ) {
    while let batch = queue.pop() {
      // After a failure the rest is taken and dropped: nobody must wait, and a gap must not be written over.
      if failure.error.withLock({ $0 }) != nil { continue }
      do throws(StoreError) {
        try write(batch, to: database, metadataFamily)
      } catch {
        failure.error.withLock { $0 = error }
      }
    }
  }

  private static func write(
    _ task: TaskBatch, to database: Database, _ metadataFamily: Family
  ) throws(StoreError) {
    var batch = WriteBatch()
    for part in task.parts { part.batch.add(to: &batch, part.family) }
    unsafe batch.put(task.task.span.bytes, task.metadata.span.bytes, in: metadataFamily)
    try database.write(batch)
    for part in task.parts {
      part.mark.advance(to: part.seal)
      try part.batch.deleteFiles(of: part.family)
    }
  }
}
