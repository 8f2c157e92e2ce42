// What a compaction keeps (Kafka's cleanup.policy=compact). Of each key the record with the highest offset;
// offsets never change, so gaps are left.
//
// - A tombstone goes once `deleteRetention` has passed since a compaction first found it to be the last of
//   its key. That moment is written into its batch (KIP-534: it takes the place of the base timestamp).
// - Records of aborted transactions go. Their marker goes when the core no longer lists the transaction as
//   aborted, which it may stop doing as soon as the log is clean beyond the marker: until then readers are
//   told of it and need the marker.
// - Commit markers go: readers do not need them, and producers' and transactions' state is the core's, not
//   the log's. For that reason no empty batch is kept of a producer either.
// - Batches that cannot be opened here (gzip, snappy, zstd, unknown control records) and records without a
//   key stay.
public import Basics
public import BrokerProtocol

public struct CompactionRules: Sendable {
  /// Only whole segments below are touched: the last stable offset.
  public var below: Offset
  public var now: Timestamp
  public var deleteRetention: Duration
  /// From the first record of each aborted transaction to its marker.
  public var aborted: [ProducerID: [ClosedRange<Offset>]]
  /// Whether to go once more through what is clean already, for tombstones whose time has come.
  public var revisits = false
  /// How many keys one run may hold in memory, at about 60 bytes each; what is left comes with the next run.
  public var keysAtOnce = 500_000

  public init(
    below: Offset, now: Timestamp, deleteRetention: Duration,
    aborted: [ProducerID: [ClosedRange<Offset>]] = [:], revisits: Bool = false
  ) {
    self.below = below
    self.now = now
    self.deleteRetention = deleteRetention
    self.aborted = aborted
    self.revisits = revisits
  }

  func isAborted(_ header: RecordBatchHeader) -> Bool {
    guard header.attributes.isTransactional else { return false }
    return aborted[header.producerID]?.contains { $0.contains(header.baseOffset) } ?? false
  }
}

/// The last offset of every key seen, the keys by 128 bits of a hash seeded anew in every process: no two
/// keys of one run share it but by a chance of 2^-90, and nobody can choose keys that do.
struct LastOffsets {
  private struct KeyHash: Hashable {
    var high: Int
    var low: Int

    init(_ key: ByteSlice) {
      func hash(_ lane: Int) -> Int {
        var hasher = Hasher()
        hasher.combine(lane)
        unsafe key.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        return hasher.finalize()
      }
      (high, low) = (hash(0), hash(1))
    }

    func hash(into hasher: inout Hasher) { hasher.combine(low) }
  }

  private var offsets: [KeyHash: Offset] = [:]

  var count: Int { offsets.count }

  mutating func note(_ key: ByteSlice, at offset: Offset) { offsets[KeyHash(key)] = offset }

  /// Whether a record with that key comes after `offset`.
  func isSuperseded(_ key: ByteSlice, at offset: Offset) -> Bool {
    offsets[KeyHash(key)].map { $0 > offset } ?? false
  }
}
