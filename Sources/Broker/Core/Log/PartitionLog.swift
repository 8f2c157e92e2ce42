// One partition's batches as a row of segments. It knows offsets and sizes; bytes and files are the segments'
// affair.
import Basics
import BrokerProtocol

final class PartitionLog {
  let id: LogID
  /// The first offset readers may ask for.
  private(set) var start: Offset
  /// The offset that the next batch gets.
  private(set) var end: Offset
  /// Where readers stop: everything below has reached the disk.
  var readableEnd: Offset
  /// In order of offsets; the last one is appended to.
  private(set) var segments: [Segment]
  /// Compaction has seen every record below.
  private(set) var cleanedBelow: Offset
  private(set) var rollsNext: Bool
  /// A batch that would make the segment longer begins a new one.
  var segmentBytes: Int
  /// Where recent reads ended, so that the next one of the same reader need not search.
  var readMarks = ReadMarks()

  init(_ id: LogID, segmentBytes: Int) {
    self.id = id
    start = .zero
    end = .zero
    readableEnd = .zero
    segments = []
    cleanedBelow = .zero
    rollsNext = false
    self.segmentBytes = segmentBytes
  }

  init(_ summary: LogSummary, segmentBytes: Int, segments: [Segment]) {
    id = summary.id
    start = summary.start
    end = summary.end
    readableEnd = summary.end
    self.segments = segments
    cleanedBelow = summary.cleanedBelow
    rollsNext = summary.rollsNext
    self.segmentBytes = segmentBytes
  }

  func roll() { rollsNext = true }

  /// Whether a batch of that size has to begin a segment.
  func mustRoll(forBatchOf size: Int) -> Bool {
    guard let active = segments.last, !rollsNext else { return true }
    return active.length > 0
      && (active.length + size > segmentBytes || end - active.name.base >= Int64(Int32.max))
  }

  /// Appends to the last segment, or to a new one.
  func append(
    _ batch: RecordBatch, pieces: [ByteSlice], rolls: Bool, on disk: any Disk, indexInterval: Int
  ) -> Segment {
    if rolls || rollsNext || segments.isEmpty {
      let name = SegmentName(log: id, base: batch.header.baseOffset, generation: 0)
      segments.append(Segment(new: name, on: disk, indexInterval: indexInterval))
      rollsNext = false
    }
    let active = segments[segments.count - 1]
    active.append(batch.header, pieces: pieces)
    end = active.end
    return active
  }

  /// Moves the start up and returns the segments that are wholly below it.
  func trim(below offset: Offset) -> [Segment] {
    start = max(start, offset)
    let gone = segments.prefix { $0.end <= start }
    segments.removeFirst(gone.count)
    return Array(gone)
  }

  /// Puts a compaction's segments in the place of those they were made from, and returns what is left over.
  func replace(by replacement: SegmentReplacement, with made: [Segment]) -> [Segment] {
    let replaced = Set(replacement.replaced)
    cleanedBelow = max(cleanedBelow, replacement.cleanedBelow)
    readMarks = ReadMarks()
    // Nil: all of it was trimmed away in the meantime.
    guard let place = segments.firstIndex(where: { replaced.contains($0.name) }) else { return made }
    let gone = segments.filter { replaced.contains($0.name) } + made.filter { $0.end <= start }
    segments.removeAll { replaced.contains($0.name) }
    segments.insert(contentsOf: made.filter { $0.end > start }, at: place)
    // Nothing is appended to what a compaction made.
    if let last = segments.last, last.name.generation > 0 { rollsNext = true }
    return gone
  }

  /// The segment in which to look for `offset`: the first that ends behind it.
  func segmentIndex(for offset: Offset) -> Int? {
    var (low, high) = (0, segments.count)
    while low < high {
      let middle = (low + high) / 2
      if segments[middle].end <= offset { low = middle + 1 } else { high = middle }
    }
    return low < segments.count ? low : nil
  }

  var summary: LogSummary {
    LogSummary(
      id: id, start: start, end: end, cleanedBelow: cleanedBelow, rollsNext: rollsNext,
      segments: segments.map {
        SegmentSummary(
          name: $0.name, length: $0.length, end: $0.end, maxTimestamp: $0.maxTimestamp, index: $0.index.stored
        )
      })
  }
}

/// The last few places where reads ended: a reader that goes on finds its place here instead of by search.
struct ReadMarks {
  struct Mark {
    var offset: Offset
    var segment: SegmentName
    var position: Int
  }

  /// As many readers as usually follow one partition at once.
  private static let capacity = 8
  private var marks: [Mark] = []
  private var oldest = 0

  subscript(offset: Offset) -> Mark? { marks.first { $0.offset == offset } }

  mutating func note(_ mark: Mark) {
    if let known = marks.firstIndex(where: { $0.offset == mark.offset }) {
      marks[known] = mark
    } else if marks.count < Self.capacity {
      marks.append(mark)
    } else {
      marks[oldest] = mark
      oldest = (oldest + 1) % Self.capacity
    }
  }
}
