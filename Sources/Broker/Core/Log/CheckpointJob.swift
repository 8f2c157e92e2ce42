// Taking a checkpoint: the loop says what the state is, a maintenance thread makes it last, while flushes go
// on.
public import Basics

/// Syncs the segments, writes the checkpoint beside the old one and renames it over it; then removes what
/// only the old one needed. A crash at any step leaves one of the two, with everything it names.
public struct CheckpointJob: Sendable {
  let checkpoint: Checkpoint
  let disk: any Disk
  let unsynced: [StoredFile]
  let indexes: [IndexWrite]
  var obsolete: [String]
  /// What was garbage and journal when the checkpoint was taken.
  let garbageCount: Int
  let bytes: Int

  struct IndexWrite: Sendable {
    var path: String
    var position: Int
    var bytes: ByteSlice
  }

  public func run() throws(StoreError) {
    try onDisk { () throws(DiskError) in
      for file in unsynced { try file.open().sync() }
      // Not synced: an index whose checksum does not fit is made again from its segment.
      for write in indexes {
        try disk.open(write.path, create: .ifMissing).write([write.bytes], at: write.position)
      }
      try disk.syncFolder(SegmentName.folder)
      try checkpoint.install(on: disk)
      for path in obsolete { try disk.remove(path) }
    }
  }
}

extension Checkpoint {
  /// Puts it in the place of the last one, at once or not at all.
  func install(on disk: any Disk) throws(DiskError) {
    let file = try disk.open(Self.temporaryPath, create: .empty)
    try file.write(encoded, at: 0)
    try file.sync()
    try disk.rename(Self.temporaryPath, to: Self.path)
    try disk.syncFolder("")
  }
}

/// none -> waiting (for the flush of all it covers) -> running -> none
enum CheckpointProgress {
  case none
  case waiting(CheckpointJob)
  case running
}

extension LogStore {
  /// Whether the core should hand over its state now.
  public var checkpointIsDue: Bool {
    guard case .none = checkpoints else { return false }
    return bytesSinceCheckpoint >= settings.checkpointBytes
  }

  /// Takes a checkpoint of everything appended so far; `state` is the core's whole state as it wants to get
  /// it back. `takeCheckpoint` gives the job once all that is durable.
  public func checkpoint(_ state: [ByteSlice]) {
    guard case .none = checkpoints else { preconditionFailure("a checkpoint is under way") }
    var unsynced: [StoredFile] = []
    var indexes: [CheckpointJob.IndexWrite] = []
    for segment in segmentsInOrder {
      if segment.length > segment.checkpointedLength {
        unsynced.append(segment.file)
        segment.checkpointedLength = segment.length
      }
      if let (position, bytes) = segment.index.takeUnstored() {
        let path = segment.name.indexPath
        indexes.append(.init(path: path, position: position, bytes: ByteSlice(bytes)))
      }
    }
    var checkpoint = Checkpoint(salt: salt, next: next)
    checkpoint.logs = logs.values.map(\.summary).sorted { $0.id < $1.id }
    checkpoint.states = state
    journal.roll(at: next)
    checkpoints = .waiting(
      CheckpointJob(
        checkpoint: checkpoint, disk: disk, unsynced: unsynced, indexes: indexes,
        obsolete: garbage.flatMap { [$0.path, $0.indexPath] }, garbageCount: garbage.count,
        bytes: bytesSinceCheckpoint))
  }

  /// The job for the maintenance thread, when everything the checkpoint covers has been flushed.
  public func takeCheckpoint() -> CheckpointJob? {
    guard case .waiting(var job) = checkpoints, durable.next >= job.checkpoint.next else { return nil }
    job.obsolete += journal.forget(before: job.checkpoint.next)
    checkpoints = .running
    return job
  }

  /// The job has run without an error.
  public func completed(_ job: CheckpointJob) {
    guard case .running = checkpoints else { preconditionFailure("no checkpoint is running") }
    checkpoints = .none
    garbage.removeFirst(job.garbageCount)
    bytesSinceCheckpoint -= job.bytes
  }
}
