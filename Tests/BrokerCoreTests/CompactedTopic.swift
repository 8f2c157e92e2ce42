// What a compacted topic owes its readers, told the simplest way: the list of all records ever written, and
// what became of their transactions. What a reader sees is judged against it.
import Basics
import BrokerProtocol

@testable import BrokerCore

/// A record as a reader sees it.
struct SeenRecord: Hashable {
  var offset: Offset
  var key: String?
  var value: String?
  var time: Timestamp
}

struct CompactedTopic {
  enum Fate { case open, committed, aborted }

  struct Written {
    var record: SeenRecord
    /// Whether the broker can look into its batch.
    var isReadable: Bool
    var writtenAt: Timestamp
    var fate: Fate
  }

  private(set) var written: [Offset: Written] = [:]
  var start = Offset.zero
  var limits = Limits()

  struct Limits {
    var lag_min: Duration = .zero
    var tombstones: Duration = .zero
  }

  mutating func append(_ records: [Written]) {
    for record in records { written[record.record.offset] = record }
  }

  mutating func end(_ offsets: [Offset], _ fate: Fate) {
    for offset in offsets { written[offset]?.fate = fate }
  }

  /// Committed, not deleted, before `end`, in order.
  private func owed(below end: Offset) -> [Written] {
    written.values.filter { $0.fate == .committed && $0.record.offset >= start && $0.record.offset < end }
      .sorted { $0.record.offset < $1.record.offset }
  }

  private func isLast(_ last: [String: Offset], _ record: Written) -> Bool {
    guard let key = record.record.key, record.isReadable else { return true }
    return last[key].map { $0 <= record.record.offset } ?? true
  }

  /// What is wrong with what a reader of committed records saw below the last stable offset.
  func faults(in seen: [SeenRecord], below end: Offset, now: Timestamp) -> [String] {
    let owed = owed(below: end)
    let seenOffsets = Set(seen.map(\.offset))
    var last: [String: Offset] = [:]
    for record in owed { if let key = record.record.key { last[key] = record.record.offset } }
    var faults = seen.compactMap { record -> String? in
      guard let written = written[record.offset] else { return "\(record) was never written" }
      if written.fate != .committed { return "\(record) is \(written.fate), and seen" }
      return written.record == record ? nil : "\(written.record) became \(record)"
    }
    if seen.map(\.offset) != seenOffsets.sorted() { faults.append("offsets out of order, or twice") }
    for record in owed where !seenOffsets.contains(record.record.offset) {
      let key = record.record.key
      let isSafe = record.record.time > now - limits.lag_min
      let isFresh = record.record.value == nil && record.writtenAt + limits.tombstones > now
      let mustStay = isLast(last, record) && (record.record.value != nil || isFresh)
      if key == nil || !record.isReadable || isSafe || mustStay {
        faults.append("\(record.record) is gone")
      }
      if isLast(last, record),
        let old = seen.first(where: { $0.key == key && $0.offset < record.record.offset })
      {
        faults.append("\(old) came back when \(record.record) went")
      }
    }
    return faults
  }

  /// What is left when compaction has nothing more to do; nil for tombstones that may have gone or not.
  func settled(below end: Offset) -> (left: [SeenRecord], eitherWay: Set<Offset>) {
    let owed = owed(below: end)
    var last: [String: Offset] = [:]
    for record in owed where record.isReadable {
      if let key = record.record.key { last[key] = record.record.offset }
    }
    let firstUnread = owed.first { !$0.isReadable }?.record.offset ?? end
    var eitherWay: Set<Offset> = []
    let left = owed.filter { record in
      guard isLast(last, record) else { return false }
      guard record.record.key != nil, record.record.value == nil, record.isReadable else { return true }
      // Below the start there may still be batches that the broker cannot read.
      if start > .zero { eitherWay.insert(record.record.offset) }
      return record.record.offset > firstUnread
    }
    return (left.map(\.record), eitherWay)
  }
}
