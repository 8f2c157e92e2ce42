// A record as a comparison holds it: recomputed, or read from the topic where it was published.
internal import Basics
internal import Runtime

/// All of a record that its hash is taken over, and where it stands.
struct ShownRecord: Hashable {
  struct Header: Hashable {
    var name: String
    var value: [UInt8]?
  }

  /// What two records have in common that are the same.
  struct Content: Hashable {
    var partition: PartitionID
    var timestamp: Timestamp
    var key: [UInt8]?
    var value: [UInt8]?
    var headers: [Header] = []
  }

  var content: Content
  /// Where it was published; nil when it is recomputed.
  var offset: Offset?

  init(_ records: OutboundRecords, _ index: Int) {
    let record = records[index]
    content = Content(
      partition: record.partition, timestamp: record.timestamp, key: copied(record.key),
      value: copied(record.value))
    var headers: [Header] = []
    records.forEachHeader(of: index) { name, value in headers.append(Header(name, value)) }
    content.headers = headers
  }

  init(_ record: borrowing InputRecord, of partition: PartitionID) {
    content = Content(
      partition: partition, timestamp: record.timestamp, key: copied(record.key),
      value: copied(record.value))
    var headers: [Header] = []
    record.forEachHeader { name, value in headers.append(Header(name, value)) }
    content.headers = headers
    offset = record.offset
  }

  var keyText: String { content.key.map(text(of:)) ?? "(no key)" }

  func header(_ name: String) -> String? {
    content.headers.last { $0.name == name }?.value.map(text(of:))
  }
}

extension ShownRecord.Header {
  fileprivate init(_ name: RawSpan, _ value: RawSpan?) {
    self.init(name: text(of: copied(name) ?? []), value: copied(value))
  }
}

private func copied(_ span: RawSpan?) -> [UInt8]? {
  guard let span else { return nil }
  return unsafe span.withUnsafeBytes { unsafe [UInt8]($0) }
}

/// Bytes for people: as text where they are text without control characters, else in hexadecimal.
func text(of bytes: [UInt8]) -> String {
  let isPrintable = bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
  if isPrintable, let text = String(validating: bytes, as: UTF8.self) { return text }
  return "0x" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
