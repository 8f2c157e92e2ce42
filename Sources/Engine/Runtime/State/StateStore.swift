// What a task asks of each of its stores when it comes to the disk, whatever the types of keys and values.
internal import Basics
internal import Store

/// A store whose changes can be kept in a database.
protocol StateStore: TaskStore {
  var name: String { get }
  var schema: StoreSchema { get }
  /// The first thing that went wrong since the store was attached. What was folded since then must not be
  /// committed.
  var failure: StoreError? { get }
  /// Makes `rows` the store's on disk, and forgets what is in memory.
  func attach(_ rows: StoreRows) throws(StoreError)
  /// All sealed changes since the last batch, and the mark that the writer moves when they are on disk.
  func takeBatch() -> (batch: StoreBatch, mark: WrittenMark, seal: Int64)
  /// True when so much has changed since the last batch that memory runs short of entries that may leave it.
  var wantsBatch: Bool { get }
  /// How many changes have been sealed since the last batch.
  var waitingChanges: Int { get }
  /// True when the entries in memory are above their bound by more than the next epoch could take away.
  var isOverfull: Bool { get }
  /// Bytes of entries in memory, by the store's own count.
  var usedBytes: Int { get }
  /// The schema versions of the values that `restore` has been given; nil when there were none.
  var restoredSchemas: ClosedRange<UInt8>? { get }
  /// What changes from here on can be taken back, until `keepRecord`.
  func beginRecord()
  /// Since then a value has become larger than a changelog record holds.
  var isRecordOversized: Bool { get }
  func takeRecordBack()
  func keepRecord()
  /// Writes out what `restore` has collected.
  func finishRestore() throws(StoreError)
}
