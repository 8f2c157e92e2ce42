// The broker's memory: one journal, and a log of batches per partition that is rebuilt from it. It lives on
// the loop's thread; what touches the disk is handed out as jobs for other threads:
//
//   append -> frames wait -> takeFlush -> FlushJob.run (flusher's thread) -> completed: durable, readable
//   checkpointIsDue -> checkpoint(state) -> takeCheckpoint -> CheckpointJob.run (any thread) -> completed
//
// Entries apply to memory at once; what depends on them may be told to others when `durable` has reached
// their position. A job that throws ends the store: start again from the disk.
import Basics
import BrokerProtocol

public struct LogStoreSettings: Sendable {
  public enum Durability: String, Sendable, CaseIterable {
    /// Acknowledged is on disk: the machine may lose power.
    case fsync
    /// Acknowledged has reached the operating system: the process may die.
    case os
  }

  public var durability = Durability.fsync
  /// A journal file is closed when the next frame would make it longer.
  public var journalFileBytes = 64 << 20
  /// A checkpoint is due after so many bytes of journal and of deleted segments: it bounds both the recovery
  /// (which reads a journal at 1 GB/s and more) and the space that deleted segments still take.
  public var checkpointBytes = 256 << 20
  /// Of a log whose topic says nothing else.
  public var segmentBytes = 1 << 30
  /// How many bytes of a segment one index entry stands for.
  public var indexInterval = 16 << 10
  /// What checksums of a new data folder's frames begin from; any number that other folders do not have.
  public var salt: UInt32 = 0

  public init() {}
}

public final class LogStore {
  /// What a frame costs recovery besides its bytes (3.4 microseconds), counted as bytes at a third of a GB a
  /// second, so that many small frames make a checkpoint due in time as well.
  static let bytesPerFrame = 1024

  let disk: any Disk
  let settings: LogStoreSettings
  let salt: UInt32
  var logs: [LogID: PartitionLog] = [:]

  /// Everything up to here has reached the disk (under `os`: the operating system).
  public internal(set) var durable: JournalPosition
  /// The position of the last appended frame.
  public var last: JournalPosition { JournalPosition(next.rawValue - 1) }
  var next: JournalPosition
  /// The last frame that an fsync is known to cover.
  var synced: JournalPosition

  var journal: JournalFiles
  private var frames: [PendingFrame] = []
  /// The disk is asked for the same things in the same order each time, so that a simulated life can be lived
  /// again.
  var segmentsInOrder: [Segment] { logs.values.sorted { $0.id < $1.id }.flatMap(\.segments) }
  /// Segments with bytes that wait for a flush.
  private var unflushed: [Segment] = []
  private var outstanding: Outstanding?
  /// Files that the last checkpoint still names, but nothing after it.
  var garbage: [SegmentName] = []
  /// Journal written and segments dropped since the last checkpoint.
  var bytesSinceCheckpoint = 0
  var checkpoints = CheckpointProgress.none

  /// What a flush in the air makes readable when it lands.
  private struct Outstanding {
    var position: JournalPosition
    var segments: [(segment: Segment, length: Int, end: Offset)]
    var ends: [(log: LogID, end: Offset)]
  }

  init(on disk: any Disk, settings: LogStoreSettings, salt: UInt32, next: JournalPosition) {
    self.disk = disk
    self.settings = settings
    self.salt = salt
    self.next = next
    durable = JournalPosition(next.rawValue - 1)
    synced = durable
    journal = JournalFiles(on: disk, fileBytes: settings.journalFileBytes, next: next)
  }

  /// Applies the entries to memory and queues them as one frame: after a crash all of them are there, or
  /// none.
  public func append(_ entries: [JournalEntry]) -> JournalPosition {
    let frameEntries = entries.map { entry in
      if let objection = objection(to: entry) { preconditionFailure(objection) }
      return apply(entry, rolls: nil)
    }
    let frame = PendingFrame(position: next, entries: frameEntries)
    frames.append(frame)
    bytesSinceCheckpoint += frame.size + Self.bytesPerFrame
    next = next.next
    return frame.position
  }

  /// All frames that wait, as one job for the flusher's thread; nil if none wait or a flush is in the air.
  public func takeFlush() -> FlushJob? {
    guard outstanding == nil, let last = frames.last else { return nil }
    let journalWrites = journal.place(frames)
    frames = []
    let job = FlushJob(
      position: last.position, journal: journalWrites, segments: takeSegmentWrites(), disk: disk,
      synced: synced, salt: salt, syncs: settings.durability == .fsync)
    outstanding?.position = last.position
    return job
  }

  private func takeSegmentWrites() -> [SegmentWrite] {
    outstanding = Outstanding(position: durable, segments: [], ends: [])
    var touched: Set<LogID> = []
    let writes = unflushed.map { segment in
      touched.insert(segment.name.log)
      outstanding?.segments.append((segment, segment.length, segment.end))
      return segment.takePending()
    }
    for id in touched { if let log = logs[id] { outstanding?.ends.append((id, log.end)) } }
    unflushed = []
    return writes
  }

  /// The job has run without an error: what it wrote is durable, and readers may see it.
  public func completed(_ job: FlushJob) {
    guard let outstanding, outstanding.position == job.position else {
      preconditionFailure("a flush completed that was not in the air")
    }
    durable = job.position
    if settings.durability == .fsync { synced = durable }
    for (segment, length, end) in outstanding.segments {
      (segment.readableLength, segment.readableEnd) = (length, end)
    }
    for (id, end) in outstanding.ends {
      if let log = logs[id] { log.readableEnd = max(log.readableEnd, end) }
    }
    self.outstanding = nil
  }

  /// Lets go of what waits for segments without writing it: for looking at a journal only.
  func forgetUnflushed() {
    for segment in unflushed { _ = segment.takePending() }
    unflushed = []
  }

  /// Writes what waits for segments at once: recovery's way, where the journal holds the bytes already.
  func writeSegmentsNow() throws(StoreError) {
    for write in takeSegmentWrites() { try onDisk { () throws(DiskError) in try write.run() } }
    for (segment, length, end) in outstanding?.segments ?? [] {
      (segment.readableLength, segment.readableEnd) = (length, end)
    }
    for (id, end) in outstanding?.ends ?? [] { logs[id]?.readableEnd = end }
    outstanding = nil
  }
}

extension LogStore {
  /// Why the entry cannot follow what came before, or nil.
  func objection(to entry: JournalEntry) -> String? {
    switch entry {
    case .state: return nil
    case .create(let id): return logs[id] == nil ? nil : "log \(id) is created twice"
    case .remove(let id), .roll(let id):
      return logs[id] == nil ? "log \(id) is not there" : nil
    case .replace(let id, let replacement):
      guard let log = logs[id] else { return "log \(id) is not there" }
      return replacement.end <= log.end ? nil : "log \(id) is compacted beyond its end"
    case .trim(let id, let offset):
      guard let log = logs[id] else { return "log \(id) is not there" }
      return offset <= log.end ? nil : "log \(id) is trimmed beyond its end"
    case .append(let id, let batch):
      guard let log = logs[id] else { return "log \(id) is not there" }
      let base = batch.header.baseOffset
      return base == log.end ? nil : "log \(id) ends at \(log.end), a batch comes for \(base)"
    }
  }

  /// The fold over entries, live and in recovery. `rolls` is nil when the store is to decide it.
  func apply(_ entry: JournalEntry, rolls: Bool?) -> FrameEntry {
    var frameEntry = FrameEntry(entry)
    switch entry {
    case .state: break
    case .create(let id): logs[id] = PartitionLog(id, segmentBytes: settings.segmentBytes)
    case .remove(let id): drop(logs.removeValue(forKey: id)?.segments ?? [])
    case .roll(let id): logs[id]?.roll()
    case .trim(let id, let offset): drop(logs[id]?.trim(below: offset) ?? [])
    case .replace(let id, let replacement):
      let made = replacement.made.map {
        Segment($0, on: disk, indexInterval: settings.indexInterval)
      }
      drop(logs[id]?.replace(by: replacement, with: made) ?? [])
    case .append(let id, let batch):
      guard let log = logs[id] else { break }
      frameEntry.rolls = rolls ?? log.mustRoll(forBatchOf: batch.size)
      let segment = log.append(
        batch, pieces: frameEntry.payload, rolls: frameEntry.rolls, on: disk,
        indexInterval: settings.indexInterval)
      if !segment.isQueued { unflushed.append(segment) }
      segment.isQueued = true
    }
    return frameEntry
  }

  private func drop(_ segments: [Segment]) {
    garbage += segments.map(\.name)
    bytesSinceCheckpoint += segments.reduce(0) { $0 + $1.length }
  }
}
