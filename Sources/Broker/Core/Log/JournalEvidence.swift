// Behind a place where a journal's file broke off: the first frame that proves that the missing one had been
// synced. Anything may stand there, also records made to look like frames, so every checksum is told from
// two sums over the file instead of going through each body: the work grows with the file and no faster.
import Basics

struct JournalEvidence {
  /// What looks like a frame.
  private struct Candidate {
    var at: Int
    var end: Int
    /// What the sum from the beginning of the search to `end` is if the frame's checksum is right.
    var sumAtEnd: UInt32
  }

  /// Large enough that reading is not bound by system calls.
  private static let window = 1 << 20

  private let file: any DiskFile
  private let path: String
  private let size: Int
  private let salt: UInt32
  private var candidates: [Candidate] = []
  /// How far the running sum has come, and what it is there.
  private var summed = 0
  private var sum: UInt32 = 0
  /// All that was summed up, for those who count it.
  private(set) var summed_bytes = 0

  init(in file: any DiskFile, path: String, size: Int, salt: UInt32) {
    self.file = file
    self.path = path
    self.size = size
    self.salt = salt
  }

  /// The first whole frame at or behind `from` that was written when `missing` had been synced.
  mutating func find(that missing: JournalPosition, from: Int) throws(DiskError) -> Int? {
    candidates = []
    try collect(that: missing, from: from)
    candidates.sort { $0.end < $1.end }
    (summed, sum) = (from, 0)
    var found: Int?
    var buffer = (from: from, bytes: ByteSlice([]))
    for candidate in candidates {
      while summed < candidate.end {
        if summed == buffer.from + buffer.bytes.count { buffer = (summed, try read(at: summed, Self.window)) }
        let upTo = min(candidate.end, buffer.from + buffer.bytes.count)
        advance(over: buffer.bytes[summed - buffer.from, upTo - buffer.from])
      }
      if sum == candidate.sumAtEnd { found = min(found ?? candidate.at, candidate.at) }
    }
    return found
  }

  /// Goes through the file a window at a time; windows overlap by a header less a byte.
  private mutating func collect(that missing: JournalPosition, from: Int) throws(DiskError) {
    (summed, sum) = (from, 0)
    var windowFrom = from
    while size - windowFrom >= FrameHeader.size {
      let window = try read(at: windowFrom, Self.window + FrameHeader.size - 1)
      let end = window.count - FrameHeader.size + 1
      var at = 0
      while let next = firstMagic(in: window, at..<end) {
        note(window, at: next, from: windowFrom, that: missing)
        at = next + 1
      }
      if summed < windowFrom + end { advance(over: window[summed - windowFrom, end]) }
      windowFrom += end
    }
  }

  private mutating func note(
    _ window: ByteSlice, at: Int, from windowFrom: Int, that missing: JournalPosition
  ) {
    let head = window[at, at + FrameHeader.size]
    let bodyFrom = windowFrom + at + FrameHeader.size
    guard let (header, checksum) = FrameHeader.decode(head), header.synced >= missing,
      header.bodySize <= size - bodyFrom
    else { return }
    advance(over: window[summed - windowFrom, at + FrameHeader.size])
    let sumOfHead = crc32c([head[0, FrameHeader.size - 4]], continuing: salt)
    candidates.append(
      Candidate(
        at: windowFrom + at, end: bodyFrom + header.bodySize,
        sumAtEnd: checksum ^ crc32c(sum ^ sumOfHead, movedBy: header.bodySize)))
  }

  private func firstMagic(in window: ByteSlice, _ range: Range<Int>) -> Int? {
    unsafe window.withUnsafeBytes { bytes in
      var at = range.lowerBound
      while at < range.upperBound {
        if unsafe bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self) == FrameHeader.magic.littleEndian {
          return at
        }
        at += 1
      }
      return nil
    }
  }

  private mutating func advance(over bytes: ByteSlice) {
    sum = crc32c([bytes], continuing: sum)
    summed += bytes.count
    summed_bytes += bytes.count
  }

  private func read(at position: Int, _ count: Int) throws(DiskError) -> ByteSlice {
    let count = min(count, size - position)
    let bytes = try file.read(at: position, count: count)
    guard bytes.count == count else { throw .failed(path: path, reason: "the file became shorter") }
    return bytes
  }
}
