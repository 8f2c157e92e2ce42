// What is in quarantine as people and programs read it. Bytes of records are shown as JSON strings or in
// hexadecimal, never raw: whoever made them must not steer a terminal.
import Basics

/// Counts of everything, and the newest records, out of one reading.
struct QuarantineListing {
  private let reason: String?
  private let limit: Int
  private var counts: [String: Int] = [:]
  private var newest: [QuarantinedRecord] = []
  private var redriven: [QuarantinePosition: String] = [:]

  init(reason: String?, limit: Int) {
    self.reason = reason
    self.limit = limit
  }

  mutating func add(_ record: QuarantinedRecord) {
    if case .redriven(let position, let place) = record.content {
      redriven[position] = place
      return
    }
    let name = record.content == .unknown ? "not written by Ratchet" : record.reason
    guard reason == nil || reason == name else { return }
    counts[name, default: 0] += 1
    var line = record
    // Only its place and key are listed.
    (line.value, line.headers) = (nil, [])
    newest.append(line)
    if newest.count >= 2 * limit + 1000 { cut() }
  }

  private mutating func cut() {
    newest.sort { ($0.timestamp, $0.position) < ($1.timestamp, $1.position) }
    newest.removeFirst(max(0, newest.count - limit))
  }

  private var shown: [QuarantinedRecord] {
    var copy = self
    copy.cut()
    return copy.newest
  }

  func text(of topic: String, at address: String) -> String {
    let total = counts.values.reduce(0, +)
    guard total > 0 else { return "nothing is set aside in \(topic) at \(address)" }
    var lines = ["\(topic) at \(address): \(total) set aside, \(redriven.count) redriven", ""]
    lines += columns(
      [["reason", "records"]]
        + counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { [$0.key, "\($0.value)"] }, words: 1
    ).map { "  " + $0 }
    lines.append("")
    for record in shown {
      var line = "\(record.position)  \(record.timestamp)  \(record.reason)  \(record.originText)"
      if let key = record.key { line += "  key \(printable(key))" }
      if let violation = record.violation { line += "  \(printable(Array(violation.utf8)))" }
      if let place = redriven[record.position] { line += "  redriven to \(place)" }
      lines.append(line)
    }
    if shown.count < total { lines.append("... and \(total - shown.count) older; --limit shows more") }
    return lines.joined(separator: "\n")
  }

  var jsonLines: String {
    shown.map { record in
      var json = Array("{\"position\":\"\(record.position)\",\"set_aside_at\":\"\(record.timestamp)\"".utf8)
      func member(_ name: String, _ text: String?) {
        guard let text else { return }
        json.append(contentsOf: ",\"\(name)\":".utf8)
        json.appendJSON(text)
      }
      member("reason", record.reason)
      member("processor", record.processor)
      if case .input(let origin) = record.content {
        member("topic", origin.partition.topic)
        json.append(
          contentsOf: ",\"partition\":\(origin.partition.partition),\"offset\":\(origin.offset)".utf8)
        member("pointer", origin.pointer.isEmpty ? nil : origin.pointer)
        member("rule", origin.rule.isEmpty ? nil : origin.rule)
      }
      member("key", record.key.map { String(decoding: $0, as: UTF8.self) })
      member("redriven_to", redriven[record.position])
      return String(decoding: json, as: UTF8.self) + "}"
    }.joined(separator: "\n")
  }
}

/// Everything about one record.
func shown(_ record: QuarantinedRecord, _ redrivenTo: String?) -> String {
  var rows = [
    ("position", "\(record.position)"), ("reason", record.reason), ("processor", record.processor),
    ("set aside at", "\(record.timestamp)"), ("original", record.originText),
  ]
  if let violation = record.violation { rows.append(("rule", printable(Array(violation.utf8)))) }
  if case .input(let origin) = record.content { rows.append(("stamped", "\(origin.timestamp)")) }
  if let redrivenTo { rows.append(("redriven to", redrivenTo)) }
  rows.append(("key", record.key.map(printable) ?? "none"))
  for header in record.headers {
    rows.append(("header", "\(printable(header.name)): \(header.value.map(printable) ?? "null")"))
  }
  rows.append(("value", record.value.map { "\($0.count) bytes" } ?? "null"))
  let width = rows.map(\.0.count).max() ?? 0
  var lines = rows.map { $0.0 + String(repeating: " ", count: width + 2 - $0.0.count) + $0.1 }
  if let value = record.value { lines += ["", printable(value)] }
  return lines.joined(separator: "\n")
}

extension QuarantinedRecord {
  /// The broken rule behind its place, `/data/rating: must be ...`; nil where nobody says.
  fileprivate var violation: String? {
    guard case .input(let origin) = content, !origin.rule.isEmpty else { return nil }
    return origin.pointer.isEmpty ? origin.rule : "\(origin.pointer): \(origin.rule)"
  }

  fileprivate var originText: String {
    switch content {
    case .input(let origin): "\(origin.partition)@\(origin.offset)"
    case .output(let topic, let bytes): "an output of \(bytes) bytes to \(topic)"
    case .redriven, .erased, .unknown: "-"
    }
  }
}

/// Text as a JSON string; other bytes in hexadecimal.
func printable(_ bytes: [UInt8]) -> String {
  if let text = String(validating: bytes, as: UTF8.self) {
    var json: [UInt8] = []
    json.appendJSON(text)
    return String(decoding: json, as: UTF8.self)
  }
  let digits = Array("0123456789abcdef".utf8)
  var text = Array("0x".utf8)
  for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
  return String(decoding: text, as: UTF8.self)
}
