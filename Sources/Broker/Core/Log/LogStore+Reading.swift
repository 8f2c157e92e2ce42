// What readers get: whole batches, only such as have reached the disk, as parts of files that the server
// sends without reading them. Unknown logs are empty.
public import Basics
public import BrokerProtocol

extension LogStore {
  /// The offset the next batch gets.
  public func endOffset(of log: LogID) -> Offset { logs[log]?.end ?? .zero }

  /// Where readers stop: everything below is durable.
  public func readableEnd(of log: LogID) -> Offset { logs[log]?.readableEnd ?? .zero }

  /// The first offset that is still there.
  public func startOffset(of log: LogID) -> Offset { logs[log]?.start ?? .zero }

  /// Every record below has been seen by a compaction.
  public func cleanedBelow(_ log: LogID) -> Offset { logs[log]?.cleanedBelow ?? .zero }

  /// Overrides the settings' `segmentBytes`; not remembered over a restart.
  public func setSegmentBytes(_ bytes: Int, of log: LogID) { logs[log]?.segmentBytes = bytes }

  /// The segments in order.
  public func segments(of log: LogID) -> [SegmentInfo] {
    guard let log = logs[log] else { return [] }
    return log.segments.enumerated().map { index, segment in
      SegmentInfo(
        base: segment.name.base, end: segment.end, bytes: segment.length, maxTimestamp: segment.maxTimestamp,
        isActive: index == log.segments.count - 1 && !log.rollsNext)
    }
  }

  /// Whole batches from the one that holds `from` (or the next one there is) up to `below`, at most
  /// `maxBytes` together; with `atLeastOneBatch` the first one whatever its size.
  public func read(
    _ id: LogID, from: Offset, below: Offset, maxBytes: Int, atLeastOneBatch: Bool
  ) throws(StoreError) -> [PayloadChunk] {
    guard let log = logs[id] else { return [] }
    let below = min(below, log.readableEnd)
    var (next, budget, chunks) = (max(from, log.start), maxBytes, [PayloadChunk]())
    while next < below, let index = log.segmentIndex(for: next) {
      let segment = log.segments[index]
      let isFirst = atLeastOneBatch && chunks.isEmpty
      let stretch = try stretch(
        of: segment, in: log, from: next, below: below, budget: budget, isFirst: isFirst)
      if stretch.count > 0 { chunks.append(try chunk(of: segment, stretch.range)) }
      budget -= stretch.count
      if stretch.isCut { break }
      next = max(next.next, segment.end)
    }
    return chunks
  }

  /// Bytes of one segment; `isCut` when the budget ended it, not the segment.
  private struct Stretch {
    var range: Range<Int>
    var isCut: Bool
    var count: Int { range.count }
  }

  private func stretch(
    of segment: Segment, in log: PartitionLog, from: Offset, below: Offset, budget: Int, isFirst: Bool
  ) throws(StoreError) -> Stretch {
    try loadIndex(of: segment)
    let start = try position(of: from, in: segment, of: log)
    let end =
      below >= segment.readableEnd
      ? segment.readableLength : try firstPosition(in: segment, from: start) { $0.header.baseOffset >= below }
    guard end - start > budget else { return Stretch(range: start..<max(start, end), isCut: false) }
    let (cut, offset) = try boundary(in: segment, from: start, atMost: start + budget, isFirst: isFirst)
    if let offset { log.readMarks.note(.init(offset: offset, segment: segment.name, position: cut)) }
    return Stretch(range: start..<cut, isCut: true)
  }

  /// Where the first batch stands that holds `offset` or comes after it.
  private func position(
    of offset: Offset, in segment: Segment, of log: PartitionLog
  ) throws(StoreError) -> Int {
    if offset <= segment.name.base { return 0 }
    if let mark = log.readMarks[offset], mark.segment == segment.name { return mark.position }
    if offset == segment.readableEnd { return segment.readableLength }
    let entry = segment.index.entry(atOrBefore: offset, base: segment.name.base)
    let position = try firstPosition(in: segment, from: Int(entry?.position ?? 0)) {
      $0.header.nextOffset > offset
    }
    log.readMarks.note(.init(offset: offset, segment: segment.name, position: position))
    return position
  }

  /// Where the first batch stands that fulfils `isIt`, or the readable end.
  private func firstPosition(
    in segment: Segment, from position: Int, where isIt: (PlacedBatch) -> Bool
  ) throws(StoreError) -> Int {
    var walk = try walk(segment, from: position)
    while let batch = try walk.next() {
      if isIt(batch) { return batch.position }
    }
    return segment.readableLength
  }

  /// The last batch boundary at or before `limit`, and the offset there if it was met; with `isFirst` at
  /// least behind the first batch.
  private func boundary(
    in segment: Segment, from start: Int, atMost limit: Int, isFirst: Bool
  ) throws(StoreError) -> (position: Int, offset: Offset?) {
    let entry = segment.index.entry(atOrBefore: limit)
    var position = max(start, Int(entry?.position ?? 0))
    var walk = try walk(segment, from: position)
    var offset: Offset?
    while let batch = try walk.next() {
      let mustTake = isFirst && batch.position == start
      guard walk.position <= limit || mustTake else { return (position, offset ?? batch.header.baseOffset) }
      (position, offset) = (walk.position, batch.header.nextOffset)
    }
    return (position, offset)
  }

  func walk(_ segment: Segment, from position: Int) throws(StoreError) -> SegmentWalk {
    let file = try onDisk { () throws(DiskError) in try segment.file.open() }
    return SegmentWalk(
      file, path: segment.name.path, from: position, limit: segment.readableLength,
      window: settings.indexInterval + RecordBatchHeader.size)
  }

  private func chunk(of segment: Segment, _ range: Range<Int>) throws(StoreError) -> PayloadChunk {
    let file = try onDisk { () throws(DiskError) in try segment.file.open() }
    // Little things come as memory: they leave in one write with the response's head.
    if let open = file.openFile, range.count > 16 << 10 {
      return .file(FileRegion(file: open, offset: Int64(range.lowerBound), count: range.count))
    }
    let bytes = try onDisk { () throws(DiskError) in
      try file.read(at: range.lowerBound, count: range.count)
    }
    guard bytes.count == range.count else {
      throw .damaged(file: segment.name.path, position: range.lowerBound, what: "the segment ends too soon")
    }
    return .memory(bytes)
  }

  /// Brings the segment's index into memory, from its file or, where that does not fit, from the segment.
  func loadIndex(of segment: Segment) throws(StoreError) {
    guard segment.index.entries == nil else { return }
    if let entries = segment.index.stored.load(from: segment.name.indexPath, on: disk) {
      return segment.index.install(entries)
    }
    var rebuilt = SegmentIndex(interval: settings.indexInterval)
    var maxTimestamp = Timestamp.none
    var walk = try walk(segment, from: 0)
    while let batch = try walk.next() {
      rebuilt.note(
        batch.header, at: batch.position, base: segment.name.base, maxTimestampBefore: maxTimestamp)
      maxTimestamp = max(maxTimestamp, batch.header.maxTimestamp)
    }
    segment.index = rebuilt
  }
}
