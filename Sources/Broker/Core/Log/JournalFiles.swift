// Which frames stand in which file of the journal. A file is named for its first frame, so their order and
// their gaps can be read from a listing.
import Basics

struct JournalFiles {
  static let folder = "journal"

  struct File {
    var first: JournalPosition
    var file: StoredFile
    var size: Int
  }

  private let disk: any Disk
  private let fileBytes: Int
  /// In order; the last is written to.
  private var files: [File] = []
  /// The frame that begins a new file, so that a checkpoint's older frames can go as whole files.
  private var rollAt: JournalPosition

  init(on disk: any Disk, fileBytes: Int, next: JournalPosition) {
    self.disk = disk
    self.fileBytes = fileBytes
    rollAt = next
  }

  static func path(first: JournalPosition) -> String { "\(folder)/\(first).journal" }

  /// The first frame of the file of that name, or nil for a name the journal does not use.
  static func first(ofFileNamed name: String) -> JournalPosition? {
    guard name.hasSuffix(".journal"), let first = UInt64(name.dropLast(".journal".count)) else { return nil }
    return JournalPosition(first)
  }

  /// A file from before the start; frames go to a new one.
  mutating func adopt(first: JournalPosition, size: Int) {
    files.append(File(first: first, file: StoredFile(Self.path(first: first), on: disk), size: size))
  }

  /// The frame at `position`, which was not placed yet, begins a new file.
  mutating func roll(at position: JournalPosition) { rollAt = position }

  /// Says where the frames go.
  mutating func place(_ frames: [PendingFrame]) -> [JournalWrite] {
    var writes: [JournalWrite] = []
    for frame in frames {
      let isFull = files.last.map { $0.size > 0 && $0.size + frame.size > fileBytes } ?? true
      if isFull || frame.position == rollAt {
        let file = StoredFile(Self.path(first: frame.position), on: disk)
        files.append(File(first: frame.position, file: file, size: 0))
        writes.append(JournalWrite(file: file, isNew: true, position: 0))
      } else if writes.isEmpty, let current = files.last {
        writes.append(JournalWrite(file: current.file, isNew: false, position: current.size))
      }
      writes[writes.count - 1].frames.append(frame)
      files[files.count - 1].size += frame.size
    }
    return writes
  }

  /// Forgets the files whose frames all come before `position` and returns their paths.
  mutating func forget(before position: JournalPosition) -> [String] {
    let gone = files.filter { $0.first < position }
    files.removeAll { $0.first < position }
    return gone.map(\.file.path)
  }
}

/// Frames on their way to one file of the journal.
struct JournalWrite: Sendable {
  let file: StoredFile
  let isNew: Bool
  let position: Int
  var frames: [PendingFrame] = []
}
