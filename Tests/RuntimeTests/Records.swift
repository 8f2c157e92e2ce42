// Records and epochs as tests write them.
import Basics

@testable import Runtime

extension String {
  /// Lends the text's bytes.
  func withBytes<Result>(_ body: (RawSpan) -> Result) -> Result {
    let bytes = Array(utf8)
    return body(unsafe bytes.span.bytes)
  }
}

extension RawSpan {
  var text: String { unsafe withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) } }
}

extension RecordBatch {
  /// Adds a record; a header is written `name=value`.
  mutating func append(
    _ offset: Int64, at time: Int64, _ key: String, _ value: String? = "", headers: [String] = []
  ) {
    let key = Array(key.utf8)
    let valueBytes = Array((value ?? "").utf8)
    append(
      Offset(offset), at: Timestamp(milliseconds: time), key: unsafe key.span.bytes,
      value: value == nil ? nil : unsafe valueBytes.span.bytes)
    for header in headers {
      let parts = header.split(separator: "=").map { Array($0.utf8) }
      let (name, value) = (parts[0], parts[1])
      appendHeader(unsafe name.span.bytes, unsafe value.span.bytes)
    }
  }

  /// A batch of empty records with these timestamps, from offset 0 on.
  init(times: [Int64]) {
    self.init()
    for (index, time) in times.enumerated() { append(Int64(index), at: time, "") }
  }
}

extension OutboundRecords {
  /// Each record as `output/partition key=value`, with its headers in brackets.
  var lines: [String] {
    (0..<count).map { index in
      let record = self[index]
      let (key, value) = (record.key?.text ?? "-", record.value?.text ?? "-")
      var line = "\(record.output)/\(record.partition) \(key)=\(value)"
      var headers: [String] = []
      forEachHeader(of: index) { name, value in headers.append("\(name.text)=\(value?.text ?? "-")") }
      if !headers.isEmpty { line += " [\(headers.joined(separator: " "))]" }
      return line
    }
  }
}

func partition(_ topic: String, _ number: Int32 = 0) -> TopicPartition {
  TopicPartition(topic: topic, partition: PartitionID(number))
}
