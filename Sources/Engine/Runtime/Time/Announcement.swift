// How far a task has come, as it tells the tasks behind it: a record without a key on every partition of a
// topic that tasks read, behind the records of the epoch it belongs to. It is no output of the fold, and no
// part of the epoch's hashes: it follows from the epoch record.
internal import Basics

/// "All that I have written up to now is stamped at or before `time`; what follows is not stamped before it."
struct Announcement: Hashable {
  var processor: String
  var task: PartitionID
  /// The task's recorded time.
  var time: Timestamp
  var watermark: EventTime

  private static let version: UInt8 = 1

  func encoded() -> [UInt8] {
    var bytes = [Self.version]
    bytes.append(countedText: processor)
    bytes.append(littleEndian: task.rawValue)
    bytes.append(littleEndian: time.rawValue)
    bytes.append(littleEndian: watermark.rawValue)
    return bytes
  }
}

extension Announcement {
  /// nil when the bytes are not one.
  init?(decoding bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard reader.integer(UInt8.self) == Self.version, let processor = reader.text(),
      let task = reader.integer(Int32.self), let time = reader.integer(Int64.self),
      let watermark = reader.integer(Int64.self), reader.isAtEnd, task >= 0
    else { return nil }
    self.init(
      processor: processor, task: PartitionID(task), time: Timestamp(milliseconds: time),
      watermark: EventTime(milliseconds: watermark))
  }
}

extension InputRecord {
  /// Among the records of tasks, only announcements have no key.
  @inlinable @inline(__always)
  var hasNoKey: Bool { keyField.count < 0 }
}
