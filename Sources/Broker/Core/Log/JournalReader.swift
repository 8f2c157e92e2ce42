// Reading a journal's file frame by frame, and telling a torn tail from damage.
import Basics

/// Goes through the frames of one file of the journal.
struct JournalReader {
  /// Large enough that reading is not bound by system calls, small beside the memory a broker may use.
  private static let window = 1 << 20

  let path: String
  private let file: any DiskFile
  private let salt: UInt32
  let size: Int
  /// Of the next frame.
  private(set) var position = 0
  private var buffer = ByteSlice([])
  private var bufferFrom = 0

  init(_ path: String, on disk: any Disk, salt: UInt32) throws(DiskError) {
    self.path = path
    self.salt = salt
    file = try disk.open(path, create: .never)
    size = try file.size()
  }

  /// The frame at `position`, or nil when not the expected frame stands there, whole and with a right
  /// checksum.
  mutating func next(
    expecting expected: JournalPosition
  ) throws(DiskError) -> (header: FrameHeader, body: ByteSlice)? {
    guard let frame = try frame(at: position), frame.header.position == expected else { return nil }
    position += FrameHeader.size + frame.header.bodySize
    return frame
  }

  /// The first frame at or behind `from` that proves that `position` had been synced before it was written.
  func evidence(that missing: JournalPosition, from: Int) throws(DiskError) -> Int? {
    var evidence = JournalEvidence(in: file, path: path, size: size, salt: salt)
    return try evidence.find(that: missing, from: from)
  }

  private mutating func frame(at position: Int) throws(DiskError) -> (header: FrameHeader, body: ByteSlice)? {
    guard size - position >= FrameHeader.size else { return nil }
    let head = try bytes(at: position, count: FrameHeader.size)
    guard let (header, crc) = FrameHeader.decode(head) else { return nil }
    let bodyFrom = position + FrameHeader.size
    guard header.bodySize <= size - bodyFrom else { return nil }
    let body = try bytes(at: bodyFrom, count: header.bodySize)
    guard crc32c([head[0, FrameHeader.size - 4], body], continuing: salt) == crc else { return nil }
    return (header, body)
  }

  /// Bytes of the file, read a window at a time; the range lies within the file.
  private mutating func bytes(at position: Int, count: Int) throws(DiskError) -> ByteSlice {
    if position < bufferFrom || position + count > bufferFrom + buffer.count {
      buffer = try file.read(at: position, count: min(size - position, max(count, Self.window)))
      bufferFrom = position
      guard buffer.count >= count else { throw .failed(path: path, reason: "the file became shorter") }
    }
    return buffer[position - bufferFrom, position - bufferFrom + count]
  }
}
