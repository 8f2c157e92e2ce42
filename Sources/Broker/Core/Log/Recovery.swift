// From what the disk kept to a store that goes on: checkpoint, then the journal's frames, through the same
// fold as live. Segments are cut to their checkpointed length and written again from the journal. The only
// thing ever cut off for good is a tail of frames that nobody was promised.
import Basics
import BrokerProtocol

/// What recovery found, for the log.
public struct RecoveryReport: Hashable, Sendable {
  public var framesReplayed = 0
  public var bytesReplayed = 0
  /// Bytes of torn frames cut from the journal's end.
  public var bytesCut = 0
}

extension LogStore {
  /// Opens what the disk holds, or begins a new store on an empty disk. `replay` gets the state of the
  /// checkpoint, then each entry of the journal in order; an append comes with its batch. What the caller
  /// must not see again it has to remember in its state. Refuses, and changes nothing, when something that
  /// was synced is missing or damaged.
  public static func open(
    on disk: any Disk, settings: LogStoreSettings,
    replay: (JournalEntry) throws(StoreError) -> Void
  ) throws(StoreError) -> (store: LogStore, report: RecoveryReport) {
    let found = try onDisk { () throws(DiskError) in try FoundFiles(on: disk) }
    let checkpoint =
      if let old = try found.checkpoint(on: disk) { old } else {
        try begin(on: disk, found: found, settings: settings)
      }
    let store = LogStore(on: disk, settings: settings, salt: checkpoint.salt, next: checkpoint.next)
    let tail = try JournalTail.find(after: checkpoint, in: found, on: disk)
    try store.restore(checkpoint)
    for state in checkpoint.states { try replay(.state(state)) }
    var report = RecoveryReport(bytesCut: tail.bytesCut)
    let doubtful = try store.replayJournal(checkpoint, tail, &report, replay)
    try onDisk { () throws(DiskError) in try store.settle(checkpoint, found, tail, rewriting: doubtful) }
    return (store, report)
  }

  private static func begin(
    on disk: any Disk, found: FoundFiles, settings: LogStoreSettings
  ) throws(StoreError) -> Checkpoint {
    guard found.journal.isEmpty, found.segments.isEmpty else {
      throw .damaged(file: Checkpoint.path, position: 0, what: "the checkpoint is missing beside a journal")
    }
    let checkpoint = Checkpoint(salt: settings.salt, next: JournalPosition(1))
    try onDisk { () throws(DiskError) in
      try disk.makeFolder(JournalFiles.folder)
      try disk.makeFolder(SegmentName.folder)
      try checkpoint.install(on: disk)
    }
    return checkpoint
  }

  /// The logs as the checkpoint has them.
  private func restore(_ checkpoint: Checkpoint) throws(StoreError) {
    for summary in checkpoint.logs {
      let segments = summary.segments.map {
        Segment($0, on: disk, indexInterval: settings.indexInterval)
      }
      for segment in segments { try cut(segment) }
      logs[summary.id] = PartitionLog(summary, segmentBytes: settings.segmentBytes, segments: segments)
      // The last one may be appended to, for which its index has to be in memory.
      if let active = segments.last { try loadIndex(of: active) }
    }
  }

  /// What stands behind the checkpointed length was written by frames that come again.
  private func cut(_ segment: Segment) throws(StoreError) {
    let size = try onDisk { () throws(DiskError) in
      let file = try segment.file.open()
      let size = try file.size()
      if size > segment.length { try file.truncate(to: segment.length) }
      return size
    }
    guard size >= segment.length else {
      throw .damaged(
        file: segment.name.path, position: size,
        what: "the segment ends before the \(segment.length) bytes that were synced")
    }
  }

  private func replayJournal(
    _ checkpoint: Checkpoint, _ tail: JournalTail, _ report: inout RecoveryReport,
    _ replay: (JournalEntry) throws(StoreError) -> Void
  ) throws(StoreError) -> DoubtfulFrames {
    var waiting = 0
    var doubtful = DoubtfulFrames()
    for file in tail.files {
      var reader = try onDisk { () throws(DiskError) in
        try JournalReader(file.path, on: disk, salt: checkpoint.salt)
      }
      while reader.position < file.size {
        let position = reader.position
        let expected = next
        guard let frame = try onDisk({ () throws(DiskError) in try reader.next(expecting: expected) }) else {
          throw .damaged(file: file.path, position: position, what: "a frame cannot be read twice")
        }
        try apply(frame, of: file.path, at: position, replay)
        doubtful.note(frame.header, in: file.path, at: position)
        waiting += frame.body.count
        report.framesReplayed += 1
        report.bytesReplayed += FrameHeader.size + frame.body.count
        // Bounds the memory that recovery takes: the frames' bytes are held until their segments are written.
        if waiting >= 4 << 20 {
          try writeSegmentsNow()
          waiting = 0
        }
      }
    }
    try writeSegmentsNow()
    for segment in segmentsInOrder { try cut(segment) }
    bytesSinceCheckpoint += report.bytesReplayed + report.framesReplayed * Self.bytesPerFrame
    return doubtful
  }

  private func apply(
    _ frame: (header: FrameHeader, body: ByteSlice), of path: String, at position: Int,
    _ replay: (JournalEntry) throws(StoreError) -> Void
  ) throws(StoreError) {
    guard let entries = FrameEntry.decode(body: frame.body, count: frame.header.entryCount) else {
      throw .damaged(file: path, position: position, what: "a frame's entries cannot be read")
    }
    for (entry, rolls) in entries {
      if let objection = objection(to: entry) {
        throw .damaged(file: path, position: position, what: objection)
      }
      _ = apply(entry, rolls: rolls)
      try replay(entry)
    }
    next = frame.header.position.next
  }

  /// Makes what was found last, cuts the tail and removes files that nothing names.
  private func settle(
    _ checkpoint: Checkpoint, _ found: FoundFiles, _ tail: JournalTail, rewriting doubtful: DoubtfulFrames
  ) throws(DiskError) {
    // The last process may have ended between its checkpoint's renaming and the folder's sync. What only the
    // checkpoint before needs goes now, so a crash must not bring that one back.
    try disk.syncFolder("")
    // Under `os` no frame is ever promised to be on the device, and none claims to be.
    let promises = settings.durability == .fsync
    let files = promises ? try doubtful.written(anew: tail.files, on: disk) : tail.files
    for file in files {
      let opened = try disk.open(file.path, create: .never)
      try opened.truncate(to: file.size)
      try opened.sync()
      journal.adopt(first: file.first, size: file.size)
    }
    let kept = Set(files.map(\.path))
    for first in found.journal where !kept.contains(JournalFiles.path(first: first)) {
      try disk.remove(JournalFiles.path(first: first))
    }
    try DoubtfulFrames.removeDrafts(on: disk)
    try disk.syncFolder(JournalFiles.folder)
    durable = last
    if promises { synced = last }
    journal.roll(at: next)

    // The checkpoint stays the last one until the next, so what it names must stay too.
    let named = Set(checkpoint.logs.flatMap(\.segments).map(\.name))
    let current = Set(segmentsInOrder.map(\.name))
    let paths = Set(named.union(current).flatMap { [$0.path, $0.indexPath] })
    for path in found.segments.subtracting(paths).sorted() { try disk.remove(path) }
    try disk.syncFolder(SegmentName.folder)
    garbage = named.subtracting(current).sorted { $0.path < $1.path }
  }
}

/// What lies in the data folder.
struct FoundFiles {
  /// First frames of the journal's files, ascending.
  var journal: [JournalPosition]
  var segments: Set<String>
  private var hasCheckpoint: Bool

  init(on disk: any Disk) throws(DiskError) {
    hasCheckpoint = try disk.list("").contains(Checkpoint.path)
    let journalNames = try Self.names(in: JournalFiles.folder, on: disk)
    journal = journalNames.compactMap(JournalFiles.first(ofFileNamed:)).sorted()
    let segmentNames = try Self.names(in: SegmentName.folder, on: disk)
    segments = Set(segmentNames.map { "\(SegmentName.folder)/\($0)" })
  }

  /// Before the first start there is no such folder.
  private static func names(in folder: String, on disk: any Disk) throws(DiskError) -> [String] {
    do { return try disk.list(folder) } catch {
      if case .missing = error { return [] }
      throw error
    }
  }

  /// Nil when there is none.
  func checkpoint(on disk: any Disk) throws(StoreError) -> Checkpoint? {
    guard hasCheckpoint else { return nil }
    let bytes = try onDisk { () throws(DiskError) in try disk.contents(of: Checkpoint.path) }
    guard let checkpoint = Checkpoint(decoding: bytes) else {
      throw .damaged(file: Checkpoint.path, position: 0, what: "the checkpoint's checksum is wrong")
    }
    return checkpoint
  }
}
