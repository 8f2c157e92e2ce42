// The files a compaction makes: batches in the order they come, split where a segment is full, synced when
// they are whole.
import Basics
import BrokerProtocol

struct CompactedSegments {
  /// Written at once: large enough that writing is not bound by system calls.
  private static let chunkBytes = 1 << 20

  private let job: CompactionJob
  private let generation: UInt32
  private var made: [SegmentSummary] = []
  private var current: Segment?
  private var waiting = 0

  init(_ job: CompactionJob, generation: UInt32) {
    self.job = job
    self.generation = generation
  }

  mutating func append(_ batch: RecordBatch) throws(StoreError) {
    if let segment = current {
      let isFull = segment.length + batch.size > job.segmentBytes
      if isFull || batch.header.baseOffset - segment.name.base >= Int64(Int32.max) {
        try close(end: segment.end)
      }
    }
    let segment = current ?? begin(at: batch.header.baseOffset)
    segment.append(batch.header, pieces: [batch.encodedHeader, batch.records])
    waiting += batch.size
    if waiting >= Self.chunkBytes { try write(segment) }
  }

  /// Closes the last file and makes all of them last; nothing is made when no batch came.
  mutating func finish(end: Offset) throws(StoreError) -> [SegmentSummary] {
    try close(end: end)
    let disk = job.disk
    try onDisk { () throws(DiskError) in try disk.syncFolder(SegmentName.folder) }
    return made
  }

  private mutating func begin(at base: Offset) -> Segment {
    let name = SegmentName(log: job.log, base: base, generation: generation)
    let segment = Segment(new: name, on: job.disk, indexInterval: job.indexInterval)
    current = segment
    return segment
  }

  private mutating func write(_ segment: Segment) throws(StoreError) {
    let write = segment.takePending()
    waiting = 0
    try onDisk { () throws(DiskError) in try write.run() }
  }

  private mutating func close(end: Offset) throws(StoreError) {
    guard let segment = current else { return }
    if waiting > 0 { try write(segment) }
    let disk = job.disk
    let index = segment.index.takeUnstored()
    try onDisk { () throws(DiskError) in
      try segment.file.open().sync()
      if let index {
        try disk.open(segment.name.indexPath, create: .empty).write([ByteSlice(index.bytes)], at: 0)
      }
    }
    made.append(
      SegmentSummary(
        name: segment.name, length: segment.length, end: end, maxTimestamp: segment.maxTimestamp,
        index: segment.index.stored))
    current = nil
  }
}
