// Reading a data folder through without changing it: every checksum, every offset, every promise between the
// files. Recovery trusts what was synced; this trusts nothing, and goes on after each fault to find them all.
public import Basics
import BrokerProtocol

public struct StoreCheck: Sendable {
  /// What is wrong, and what is only worth knowing.
  public private(set) var findings: [Diagnostic] = []
  public private(set) var logs = 0
  public private(set) var segments = 0
  public private(set) var batches = 0
  public private(set) var records: Int64 = 0
  public private(set) var bytes = 0
  public private(set) var frames = 0

  public var isDamaged: Bool { findings.contains { $0.severity == .error } }

  /// Checks everything on the disk; throws only when it cannot be read at all. `progress` is shown what has
  /// been found so far, segment by segment.
  public init(of disk: any Disk, progress: (StoreCheck) -> Void = { _ in }) throws(StoreError) {
    let found = try onDisk { () throws(DiskError) in try FoundFiles(on: disk) }
    do throws(StoreError) {
      guard let checkpoint = try found.checkpoint(on: disk) else {
        report(
          "no checkpoint: this is no data folder, or its first start did not finish", in: Checkpoint.path)
        return
      }
      for log in checkpoint.logs { check(log, on: disk, progress) }
      try checkJournal(after: checkpoint, in: found, on: disk)
    } catch {
      if case .disk = error { throw error }
      findings.append(error.diagnostic)
    }
  }

  private mutating func report(_ what: String, in path: String, at position: Int? = nil) {
    let place = position.map { ", at byte \($0)" } ?? ""
    findings.append(Diagnostic(what + place, at: .path(path)))
  }

  // MARK: - Segments

  private mutating func check(_ log: LogSummary, on disk: any Disk, _ progress: (StoreCheck) -> Void) {
    var end: Offset?
    for summary in log.segments {
      if let end, end > summary.name.base || (summary.name.generation == 0 && end != summary.name.base) {
        report(
          "the segment does not follow offset \(end), where the one before it ends", in: summary.name.path)
      }
      end = summary.end
      do throws(StoreError) { try check(summary, on: disk) } catch { findings.append(error.diagnostic) }
      progress(self)
    }
    if let end, end != log.end {
      report("log \(log.id) ends at \(log.end), its last segment at \(end)", in: Checkpoint.path)
    }
  }

  private mutating func check(_ summary: SegmentSummary, on disk: any Disk) throws(StoreError) {
    segments += 1
    bytes += summary.length
    let path = summary.name.path
    let file = try onDisk { () throws(DiskError) in try disk.open(path, create: .never) }
    var walk = SegmentWalk(file, path: path, from: 0, limit: summary.length, window: 1 << 20)
    let index = summary.index.load(from: summary.name.indexPath, on: disk)
    if index == nil {
      let what = "the index does not fit its checksum; the next start makes it again"
      findings.append(Diagnostic(what, at: .path(summary.name.indexPath), severity: .warning))
    }
    var expected = (index ?? [])[...]
    var (end, maxTimestamp) = (summary.name.base, Timestamp.none)
    while let placed = try walk.next() {
      let header = placed.header
      check(try walk.batch(placed), at: placed.position, of: summary, after: end)
      if let entry = expected.first, entry.position == placed.position {
        expected.removeFirst()
        let isRight =
          Int64(entry.relativeOffset) == header.baseOffset - summary.name.base
          && entry.maxTimestampBefore == maxTimestamp.rawValue
        if !isRight { report("the index disagrees with the segment", in: path, at: placed.position) }
      }
      end = header.nextOffset
      maxTimestamp = max(maxTimestamp, header.maxTimestamp)
    }
    if let entry = expected.first {
      report("the index points between batches", in: path, at: Int(entry.position))
    }
    if end > summary.end || (summary.name.generation == 0 && end != summary.end) {
      report("the segment ends at offset \(end) instead of \(summary.end)", in: path)
    }
  }

  private mutating func check(
    _ batch: RecordBatch, at position: Int, of summary: SegmentSummary, after end: Offset
  ) {
    batches += 1
    records += Int64(batch.header.recordCount)
    do throws(RecordBatchError) { try batch.validate() } catch {
      report("a record batch is damaged (\(error))", in: summary.name.path, at: position)
    }
    let base = batch.header.baseOffset
    if base < end || (summary.name.generation == 0 && base != end) {
      report("a record batch has offset \(base) where \(end) is due", in: summary.name.path, at: position)
    }
  }

  // MARK: - Journal

  private mutating func checkJournal(
    after checkpoint: Checkpoint, in found: FoundFiles, on disk: any Disk
  ) throws(StoreError) {
    let tail = try JournalTail.find(after: checkpoint, in: found, on: disk)
    if tail.bytesCut > 0 {
      let what =
        "\(tail.bytesCut) bytes behind frame \(tail.next.rawValue - 1) are torn and were promised to nobody"
      findings.append(
        Diagnostic(what, at: .path(JournalFiles.folder), next: "the next start cuts them", severity: .note))
    }
    // The store's own fold, over the checkpoint's logs; nothing is written.
    let store = LogStore(on: disk, settings: LogStoreSettings(), salt: checkpoint.salt, next: checkpoint.next)
    for log in checkpoint.logs {
      let segments = log.segments.map { Segment(unindexed: $0, on: disk) }
      store.logs[log.id] = PartitionLog(log, segmentBytes: .max, segments: segments)
    }
    var next = checkpoint.next
    for file in tail.files {
      var reader = try onDisk { () throws(DiskError) in
        try JournalReader(file.path, on: disk, salt: checkpoint.salt)
      }
      while reader.position < file.size {
        let position = reader.position
        guard let frame = try onDisk({ () throws(DiskError) in try reader.next(expecting: next) }) else {
          break
        }
        check(frame, in: file.path, at: position, by: store)
        next = next.next
      }
    }
    logs = store.logs.count
  }

  private mutating func check(
    _ frame: (header: FrameHeader, body: ByteSlice), in path: String, at position: Int, by store: LogStore
  ) {
    frames += 1
    bytes += FrameHeader.size + frame.body.count
    guard let entries = FrameEntry.decode(body: frame.body, count: frame.header.entryCount) else {
      return report("a frame's entries cannot be read", in: path, at: position)
    }
    for (entry, rolls) in entries {
      if let objection = store.objection(to: entry) {
        report(objection, in: path, at: position)
        continue
      }
      if case .append(_, let batch) = entry {
        batches += 1
        records += Int64(batch.header.recordCount)
        do throws(RecordBatchError) { try batch.validate() } catch {
          report("a record batch is damaged (\(error))", in: path, at: position)
        }
      }
      _ = store.apply(entry, rolls: rolls)
    }
    store.forgetUnflushed()
  }
}
