// One task's stores as a whole: found on disk, brought up to date, and written behind the commits.
public import Basics
public import Store

/// The stores of one task and their rows in the process's database. Used on the task's thread.
public final class TaskState {
  private let task: TaskID
  private let stores: [any StateStore]
  private var rows: [StoreRows]
  private let writer: StateWriter
  private var life: Int
  /// Some rows contradict themselves, so that a store could not be opened on them.
  private var isDamaged = false
  /// What the next batch will say of the task, once it is due.
  private var pending: (metadata: TaskMetadata, epochs: Int)?
  /// The oldest schema version that each store's values may be in.
  private var oldestSchemas: [UInt8]
  /// Up to where the rows hold each store's changelog, as `decide` found them.
  private(set) var positions: [Offset] = []

  /// Epochs that wait for one write. A key that changes in each of them is then written once; a start after a
  /// kill reads at most so many epochs of the changelog again.
  private static let epochsPerBatch = 16
  /// How many changes may wait for it: of a key that changes in many epochs only the last is written, and as
  /// many changelog records are read again by that start.
  private static let changesPerBatch = 100_000

  /// Opens the stores' rows. `stores` are all the task's stores in order, made by this module.
  public init(_ task: TaskID, _ stores: [any TaskStore], _ writer: StateWriter) throws(StoreError) {
    self.task = task
    self.writer = writer
    self.stores = stores.map { store in
      guard let store = store as? any StateStore else { preconditionFailure("a store of another make") }
      return store
    }
    life = try writer.reopen()
    rows = []
    oldestSchemas = self.stores.map(\.schema.current)
    for store in self.stores {
      rows.append(try writer.rows(of: store.name, task))
      do throws(StoreError) { try store.attach(rows[rows.count - 1]) } catch {
        guard case .restore = error else { throw error }
        isDamaged = true
      }
    }
  }

  /// What to do with what is on disk.
  /// - Throws: what a person must be told before anything can start.
  public func decide(
    clusterID: String, log: LogEnd?, tombstoneRetention: Duration?, now: Timestamp
  ) throws(Diagnostic) -> StartUp {
    let metadata: TaskMetadata?
    do { metadata = try writer.metadata(of: task) } catch {
      guard case .restore = error else { throw error.diagnostic }
      return .restoreFully(.damaged)
    }
    if isDamaged { return .restoreFully(.damaged) }
    let decision = try StartUp.decide(
      metadata,
      StartUpFacts(
        clusterID: clusterID, log: log, stores: stores.map { ($0.name, $0.schema) },
        tombstoneRetention: tombstoneRetention, now: now))
    positions = metadata?.stores.map(\.next) ?? []
    for (index, store) in (metadata?.stores ?? []).enumerated() where index < oldestSchemas.count {
      oldestSchemas[index] = min(oldestSchemas[index], store.oldestSchema)
    }
    return decision
  }

  /// Makes the next start restore fully: the rows have turned out to contradict themselves.
  public func condemn() throws(StoreError) {
    pending = nil
    try writer.dropFamilies(rows.map(\.family), of: task.processor)
  }

  /// Removes the task's rows, before a full restore. From here until `restored`, a kill leaves it absent.
  public func clear() throws(StoreError) {
    try writer.drain()
    try writer.forget(task)
    pending = nil
    if isDamaged {
      try writer.dropFamilies(rows.map(\.family), of: task.processor)
      life = try writer.reopen()
      for (index, store) in stores.enumerated() { rows[index] = try writer.rows(of: store.name, task) }
    }
    try writer.delete(rows)
    for (store, rows) in zip(stores, rows) { try store.attach(rows) }
    isDamaged = false
    oldestSchemas = stores.map(\.schema.current)
  }

  /// Says that the stores have been given their changelogs up to this epoch, through `TaskStore.restore`.
  public func restored(_ log: LogEnd, clusterID: String, changelogs: [Offset], now: Timestamp)
    throws(StoreError)
  {
    for (index, store) in stores.enumerated() {
      try store.finishRestore()
      if let oldest = store.restoredSchemas?.lowerBound {
        oldestSchemas[index] = min(oldestSchemas[index], oldest)
      }
    }
    try committed(log, clusterID: clusterID, changelogs: changelogs, now: now)
    try write()
  }

  /// Takes note of a committed epoch; its changes go to the writer at the latest some epochs later.
  /// `changelogs` are the offsets behind the epoch's records, in the order of the stores. Must come before
  /// the next epoch's first record is folded.
  public func committed(_ log: LogEnd, clusterID: String, changelogs: [Offset], now: Timestamp)
    throws(StoreError)
  {
    precondition(changelogs.count == stores.count, "one changelog for each store")
    try checkStores()
    let positions = stores.indices.map {
      TaskMetadata.StorePosition(stores[$0].name, next: changelogs[$0], oldestSchema: oldestSchemas[$0])
    }
    let metadata = TaskMetadata(
      epoch: log.epoch, recordHash: log.recordHash, recordOffset: log.recordOffset, clusterID: clusterID,
      writtenAt: now, stores: positions)
    pending = (metadata, (pending?.epochs ?? 0) + 1)
    let isLarge =
      stores.contains { $0.wantsBatch } || stores.reduce(0) { $0 + $1.waitingChanges } >= Self.changesPerBatch
    if isLarge || (pending?.epochs ?? 0) >= Self.epochsPerBatch { try write() }
    // Entries leave memory only when they are on disk, so a writer that lags must be waited for.
    if stores.contains(where: \.isOverfull) { try flush() }
  }

  /// Hands over what waits and waits until it is on disk: for an orderly end.
  public func flush() throws(StoreError) {
    try write()
    try writer.drain()
  }

  /// The first failure of any store: what was folded since must not be committed.
  public func checkStores() throws(StoreError) {
    for store in stores { if let failure = store.failure { throw failure } }
  }

  /// Bytes that the stores' entries take in memory, by the stores' own count.
  public var usedBytes: Int { stores.reduce(0) { $0 + $1.usedBytes } }

  private func write() throws(StoreError) {
    guard let (metadata, _) = pending else { return }
    pending = nil
    var bytes: [UInt8] = []
    metadata.store(into: &bytes)
    let parts = zip(stores, rows).map { store, rows in
      let (batch, mark, seal) = store.takeBatch()
      return TaskBatch.Part(family: rows.family, batch: batch, mark: mark, seal: seal)
    }
    try writer.submit(TaskBatch(parts: parts, task: task, metadata: bytes, life: life))
  }
}
