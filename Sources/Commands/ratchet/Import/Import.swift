// From lines to chunks of records that are published together: pure, so that tests need no broker. It knows
// what an import before it has published, and that the file is still the one that it was.
import Basics
import Events

/// How far an import has come, as the topic of imports keeps it.
struct ImportPosition: Equatable {
  /// Lines and events behind it.
  var lines = 0
  var events = 0
  /// XXH64 of all lines behind it, each with its newline.
  var hash = XXH64().digest()

  /// `{"schema_version":1,"lines":1200,"events":1200,"xxh64":"ef46db3751d8e999"}`
  var json: String {
    let text = String(hash, radix: 16)
    let digits = String(repeating: "0", count: 16 - text.count) + text
    return #"{"schema_version":1,"lines":\#(lines),"events":\#(events),"xxh64":"\#(digits)"}"#
  }

  init(lines: Int = 0, events: Int = 0, hash: UInt64 = XXH64().digest()) {
    (self.lines, self.events, self.hash) = (lines, events, hash)
  }

  init?(json: [UInt8]) {
    guard let leaves = JSONLeaves(unsafe json.span.bytes), let lines = leaves["lines"].flatMap(Int.init),
      let events = leaves["events"].flatMap(Int.init),
      let hash = leaves["xxh64"].flatMap({ UInt64($0, radix: 16) })
    else { return nil }
    self.init(lines: lines, events: events, hash: hash)
  }
}

/// An event on its way to its topic.
struct ImportedRecord: Equatable {
  var topic: InputTopic
  var key: String
  var time: Timestamp
  /// The event in structured form, as its line has it.
  var value: [UInt8]
}

/// What is published in one transaction.
struct ImportChunk {
  var records: [ImportedRecord] = []
  var byteCount = 0
  /// How far the import has come when it is published.
  var end = ImportPosition()
}

/// One run over the lines of a file.
struct Import: ~Copyable {
  /// A transaction of this size costs little beside its records, and what a stop repeats is done in no time.
  static let recordsMax = 1000
  static let bytesMax = 4 << 20
  /// Later than this metrics take nothing (docs/metrics.md).
  static let grace = Duration.seconds(3600)

  private let file: String
  private let start: ImportPosition
  /// The time that tasks have come to.
  private let passed: Timestamp?
  private var check: EventCheck
  private var decoder = EventDecoder()
  private let topics: [EventType: InputTopic]
  private var hash = XXH64()
  private var lines = 0
  private var chunk = ImportChunk()
  private var events: Int

  init(file: String, from start: ImportPosition, passed: Timestamp?) {
    self.file = file
    self.start = start
    self.passed = passed
    events = start.events
    check = EventCheck(file: file)
    topics = Dictionary(uniqueKeysWithValues: EventType.allCases.map { ($0, $0.shape.topic) })
  }

  /// Takes the next line; a chunk that is full is to be published before the next. Throws what is wrong with
  /// the line.
  mutating func take(_ line: RawSpan, number: Int) throws -> ImportChunk? {
    hash.update(line)
    hash.update(integer: UInt8(ascii: "\n"))
    lines = number
    if number <= start.lines {
      if number == start.lines { try expectSameFile() }
      return nil
    }
    let findings = check.check(line, number: number).filter { $0.severity == .error }
    guard findings.isEmpty else { throw Diagnostics(findings) }
    guard let record = try record(line, number) else { return nil }
    chunk.records.append(record)
    chunk.byteCount += record.value.count
    events += 1
    guard chunk.records.count >= Self.recordsMax || chunk.byteCount >= Self.bytesMax else { return nil }
    return takeChunk()
  }

  /// The last chunk, behind the last line; nil when there is nothing left of it.
  mutating func finish() throws -> ImportChunk? {
    if lines < start.lines {
      throw Diagnostic(
        "is shorter than what was imported of it", at: .path(file),
        why: "\(start.lines) lines were, and it has \(lines)", next: "give another import another --name")
    }
    return chunk.records.isEmpty ? nil : takeChunk()
  }

  var summary: String {
    let new = events - start.events
    let before = start.events == 0 ? "" : "; \(start.events) were before"
    return "\(new) \(new == 1 ? "event" : "events") published\(before)"
  }

  private mutating func takeChunk() -> ImportChunk {
    defer { chunk = ImportChunk() }
    chunk.end = ImportPosition(lines: lines, events: events, hash: hash.digest())
    return chunk
  }

  private func expectSameFile() throws {
    guard hash.digest() == start.hash else {
      throw Diagnostic(
        "is not the file that was imported under this name", at: .path(file),
        why: "its first \(start.lines) lines have changed", next: "give another import another --name")
    }
  }

  /// nil for a line of white space.
  private mutating func record(_ line: RawSpan, _ number: Int) throws -> ImportedRecord? {
    let isBlank = unsafe line.withUnsafeBytes { unsafe $0.allSatisfy { " \t\r".utf8.contains($0) } }
    if isBlank { return nil }
    let envelope = try Envelope(structured: line)
    let event = try decoder.decode(envelope, from: nil)
    let time = Timestamp(milliseconds: envelope.time.rawValue)
    if let passed, time < passed - Self.grace {
      throw Diagnostic(
        "happened at \(time), and tasks have come to \(passed)", at: .file(file, line: number, column: 1),
        why: "metrics would set it aside as late",
        next: "import history under a new prefix before its first start, or give --late")
    }
    return ImportedRecord(
      topic: topics[event.type] ?? .feedback, key: event.key.string, time: time,
      value: unsafe line.withUnsafeBytes { unsafe [UInt8]($0) })
  }
}
