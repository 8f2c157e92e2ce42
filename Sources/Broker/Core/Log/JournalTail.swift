// Where the journal ends. Frames are taken in order until one is missing or torn. If any frame behind that
// place says that the missing one had been synced, it was acknowledged and is damaged: recovery refuses.
// Otherwise it is the torn tail of the last writes, promised to nobody, and goes.
import Basics

struct JournalTail {
  struct File {
    var first: JournalPosition
    /// Up to the end of its last whole frame.
    var size: Int
    var path: String { JournalFiles.path(first: first) }
  }

  /// The files whose frames count, in order.
  private(set) var files: [File] = []
  private(set) var bytesCut = 0
  /// The first frame that is not there.
  private(set) var next: JournalPosition

  static func find(
    after checkpoint: Checkpoint, in found: FoundFiles, on disk: any Disk
  ) throws(StoreError) -> JournalTail {
    var tail = JournalTail(next: checkpoint.next)
    var rest = found.journal.filter { $0 >= checkpoint.next }[...]
    while rest.first == tail.next, let first = rest.popFirst() {
      let isWhole = try tail.take(fileWith: first, until: rest.first, salt: checkpoint.salt, on: disk)
      if !isWhole { break }
    }
    for first in rest {
      let path = JournalFiles.path(first: first)
      try tail.giveUp(
        onDisk { () throws(DiskError) in try JournalReader(path, on: disk, salt: checkpoint.salt) })
    }
    return tail
  }

  private init(next: JournalPosition) { self.next = next }

  /// Takes the file's frames; false when it holds something else behind them. Where the next file begins this
  /// one ends, whatever follows: frames that a recovery wrote anew may still stand at their old place.
  private mutating func take(
    fileWith first: JournalPosition, until limit: JournalPosition?, salt: UInt32, on disk: any Disk
  ) throws(StoreError) -> Bool {
    let path = JournalFiles.path(first: first)
    var reader = try onDisk { () throws(DiskError) in try JournalReader(path, on: disk, salt: salt) }
    while next != limit, try onDisk({ () throws(DiskError) in try reader.next(expecting: next) }) != nil {
      next = next.next
    }
    if reader.position > 0 { files.append(File(first: first, size: reader.position)) }
    if reader.position == reader.size || next == limit { return true }
    try giveUp(reader)
    return false
  }

  /// Counts the file among what is cut, unless it proves that the missing frame had been synced.
  private mutating func giveUp(_ reader: JournalReader) throws(StoreError) {
    let from = reader.position
    let missing = next
    let proof = try onDisk { () throws(DiskError) in try reader.evidence(that: missing, from: from) }
    if let proof {
      throw .damaged(
        file: reader.path, position: from,
        what:
          "frame \(missing) is damaged or missing; the frame at byte \(proof) was written after it was synced"
      )
    }
    bytesCut += reader.size - from
  }
}
