// One file of a log's batches, and what is known of it without reading it. Used by the loop's thread alone;
// jobs on other threads hold the file, never the segment.
public import Basics
import BrokerProtocol
import Synchronization

/// A segment's identity: no two files ever have the same one, so a name left over from before a crash means
/// nothing else.
struct SegmentName: Hashable, Sendable {
  var log: LogID
  var base: Offset
  /// 0 as appended; one more each time compaction writes it anew.
  var generation: UInt32

  static let folder = "segments"

  var path: String { "\(Self.folder)/\(log)-\(base)-\(generation).log" }
  var indexPath: String { "\(Self.folder)/\(log)-\(base)-\(generation).index" }
}

/// What checkpoints and compactions say of a segment.
struct SegmentSummary: Hashable, Sendable {
  var name: SegmentName
  var length: Int
  /// The offset after its last, counting what compaction took away.
  var end: Offset
  var maxTimestamp: Timestamp
  var index: StoredIndex
}

/// What retention and compaction decide by.
public struct SegmentInfo: Hashable, Sendable {
  public var base: Offset
  /// The offset after its last.
  public var end: Offset
  public var bytes: Int
  public var maxTimestamp: Timestamp
  /// Batches are still appended to it.
  public var isActive: Bool
}

/// A path and, once somebody needed it, the open file. Shared by the loop and the jobs' threads.
final class StoredFile: Sendable {
  let path: String
  private let disk: any Disk
  private let handle = Mutex<(any DiskFile)?>(nil)

  init(_ path: String, on disk: any Disk) {
    self.path = path
    self.disk = disk
  }

  func open(create: FileCreation = .never) throws(DiskError) -> any DiskFile {
    if create != .empty, let file = handle.withLock({ $0 }) { return file }
    let file = try disk.open(path, create: create)
    handle.withLock { $0 = file }
    return file
  }
}

final class Segment {
  let name: SegmentName
  let file: StoredFile
  private(set) var length: Int
  private(set) var end: Offset
  private(set) var maxTimestamp: Timestamp
  /// Of its first batch; nil until somebody needed it of a segment that was there at the start.
  var firstTimestamp: Timestamp?
  var index: SegmentIndex

  /// How far readers may go: what has reached the disk and is promised to stay.
  var readableLength = 0
  var readableEnd: Offset
  /// Appended, not yet given to a flush.
  private(set) var pending: [ByteSlice] = []
  private(set) var pendingFrom: Int
  /// The file does not exist before its first flush.
  private(set) var isNew: Bool
  /// Whether the store counts it among those with bytes to flush.
  var isQueued = false
  /// The length at the last checkpoint: what stands behind it has to be synced by the next.
  var checkpointedLength = 0

  /// A segment that begins with the batch at `name.base`.
  init(new name: SegmentName, on disk: any Disk, indexInterval: Int) {
    self.name = name
    file = StoredFile(name.path, on: disk)
    length = 0
    end = name.base
    maxTimestamp = .none
    index = SegmentIndex(interval: indexInterval)
    readableEnd = name.base
    pendingFrom = 0
    isNew = true
  }

  /// A segment as a checkpoint or a compaction left it.
  init(_ summary: SegmentSummary, on disk: any Disk, indexInterval: Int) {
    name = summary.name
    file = StoredFile(summary.name.path, on: disk)
    length = summary.length
    end = summary.end
    maxTimestamp = summary.maxTimestamp
    index = SegmentIndex(interval: indexInterval, stored: summary.index)
    readableLength = length
    readableEnd = end
    pendingFrom = length
    isNew = false
    checkpointedLength = length
  }

  /// For looking only: appends to it are counted, its index is left on the disk.
  convenience init(unindexed summary: SegmentSummary, on disk: any Disk) {
    var summary = summary
    summary.index = StoredIndex()
    self.init(summary, on: disk, indexInterval: .max)
  }

  /// Takes the batch in; its bytes wait for the next flush.
  func append(_ header: RecordBatchHeader, pieces: [ByteSlice]) {
    index.note(header, at: length, base: name.base, maxTimestampBefore: maxTimestamp)
    if length == 0 { firstTimestamp = header.maxTimestamp }
    pending += pieces
    for piece in pieces { length += piece.count }
    end = header.nextOffset
    maxTimestamp = max(maxTimestamp, header.maxTimestamp)
  }

  /// What waits to be written; the segment counts it as written from now on.
  func takePending() -> SegmentWrite {
    defer {
      pending = []
      pendingFrom = length
      isNew = false
      isQueued = false
    }
    return SegmentWrite(file: file, isNew: isNew, position: pendingFrom, pieces: pending)
  }
}

/// Batches on their way to a segment's file.
struct SegmentWrite: Sendable {
  let file: StoredFile
  let isNew: Bool
  let position: Int
  let pieces: [ByteSlice]

  func run() throws(DiskError) {
    try file.open(create: isNew ? .empty : .never).write(pieces, at: position)
  }
}
