// One frame of the journal: one decision of the broker, whole on disk or not there at all.
//
//   header     magic u32 | size of the rest u32 | sequence u64 | synced u64 | entries u32 | CRC-32C u32
//   directory  per entry: kind u8, flags u8, unused u16, payload's size u32, log u64, value i64
//   payloads   in the directory's order
//
// Integers are little-endian. The checksum begins from the data folder's own salt, so that a journal stored
// as a record in another journal is never taken for frames; it covers everything but itself. `synced` is the
// last frame that was known to be on disk when this one was written: it tells a torn tail (frames nobody was
// promised) from damage.
import Basics
import BrokerProtocol

/// A frame on its way to the journal.
struct PendingFrame: Sendable {
  let position: JournalPosition
  let entryCount: Int
  let directory: ByteSlice
  let payloads: [ByteSlice]
  /// Header, directory and payloads, in bytes.
  let size: Int

  init(position: JournalPosition, entries: [FrameEntry]) {
    self.position = position
    entryCount = entries.count
    var directory: [UInt8] = []
    directory.reserveCapacity(entries.count * FrameEntry.directorySize)
    for entry in entries { entry.appendDirectory(to: &directory) }
    self.directory = ByteSlice(directory)
    payloads = entries.flatMap(\.payload)
    size = FrameHeader.size + directory.count + payloads.reduce(0) { $0 + $1.count }
    precondition(size <= Int(UInt32.max), "a frame of 4 GB or more")
  }

  /// The pieces to write, header first. The checksum is computed here, so that it costs the flusher's thread.
  func sealed(synced: JournalPosition, salt: UInt32) -> [ByteSlice] {
    let header = FrameHeader(
      bodySize: size - FrameHeader.size, position: position, synced: synced, entryCount: entryCount)
    var bytes = header.unsealed
    let crc = crc32c([directory] + payloads, continuing: crc32c(bytes, continuing: salt))
    bytes.append(field: crc)
    return [ByteSlice(bytes), directory] + payloads
  }
}

struct FrameHeader {
  static let size = 32
  /// "RJF1".
  static let magic: UInt32 = 0x3146_4A52

  var bodySize: Int
  var position: JournalPosition
  var synced: JournalPosition
  var entryCount: Int

  /// All but the checksum.
  var unsealed: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.size)
    bytes.append(field: Self.magic)
    bytes.append(field: UInt32(bodySize))
    bytes.append(field: position.rawValue)
    bytes.append(field: synced.rawValue)
    bytes.append(field: UInt32(entryCount))
    return bytes
  }

  /// Nil when the bytes are no frame's header.
  static func decode(_ slice: ByteSlice) -> (FrameHeader, crc: UInt32)? {
    var fields = FieldReader(slice)
    guard fields.next() == magic, let bodySize = fields.next(UInt32.self),
      let position = fields.next(UInt64.self),
      let synced = fields.next(UInt64.self), let count = fields.next(UInt32.self),
      let crc = fields.next(UInt32.self)
    else { return nil }
    let header = FrameHeader(
      bodySize: Int(bodySize), position: JournalPosition(position), synced: JournalPosition(synced),
      entryCount: Int(count))
    return (header, crc)
  }
}

/// One entry as a frame holds it: what `JournalEntry` says, plus whether an append began a new segment. That
/// was decided when the entry was made, so recovery cuts its segments at the same places whatever the
/// settings are then.
struct FrameEntry: Sendable {
  static let directorySize = 24

  enum Kind: UInt8 { case append, trim, roll, replace, create, remove, state }

  var kind: Kind
  var rolls = false
  var log = LogID(0)
  var value: Int64 = 0
  var payload: [ByteSlice] = []

  init(_ entry: JournalEntry, rolls: Bool = false) {
    self.rolls = rolls
    switch entry {
    case .append(let log, let batch):
      (kind, self.log, payload) = (.append, log, [batch.encodedHeader, batch.records])
    case .trim(let log, let offset): (kind, self.log, value) = (.trim, log, offset.rawValue)
    case .roll(let log): (kind, self.log) = (.roll, log)
    case .replace(let log, let replacement):
      (kind, self.log, payload) = (.replace, log, [ByteSlice(replacement.encoded)])
    case .create(let log): (kind, self.log) = (.create, log)
    case .remove(let log): (kind, self.log) = (.remove, log)
    case .state(let bytes): (kind, payload) = (.state, [bytes])
    }
  }

  func appendDirectory(to bytes: inout [UInt8]) {
    bytes.append(field: kind.rawValue)
    bytes.append(field: UInt8(rolls ? 1 : 0))
    bytes.append(field: UInt16(0))
    bytes.append(field: UInt32(payload.reduce(0) { $0 + $1.count }))
    bytes.append(field: log.rawValue)
    bytes.append(field: value)
  }

  /// The entries of a frame's body, or nil when it does not read as `count` entries.
  static func decode(body: ByteSlice, count: Int) -> [(entry: JournalEntry, rolls: Bool)]? {
    guard count <= body.count / directorySize else { return nil }
    var directory = FieldReader(body[0, count * directorySize])
    var payloads = FieldReader(body[count * directorySize, body.count])
    var entries: [(entry: JournalEntry, rolls: Bool)] = []
    entries.reserveCapacity(count)
    for _ in 0..<count {
      guard let tag = directory.next(UInt8.self), let kind = Kind(rawValue: tag),
        let flags = directory.next(UInt8.self), directory.next(UInt16.self) != nil,
        let size = directory.next(UInt32.self), let log = directory.next(UInt64.self),
        let value = directory.next(Int64.self), let payload = payloads.bytes(Int(size)),
        let entry = entry(kind, log: LogID(log), value: value, payload: payload)
      else { return nil }
      entries.append((entry, flags & 1 != 0))
    }
    return payloads.remaining == 0 ? entries : nil
  }

  private static func entry(_ kind: Kind, log: LogID, value: Int64, payload: ByteSlice) -> JournalEntry? {
    switch kind {
    case .append: (try? RecordBatch(firstOf: payload)).map { .append(log, $0) }
    case .trim: .trim(log, below: Offset(value))
    case .roll: .roll(log)
    case .replace: SegmentReplacement(decoding: payload).map { .replace(log, $0) }
    case .create: .create(log)
    case .remove: .remove(log)
    case .state: .state(payload)
    }
  }
}
