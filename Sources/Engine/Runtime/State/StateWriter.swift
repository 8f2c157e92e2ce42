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
  var task: TaskID
  var metadata: [UInt8]
  /// Which of the writer's lives the task's rows are of.
  var life: Int
}

/// Writes batches in the order in which they were submitted. Shared by all workers of a process.
///
/// A batch that could not be written leaves a gap that later ones must not be written over. So from a failure
/// on everything is refused until a task has come back to its rows with `reopen`; and batches of tasks that
/// have not are still refused then.
public final class StateWriter: Sendable {
  public let database: Database
  private let queue: BoundedQueue<TaskBatch>
  private let metadataFamily: Family
  private let thread: Thread
  private let health: Health
  private let write: Write

  /// How a batch gets to the disk.
  typealias Write = @Sendable (borrowing WriteBatch) throws(StoreError) -> Void

  /// What the thread leaves behind when the disk refuses.
  private final class Health: Sendable {
    let state = Mutex((error: StoreError?.none, life: 0))

    func check(_ life: Int) throws(StoreError) {
      let (error, current) = state.withLock { $0 }
      if let error { throw error }
      if life != current { throw .fatal("an earlier batch of these rows was lost, or their families were") }
    }
  }

  /// Batches that wait; more would only be memory that the disk cannot keep up with.
  private static let batchesWaitingMax = 8

  /// - Throws: when the database cannot be used, or no thread can be started.
  public convenience init(_ database: Database) throws(StoreError) {
    try self.init(database) { (batch) throws(StoreError) in try database.write(batch) }
  }

  /// As above, by a `write` of the caller's: one that is slow, or fails.
  init(_ database: Database, _ write: @escaping Write) throws(StoreError) {
    self.database = database
    self.write = write
    try Self.dropOlderLayout(of: database)
    let family = try database.family(StateWriter.metadataFamilyName)
    let (queue, health) = (BoundedQueue<TaskBatch>(capacity: Self.batchesWaitingMax), Health())
    (metadataFamily, self.queue, self.health) = (family, queue, health)
    do {
      thread = try Thread("state-writer") { Self.run(queue, write, family, health) }
    } catch {
      throw .fatal("no thread to write state with: \(error)")
    }
  }

  static let metadataFamilyName = "tasks"

  /// Earlier builds gave each task families of its own. Without metadata its rows are restored from the
  /// changelogs, as on a new disk.
  private static func dropOlderLayout(of database: Database) throws(StoreError) {
    let older = database.familyNames.filter { $0.contains("/") }
    if older.isEmpty { return }
    try database.drop(try database.family(metadataFamilyName))
    for name in older { try database.drop(try database.family(name)) }
  }

  /// Hands a batch over; waits while too many are waiting.
  /// - Throws: what went wrong with an earlier batch; nothing of the task has been written since.
  func submit(_ batch: TaskBatch) throws(StoreError) {
    try health.check(batch.life)
    precondition(queue.push(batch), "a batch after the writer's shutdown")
  }

  /// Waits until everything submitted is on disk.
  public func drain() throws(StoreError) {
    queue.waitUntilIdle()
    if let error = health.state.withLock({ $0.error }) { throw error }
  }

  /// For a task that comes back to its rows as they are: waits until everything submitted is on disk or
  /// refused, and after a failure tries whether the disk takes something again.
  /// - Returns: the life that the task's batches are of from now on.
  func reopen() throws(StoreError) -> Int {
    queue.waitUntilIdle()
    guard health.state.withLock({ $0.error }) != nil else { return health.state.withLock { $0.life } }
    var batch = WriteBatch()
    unsafe batch.put(Array("probe".utf8).span.bytes, RawSpan(), in: metadataFamily)
    unsafe batch.delete(Array("probe".utf8).span.bytes, in: metadataFamily)
    try write(batch)
    return health.state.withLock { state in
      if state.error != nil { state = (nil, state.life + 1) }
      return state.life
    }
  }

  /// Writes what has been submitted and ends the thread. Exactly one thread must call this, once, as the last
  /// call.
  public func shutdown() {
    queue.close()
    thread.join()
  }

  /// What the database says of a task.
  func metadata(of task: TaskID) throws(StoreError) -> TaskMetadata? {
    try unsafe metadataFamily.withValue(of: task.bytes.span.bytes) { (bytes) throws(StoreError) in
      guard let bytes else { return nil }
      guard let metadata = TaskMetadata(stored: bytes) else {
        throw .restore("a task's metadata is unreadable")
      }
      return metadata
    }
  }

  /// The task's rows of the store `name`.
  func rows(of name: String, _ task: TaskID) throws(StoreError) -> StoreRows {
    StoreRows(try database.family(StoreRows.familyName(task.processor, name)), of: task.partition)
  }

  /// Makes the database forget a task's metadata, so that its rows count for nothing. On the disk before this
  /// returns: files that are deleted next are gone at once, and metadata that a loss of power brought back
  /// would speak for rows that are not there.
  func forget(_ task: TaskID) throws(StoreError) {
    do throws(StoreError) {
      if try metadata(of: task) == nil { return }
    } catch {
      // What cannot be read must go as well.
    }
    var batch = WriteBatch()
    batch.isSynced = true
    unsafe batch.delete(task.bytes.span.bytes, in: metadataFamily)
    try write(batch)
  }

  /// Deletes rows whose task has been forgotten.
  func delete(_ rows: [StoreRows]) throws(StoreError) {
    var batch = WriteBatch()
    var full: [StoreRows] = []
    for rows in rows where !(try rows.isEmpty()) {
      rows.delete(in: &batch)
      full.append(rows)
    }
    if full.isEmpty { return }
    try write(batch)
    for rows in full { try rows.deleteFiles() }
  }

  /// Gives up families that contradict themselves, and with them the rows of all the processor's tasks. What
  /// tasks on older rows hand over from here on is refused, so that each comes back to what there is.
  func dropFamilies(_ families: [Family], of processor: String) throws(StoreError) {
    health.state.withLock { $0.life += 1 }
    queue.waitUntilIdle()
    var batch = WriteBatch()
    batch.isSynced = true
    let (first, end) = (Array("\(processor)/".utf8), Array("\(processor)0".utf8))
    unsafe batch.deleteRange(from: first.span.bytes, to: end.span.bytes, in: metadataFamily)
    try write(batch)
    for family in families where try database.family(family.name) === family { try database.drop(family) }
  }

  private static func run(
    _ queue: BoundedQueue<TaskBatch>, _ write: Write, _ metadataFamily: Family, _ health: Health
  ) {
    while let batch = queue.pop() {
      // What comes behind a gap is taken and dropped: nobody must wait for it.
      do throws(StoreError) { try health.check(batch.life) } catch { continue }
      do throws(StoreError) {
        try self.write(batch, by: write, metadataFamily)
      } catch {
        health.state.withLock { $0.error = error }
      }
    }
  }

  private static func write(
    _ task: TaskBatch, by write: Write, _ metadataFamily: Family
  ) throws(StoreError) {
    var batch = WriteBatch()
    for part in task.parts { part.batch.add(to: &batch, part.family) }
    unsafe batch.put(task.task.bytes.span.bytes, task.metadata.span.bytes, in: metadataFamily)
    try write(batch)
    for part in task.parts {
      part.mark.advance(to: part.seal)
      try part.batch.deleteFiles(of: part.family)
    }
  }
}

extension TaskID {
  /// The name, as the metadata's key.
  fileprivate var bytes: [UInt8] { Array(description.utf8) }
}
