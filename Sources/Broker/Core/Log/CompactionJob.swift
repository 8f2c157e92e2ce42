// Compacting one log beside everything else: read sealed segments, write new ones, sync them, and only then
// say so. The caller appends the result as `JournalEntry.replace`; until that frame is durable a crash finds
// the old segments.
import Basics
import BrokerProtocol

/// Runs on a maintenance thread; one at a time for each log.
public struct CompactionJob: Sendable {
  public let log: LogID
  let rules: CompactionRules
  let sources: [Source]
  let cleanedBelow: Offset
  let segmentBytes: Int
  let indexInterval: Int
  let disk: any Disk

  struct Source: Sendable {
    var name: SegmentName
    var file: StoredFile
    var length: Int
    var end: Offset
  }

  /// What a run has come to.
  struct Result: Sendable {
    /// To be appended for the log.
    var replacement: SegmentReplacement
    /// Batches of codecs that are not opened here: they stay as they are.
    var batchesUnread: Int
    /// When the last of the tombstones that stay may go.
    var lastHorizon: Timestamp?
  }

  func run() throws(StoreError) -> Result {
    guard var compaction = try? BatchCompaction(rules) else {
      throw .disk(.failed(path: sources[0].name.path, reason: "no memory for compaction"))
    }
    let (count, end) = try noteKeys(in: &compaction)
    let replaced = sources.prefix(count)
    var output = CompactedSegments(self, generation: (replaced.map(\.name.generation).max() ?? 0) + 1)
    for source in replaced {
      var walk = try walk(source)
      while let placed = try walk.next() {
        let batch = try walk.batch(placed)
        // Behind `end` nothing is known of the keys.
        if placed.header.nextOffset > end {
          try output.append(batch)
        } else if let kept = try named(
          placed, in: source, { () throws(RecordBatchError) in try compaction.compact(batch) })
        {
          try output.append(kept)
        }
      }
    }
    let made = try output.finish(end: replaced.last?.end ?? .zero)
    return Result(
      replacement: SegmentReplacement(cleanedBelow: end, replaced: replaced.map(\.name), made: made),
      batchesUnread: compaction.batchesUnread, lastHorizon: compaction.lastHorizon)
  }

  /// Goes through what no compaction has seen, until the keys are as many as may be; says how many segments
  /// that concerns and up to which offset they are clean afterwards.
  private func noteKeys(
    in compaction: inout BatchCompaction
  ) throws(StoreError) -> (segments: Int, cleanedBelow: Offset) {
    for (index, source) in sources.enumerated() where source.end > cleanedBelow {
      var walk = try walk(source)
      while let placed = try walk.next() {
        guard placed.header.nextOffset > cleanedBelow else { continue }
        let batch = try walk.batch(placed)
        try named(placed, in: source) { () throws(RecordBatchError) in try compaction.note(batch) }
        if compaction.lastOffsets.count >= rules.keysAtOnce { return (index + 1, placed.header.nextOffset) }
      }
    }
    return (sources.count, sources.last?.end ?? .zero)
  }

  private func walk(_ source: Source) throws(StoreError) -> SegmentWalk {
    let file = try onDisk { () throws(DiskError) in try source.file.open() }
    return SegmentWalk(file, path: source.name.path, from: 0, limit: source.length, window: 1 << 20)
  }

  private func named<Outcome>(
    _ placed: PlacedBatch, in source: Source, _ body: () throws(RecordBatchError) -> Outcome
  ) throws(StoreError) -> Outcome {
    do { return try body() } catch {
      let what = "a record batch cannot be read (\(error))"
      throw .damaged(file: source.name.path, position: placed.position, what: what)
    }
  }
}

extension LogStore {
  /// The job that compacts the log's sealed segments below `rules.below`; nil when all of that was seen
  /// before and nobody asks for a second look.
  public func compaction(of id: LogID, by rules: CompactionRules) -> CompactionJob? {
    guard let log = logs[id] else { return nil }
    let sealed = log.rollsNext ? log.segments[...] : log.segments.dropLast()
    let sources = sealed.prefix { $0.end <= rules.below && $0.readableLength == $0.length }.map {
      CompactionJob.Source(name: $0.name, file: $0.file, length: $0.length, end: $0.end)
    }
    guard let end = sources.last?.end, end > log.cleanedBelow || rules.revisits else { return nil }
    return CompactionJob(
      log: id, rules: rules, sources: sources, cleanedBelow: log.cleanedBelow, segmentBytes: log.segmentBytes,
      indexInterval: settings.indexInterval, disk: disk)
  }
}
