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
    /// Not written by Ratchet.
    case unknown
  }

  struct Origin: Equatable {
    var partition: TopicPartition
    var offset: Offset
    var timestamp: Timestamp
    /// Bytes that did not fit quarantine and were left out; they stand at the origin alone.
    var leftOut_bytes: Int?
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

  static let redrivenHeader = "ratchet_redriven"
  static let redrivenToHeader = "ratchet_redriven_to"

  private static let inputHeaders = [
    "ratchet_reason", "ratchet_processor", "ratchet_topic", "ratchet_partition", "ratchet_offset",
    "ratchet_timestamp",
  ]
  private static let outputHeaders = [
    "ratchet_reason", "ratchet_processor", "ratchet_output", "ratchet_bytes",
  ]
  private static let leftOutHeader = "ratchet_left_out_bytes"
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
    (reason, processor, content, headers) = ("", "", .unknown, allHeaders)
    if let last = takeHeaders(Self.inputHeaders), let partition = Int32(last[3]), let offset = Int64(last[4]),
      let time = Int64(last[5])
    {
      (reason, processor) = (last[0], last[1])
      let leftOut = headers.count == 1 && value == nil ? takeHeaders([Self.leftOutHeader]) : nil
      content = .input(
        Origin(
          partition: TopicPartition(topic: last[2], partition: PartitionID(partition)),
          offset: Offset(offset), timestamp: Timestamp(milliseconds: time),
          leftOut_bytes: leftOut.flatMap { Int($0[0]) }))
    } else if let last = takeHeaders(Self.outputHeaders) {
      (reason, processor) = (last[0], last[1])
      content = .output(topic: last[2], bytes: last[3])
    } else if let last = takeHeaders(Self.markerHeaders), let position = QuarantinePosition(last[0]) {
      content = .redriven(position, to: last[1])
    }
  }

  /// Takes the last headers away if they have these names, and returns their values.
  private mutating func takeHeaders(_ names: [String]) -> [String]? {
    guard headers.suffix(names.count).map(\.name) == names.map({ Array($0.utf8) }) else { return nil }
    let values = headers.suffix(names.count).map { String(decoding: $0.value ?? [], as: UTF8.self) }
    headers.removeLast(names.count)
    return values
  }
}

private func copied(_ span: RawSpan?) -> [UInt8]? {
  guard let span else { return nil }
  return unsafe span.withUnsafeBytes { unsafe [UInt8]($0) }
}
