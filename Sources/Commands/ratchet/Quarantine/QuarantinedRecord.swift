// One record of the quarantine topic, taken apart again: the record as it was before it was set aside, and
// what the engine wrote behind its headers (Engine/Runtime/Processing/Quarantine.swift).
import Basics
import Kafka

/// Where a record stands in the quarantine topic: `2@15` is offset 15 of its partition 2.
struct QuarantinePosition: Hashable, Comparable, CustomStringConvertible {
  var partition: PartitionID
  var offset: Offset

  init(_ partition: PartitionID, _ offset: Offset) {
    self.partition = partition
    self.offset = offset
  }

  /// `2@15`, or with the topic in front, as diagnostics write positions.
  init?(_ text: some StringProtocol) {
    let position = text.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    let parts = position.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, let partition = Int32(parts[0]), let offset = Int64(parts[1]), partition >= 0,
      offset >= 0
    else { return nil }
    self.init(PartitionID(partition), Offset(offset))
  }

  static func < (a: Self, b: Self) -> Bool { (a.partition, a.offset) < (b.partition, b.offset) }

  var description: String { "\(partition)@\(offset)" }
}

/// A header as bytes: names and values are whatever their producer wrote.
struct RecordHeader: Hashable {
  var name: [UInt8]
  var value: [UInt8]?

  init(_ name: String, _ value: String) { (self.name, self.value) = (Array(name.utf8), Array(value.utf8)) }
  init(name: [UInt8], value: [UInt8]?) { (self.name, self.value) = (name, value) }
}

struct QuarantinedRecord: Equatable {
  enum Content: Equatable {
    /// An input record that was set aside whole.
    case input(Origin)
    /// An output that did not fit its topic; its value is not kept.
    case output(topic: String, bytes: String)
    /// Says that a record was published again, and where it lies since.
    case redriven(QuarantinePosition, to: String)
    /// Says that the record kept under this key is to be forgotten.
    case erased
    /// Not written by Ratchet.
    case unknown
  }

  struct Origin: Equatable {
    var partition: TopicPartition
    var offset: Offset
    var timestamp: Timestamp
    /// Bytes that did not fit quarantine and were left out; they stand at the origin alone.
    var leftOut_bytes: Int?
    /// What the record's event breaks, and where in it, as a JSON pointer; empty where nobody says.
    var rule = ""
    var pointer = ""
  }

  var position: QuarantinePosition
  /// The recorded time at which it was set aside.
  var timestamp: Timestamp
  var reason: String
  var processor: String
  var content: Content
  var key: [UInt8]?
  var value: [UInt8]?
  /// The original's own.
  var headers: [RecordHeader]
  /// What it is kept under: the place it came from.
  var storedKey: [UInt8]?

  static let redrivenHeader = "ratchet_redriven"
  static let redrivenToHeader = "ratchet_redriven_to"

  private static let inputHeaders = [
    "ratchet_rule", "ratchet_pointer", "ratchet_key", "ratchet_value", "ratchet_reason",
    "ratchet_processor", "ratchet_topic", "ratchet_partition", "ratchet_offset", "ratchet_timestamp",
  ]
  private static let outputHeaders = [
    "ratchet_key", "ratchet_reason", "ratchet_processor", "ratchet_output", "ratchet_bytes",
  ]
  private static let erasedHeader = "ratchet_erased"
  private static let leftOut = "left out "
  private static let markerHeaders = [redrivenHeader, redrivenToHeader]

  init(_ record: borrowing ConsumedRecord) {
    var headers: [RecordHeader] = []
    record.forEachHeader { name, value in
      headers.append(RecordHeader(name: copied(name) ?? [], value: copied(value)))
    }
    self.init(
      QuarantinePosition(record.partition, record.offset), at: record.timestamp,
      key: copied(record.key), value: copied(record.value), allHeaders: headers)
  }

  /// Only the last headers are the engine's: an original may carry some of the same names.
  init(
    _ position: QuarantinePosition, at timestamp: Timestamp, key: [UInt8]?, value: [UInt8]?,
    allHeaders: [RecordHeader]
  ) {
    (self.position, self.timestamp, self.key, self.value) = (position, timestamp, key, value)
    (reason, processor, content, headers, storedKey) = ("", "", .unknown, allHeaders, key)
    if let last = takeHeaders(Self.inputHeaders), let partition = Int32(last.text(7)),
      let offset = Int64(last.text(8)), let time = Int64(last.text(9))
    {
      (reason, processor, self.key) = (last.text(4), last.text(5), last[2])
      let kept = last.text(3)
      if kept != "whole" { self.value = nil }
      content = .input(
        Origin(
          partition: TopicPartition(topic: last.text(6), partition: PartitionID(partition)),
          offset: Offset(offset), timestamp: Timestamp(milliseconds: time),
          leftOut_bytes: kept.hasPrefix(Self.leftOut) ? Int(kept.dropFirst(Self.leftOut.count)) : nil,
          rule: last.text(0), pointer: last.text(1)))
    } else if let last = takeHeaders(Self.outputHeaders) {
      (self.key, self.value) = (last[0], nil)
      (reason, processor) = (last.text(1), last.text(2))
      content = .output(topic: last.text(3), bytes: last.text(4))
    } else if let last = takeHeaders(Self.markerHeaders), let position = QuarantinePosition(last.text(0)) {
      content = .redriven(position, to: last.text(1))
    } else if value == nil, takeHeaders([Self.erasedHeader]) != nil {
      content = .erased
    }
  }

  /// Takes the last headers away if they have these names, and returns their values.
  private mutating func takeHeaders(_ names: [String]) -> [[UInt8]?]? {
    guard headers.suffix(names.count).map(\.name) == names.map({ Array($0.utf8) }) else { return nil }
    let values = headers.suffix(names.count).map(\.value)
    headers.removeLast(names.count)
    return values
  }
}

extension [[UInt8]?] {
  fileprivate func text(_ index: Int) -> String { String(decoding: self[index] ?? [], as: UTF8.self) }
}

private func copied(_ span: RawSpan?) -> [UInt8]? {
  guard let span else { return nil }
  return unsafe span.withUnsafeBytes { unsafe [UInt8]($0) }
}
