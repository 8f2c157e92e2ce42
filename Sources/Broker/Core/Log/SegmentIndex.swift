// Where in a segment an offset stands, roughly: one entry per `interval` bytes, so that a search reads at
// most that much. The index in memory is the truth; its file is written behind by checkpoints and believed
// only if its checksum fits.
import Basics
import BrokerProtocol

struct IndexEntry: Hashable, Sendable {
  static let size = 16

  /// Of a batch's first byte.
  var position: UInt32
  /// Of that batch's base offset, from the segment's base.
  var relativeOffset: UInt32
  /// The largest timestamp of all batches before it.
  var maxTimestampBefore: Int64

  func append(to bytes: inout [UInt8]) {
    bytes.append(field: position)
    bytes.append(field: relativeOffset)
    bytes.append(field: maxTimestampBefore)
  }
}

/// What a checkpoint says of an index file: so many entries, with this checksum.
struct StoredIndex: Hashable, Sendable {
  var count = 0
  var crc: UInt32 = 0

  /// The entries, or nil when the file does not hold them.
  func load(from path: String, on disk: any Disk) -> [IndexEntry]? {
    if count == 0 { return [] }
    guard let file = try? disk.open(path, create: .never),
      let bytes = try? file.read(at: 0, count: count * IndexEntry.size),
      bytes.count == count * IndexEntry.size, crc32c([bytes]) == crc
    else { return nil }
    var fields = FieldReader(bytes)
    var entries: [IndexEntry] = []
    entries.reserveCapacity(count)
    while let position = fields.next(UInt32.self), let offset = fields.next(UInt32.self),
      let timestamp = fields.next(Int64.self)
    {
      entries.append(IndexEntry(position: position, relativeOffset: offset, maxTimestampBefore: timestamp))
    }
    return entries
  }
}

struct SegmentIndex {
  let interval: Int
  /// What the index file holds, as of the last checkpoint taken.
  private(set) var stored: StoredIndex
  /// Nil until somebody asks: most segments of a large store are never read again.
  private(set) var entries: [IndexEntry]?
  private var lastPosition = 0

  init(interval: Int, stored: StoredIndex = StoredIndex()) {
    self.interval = interval
    self.stored = stored
    entries = stored.count == 0 ? [] : nil
  }

  /// Notes a batch that is being appended at `position`; needs the entries in memory.
  mutating func note(
    _ header: RecordBatchHeader, at position: Int, base: Offset, maxTimestampBefore: Timestamp
  ) {
    guard position - lastPosition >= interval else { return }
    precondition(entries != nil, "an append to a segment whose index is not loaded")
    entries?.append(
      IndexEntry(
        position: UInt32(position), relativeOffset: UInt32(header.baseOffset - base),
        maxTimestampBefore: maxTimestampBefore.rawValue))
    lastPosition = position
  }

  mutating func install(_ loaded: [IndexEntry]) {
    entries = loaded
    lastPosition = loaded.last.map { Int($0.position) } ?? 0
  }

  /// The last entry whose batch begins at or before `offset`; nil is the segment's start.
  func entry(atOrBefore offset: Offset, base: Offset) -> IndexEntry? {
    last { Int64($0.relativeOffset) <= offset - base }
  }

  /// The last entry whose batch begins at or before byte `position`; nil is the segment's start.
  func entry(atOrBefore position: Int) -> IndexEntry? { last { Int($0.position) <= position } }

  /// The last entry before which every timestamp is smaller than `timestamp`; nil is the segment's start.
  func entry(before timestamp: Timestamp) -> IndexEntry? {
    last { $0.maxTimestampBefore < timestamp.rawValue }
  }

  /// The last entry of those, all at the front, that fulfil `isBefore`.
  private func last(where isBefore: (IndexEntry) -> Bool) -> IndexEntry? {
    guard let entries else { return nil }
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if isBefore(entries[middle]) { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? nil : entries[low - 1]
  }

  /// The entries that the index file lacks; from now on they count as stored.
  mutating func takeUnstored() -> (position: Int, bytes: [UInt8])? {
    guard let entries, entries.count > stored.count else { return nil }
    var bytes: [UInt8] = []
    for entry in entries[stored.count...] { entry.append(to: &bytes) }
    let position = stored.count * IndexEntry.size
    stored = StoredIndex(count: entries.count, crc: crc32c(bytes, continuing: stored.crc))
    return (position, bytes)
  }
}
