// Frames of which no later frame says that they were synced. If their fsync failed and only the process was
// started again, they may stand in the page cache alone, marked clean: another fsync would succeed and write
// nothing. So recovery writes them once more, into a file of their own, before it vouches for them.
import Basics

struct DoubtfulFrames {
  private struct Place {
    var position: JournalPosition
    var path: String
    var range: Range<Int>
  }

  private static let draftSuffix = ".copy"
  private var places: ArraySlice<Place> = []

  /// Takes the journal's frames in order.
  mutating func note(_ header: FrameHeader, in path: String, at position: Int) {
    while let first = places.first, first.position <= header.synced { places.removeFirst() }
    let end = position + FrameHeader.size + header.bodySize
    places.append(Place(position: header.position, path: path, range: position..<end))
  }

  /// Copies the frames into a new file and returns the journal's files as they now count. Until the copy is
  /// synced under its name the old places stay as they are, so a crash at any step leaves one or the other.
  func written(anew files: [JournalTail.File], on disk: any Disk) throws(DiskError) -> [JournalTail.File] {
    guard let first = places.first else { return files }
    let path = JournalFiles.path(first: first.position)
    let draft = path + Self.draftSuffix
    let size = try copy(to: draft, on: disk)
    try disk.rename(draft, to: path)
    try disk.syncFolder(JournalFiles.folder)
    var kept = files.filter { $0.first < first.position }
    if let last = kept.last, last.path == first.path { kept[kept.count - 1].size = first.range.lowerBound }
    return kept + [JournalTail.File(first: first.position, size: size)]
  }

  /// Removes what a recovery that was cut short left behind.
  static func removeDrafts(on disk: any Disk) throws(DiskError) {
    for name in try disk.list(JournalFiles.folder) where name.hasSuffix(draftSuffix) {
      try disk.remove("\(JournalFiles.folder)/\(name)")
    }
  }

  private func copy(to draft: String, on disk: any Disk) throws(DiskError) -> Int {
    let target = try disk.open(draft, create: .empty)
    var size = 0
    for place in places {
      let source = try disk.open(place.path, create: .never)
      let bytes = try source.read(at: place.range.lowerBound, count: place.range.count)
      try target.write([bytes], at: size)
      size += bytes.count
    }
    try target.sync()
    return size
  }
}
