// One group commit: every frame that waited, in one write and one fsync, then the same batches into their
// segments.
import Basics

/// Runs on the flusher's thread; one at a time. When `run` throws, nothing may be acknowledged any more: what
/// the kernel did with the pages of a failed write or fsync is unknown.
public struct FlushJob: Sendable {
  /// The last frame it writes.
  public let position: JournalPosition
  let journal: [JournalWrite]
  let segments: [SegmentWrite]
  let disk: any Disk
  let synced: JournalPosition
  let salt: UInt32
  let syncs: Bool

  public func run() throws(StoreError) {
    try onDisk { () throws(DiskError) in
      try writeJournal()
      for write in segments { try write.run() }
    }
  }

  private func writeJournal() throws(DiskError) {
    for write in journal {
      let file = try write.file.open(create: write.isNew ? .empty : .never)
      let pieces = write.frames.flatMap { $0.sealed(synced: synced, salt: salt) }
      try file.write(pieces, at: write.position)
      if syncs { try file.sync() }
    }
    // A file whose name is lost in a crash is lost with all its frames.
    if syncs, journal.contains(where: \.isNew) { try disk.syncFolder(JournalFiles.folder) }
  }
}
