// A checkpoint's file: the core's whole state, and how long each segment was when the journal had reached
// `next`.
//
//   magic u64 | salt u32 | next u64
//   logs u32, each: id u64, start, end, cleaned below i64, rolls u8, segments u32, each: base i64,
//     generation u32, length u64, end i64, largest timestamp i64, index entries u32, index CRC u32
//   states u32, each: size u32, bytes
//   CRC-32C u32 of all that
import Basics

struct LogSummary: Hashable, Sendable {
  var id: LogID
  var start: Offset
  var end: Offset
  var cleanedBelow: Offset
  var rollsNext: Bool
  var segments: [SegmentSummary]
}

struct Checkpoint: Sendable {
  static let path = "checkpoint"
  static let temporaryPath = "checkpoint.tmp"
  /// "RATCHKP1".
  private static let magic: UInt64 = 0x3150_4B48_4354_4152

  var salt: UInt32
  /// The first frame that is not in it.
  var next: JournalPosition
  var logs: [LogSummary] = []
  var states: [ByteSlice] = []

  /// The file, in pieces: the states are not copied.
  var encoded: [ByteSlice] {
    var head: [UInt8] = []
    head.append(field: Self.magic)
    head.append(field: salt)
    head.append(field: next.rawValue)
    head.append(field: UInt32(logs.count))
    for log in logs { log.append(to: &head) }
    head.append(field: UInt32(states.count))
    var pieces = [ByteSlice(head)]
    for state in states {
      var size: [UInt8] = []
      size.append(field: UInt32(state.count))
      pieces += [ByteSlice(size), state]
    }
    var crc: [UInt8] = []
    crc.append(field: crc32c(pieces))
    return pieces + [ByteSlice(crc)]
  }

  init(salt: UInt32, next: JournalPosition) {
    self.salt = salt
    self.next = next
  }

  /// Nil when the bytes are not a whole checkpoint.
  init?(decoding file: ByteSlice) {
    guard file.count > 4 else { return nil }
    var trailer = FieldReader(file[file.count - 4, file.count])
    let body = file[0, file.count - 4]
    var fields = FieldReader(body)
    guard trailer.next(UInt32.self) == crc32c([body]), fields.next() == Self.magic,
      let salt = fields.next(UInt32.self), let next = fields.next(UInt64.self),
      let logCount = fields.next(UInt32.self)
    else { return nil }
    self.init(salt: salt, next: JournalPosition(next))
    guard (1...UInt64.max >> 1).contains(next) else { return nil }
    for _ in 0..<logCount {
      guard let log = LogSummary(decoding: &fields), log.isSound else { return nil }
      logs.append(log)
    }
    guard let stateCount = fields.next(UInt32.self) else { return nil }
    for _ in 0..<stateCount {
      guard let size = fields.next(UInt32.self), let state = fields.bytes(Int(size)) else { return nil }
      states.append(state)
    }
  }
}

extension LogSummary {
  fileprivate func append(to bytes: inout [UInt8]) {
    bytes.append(field: id.rawValue)
    bytes.append(field: start.rawValue)
    bytes.append(field: end.rawValue)
    bytes.append(field: cleanedBelow.rawValue)
    bytes.append(field: UInt8(rollsNext ? 1 : 0))
    bytes.append(field: UInt32(segments.count))
    for segment in segments { segment.append(to: &bytes) }
  }

  fileprivate init?(decoding fields: inout FieldReader) {
    guard let id = fields.next(UInt64.self), let start = fields.next(Int64.self),
      let end = fields.next(Int64.self), let cleanedBelow = fields.next(Int64.self),
      let rolls = fields.next(UInt8.self), let segmentCount = fields.next(UInt32.self)
    else { return nil }
    self.init(
      id: LogID(id), start: Offset(start), end: Offset(end), cleanedBelow: Offset(cleanedBelow),
      rollsNext: rolls != 0, segments: [])
    for _ in 0..<segmentCount {
      guard let segment = SegmentSummary(of: self.id, decoding: &fields) else { return nil }
      segments.append(segment)
    }
  }
}

extension LogSummary {
  /// Whether its numbers fit together, so that nothing computed from them can overflow.
  fileprivate var isSound: Bool {
    guard start >= .zero, start <= end, end < .limit, cleanedBelow >= .zero, cleanedBelow <= end else {
      return false
    }
    return segments.areSound(upTo: end)
  }
}

extension [SegmentSummary] {
  /// Whether they follow each other and end by `limit`.
  func areSound(upTo limit: Offset) -> Bool {
    var former = Offset.zero
    for segment in self {
      guard segment.name.base >= former, segment.end >= segment.name.base else { return false }
      former = segment.end
    }
    return former <= limit
  }
}

extension SegmentSummary {
  func append(to bytes: inout [UInt8]) {
    bytes.append(field: name.base.rawValue)
    bytes.append(field: name.generation)
    bytes.append(field: UInt64(length))
    bytes.append(field: end.rawValue)
    bytes.append(field: maxTimestamp.rawValue)
    bytes.append(field: UInt32(index.count))
    bytes.append(field: index.crc)
  }

  init?(of log: LogID, decoding fields: inout FieldReader) {
    guard let base = fields.next(Int64.self), let generation = fields.next(UInt32.self),
      let length = fields.next(UInt64.self), let end = fields.next(Int64.self),
      let maxTimestamp = fields.next(Int64.self), let count = fields.next(UInt32.self),
      let crc = fields.next(UInt32.self), length < UInt64(UInt32.max)
    else { return nil }
    self.init(
      name: SegmentName(log: log, base: Offset(base), generation: generation), length: Int(length),
      end: Offset(end), maxTimestamp: Timestamp(milliseconds: maxTimestamp),
      index: StoredIndex(count: Int(count), crc: crc))
  }
}
