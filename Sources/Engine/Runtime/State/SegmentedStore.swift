// A fold's memory of what lately happened: values by key that live for a while. Entries are kept in segments
// by recorded time, and a segment that has become too old goes as a whole: no tombstone and no timer for a
// key.
public import Basics
internal import Compression
internal import Store

/// Values by key, each kept for `lifetime` after it came to be, and up to one segment longer. Used like
/// `KeyValueStore`, and told the recorded time.
public final class SegmentedStore<Key: StorableKey, Value: Storable> {
  public let name: String
  @usableFromInline let lifetime_ms: Int64
  @usableFromInline let segment_ms: Int64
  /// Where recorded time leaves the current segment: until then `advance` has nothing to do.
  @usableFromInline var segmentEnd = Timestamp(milliseconds: .min)
  @usableFromInline let entries: Cell<ResidentEntries<Key, Value>>
  @usableFromInline let operations: StoreOperations<Key, Value>

  /// A key that is not in memory is looked for in each segment: more of them free memory and disk in finer
  /// steps, and make such a search longer.
  @usableFromInline static var segmentsPerLifetime: Int64 { 8 }

  @inlinable public init(
    _ name: String, lifetime: Duration, memory: Int = 64 << 20, migration: Migration<Value>? = nil
  ) {
    precondition(lifetime >= .milliseconds(Self.segmentsPerLifetime), "a lifetime too short to be divided")
    self.name = name
    lifetime_ms = lifetime.milliseconds
    segment_ms = lifetime_ms / Self.segmentsPerLifetime
    operations = StoreOperations()
    entries = Cell(
      ResidentEntries(
        boundBytes: memory, migration: migration, disk: StoreDisk(storeName: name, isSegmented: true)))
  }

  /// Tells the recorded time, which never goes back: call it before the record of that time is folded.
  @inlinable public func advance(to time: Timestamp) {
    if time >= segmentEnd { enterSegment(of: time) }
  }

  @usableFromInline func enterSegment(of time: Timestamp) {
    let current = Self.segment(of: time.rawValue, segment_ms)
    segmentEnd = Timestamp(milliseconds: (current + 1) * segment_ms)
    entries.value.advance(
      to: current, oldest: Self.segment(of: current * segment_ms - lifetime_ms, segment_ms))
  }

  /// Rounded down, also before 1970.
  private static func segment(of time_ms: Int64, _ segment_ms: Int64) -> Int64 {
    time_ms / segment_ms - (time_ms % segment_ms < 0 ? 1 : 0)
  }

  /// As `KeyValueStore.update`. A value that comes to be belongs to the current segment until it is removed.
  @inlinable public func update<Result>(_ key: Key, _ body: (inout Value?) -> Result) -> Result {
    entries.value.update(key, body)
  }

  /// Lends the value of `key`, nil where there is none.
  @inlinable public func read<Result>(_ key: Key, _ body: (borrowing Value?) -> Result) -> Result {
    entries.value.read(key, body)
  }

  @inlinable public subscript(key: Key) -> Value? {
    get { entries.value.read(key) { copy $0 } }
    set { entries.value.update(key) { $0 = newValue } }
  }
}

extension SegmentedStore: TaskStore {
  /// One packed record for the whole epoch, more only when it would be too large; its key is empty, because
  /// the topic is not compacted.
  public func takeChanges(
    into changes: inout OutboundRecords, as output: Int, _ partition: PartitionID, at time: Timestamp
  ) {
    var packed = PackedChanges()
    func emit(_ record: RawSpan) {
      changes.append(to: output, partition, at: time, key: RawSpan(), value: record)
    }
    var failed: CompressionError?
    operations.seal(entries) { key, segment, value in
      do throws(CompressionError) { try packed.append(key, segment, value, emit) } catch { failed = error }
    }
    do throws(CompressionError) { try packed.finish(emit) } catch { failed = error }
    if let failed { entries.value.disk.fail(.fatal("changes cannot be packed: \(failed)")) }
  }

  public func restore(key: RawSpan, value: RawSpan?) {
    guard let value else { return }
    let isWhole = PackedChanges.unpack(value) { entries.value.restore($0, $1, $2) }
    if !isWhole { entries.value.disk.fail(.restore("a changelog record of the store \(name) is unreadable")) }
  }

  public func removeAll() {
    entries.value.removeAll()
    segmentEnd = Timestamp(milliseconds: .min)
  }
}

extension SegmentedStore: StateStore {
  var schema: StoreSchema { entries.value.schema }
  var failure: StoreError? { entries.value.disk.failure }
  var wantsBatch: Bool { entries.value.wantsBatch }
  var waitingChanges: Int { entries.value.waitingChanges }
  var isOverfull: Bool { entries.value.isOverfull }
  var usedBytes: Int { entries.value.usedBytes }
  var restoredSchemas: ClosedRange<UInt8>? { entries.value.disk.restoredSchemas }

  func attach(_ rows: StoreRows) throws(StoreError) {
    segmentEnd = Timestamp(milliseconds: .min)
    try entries.value.attach(rows)
  }

  func takeBatch() -> (batch: StoreBatch, mark: WrittenMark, seal: Int64) {
    let (batch, seal) = operations.takeBatch(entries)
    return (batch, entries.value.disk.mark, seal)
  }

  func beginRecord() { entries.value.beginRecord() }
  var isRecordOversized: Bool { entries.value.isRecordOversized(PackedChanges.byteCount) }
  func takeRecordBack() { entries.value.takeRecordBack() }
  func keepRecord() { entries.value.keepRecord() }

  func finishRestore() throws(StoreError) { try entries.value.disk.writeRestored() }
}
