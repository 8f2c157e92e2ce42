// What it costs to read an event: envelope and data of each type, as the examples in schemas/ have them.
import Basics
import Events
import POSIX

/// Each type in binary mode, the example with every field.
func eventBenchmark(_ settings: BenchmarkSettings) throws -> [Measurement] {
  let count = settings.isFull ? 500_000 : 1000
  return try EventType.allCases.map { type in
    let event = try SampleEvent(type)
    return try event.measure(count)
  }
}

/// An example as a record in binary mode.
struct SampleEvent {
  let type: EventType
  private var bytes: [UInt8] = []
  private var headers: [HeaderPlace] = []
  private var data = 0..<0

  /// Of another agent than the example's, if one is given.
  init(_ type: EventType, agent: String? = nil) throws {
    self.type = type
    let root = #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined()
    let lines = try readWholeFile("\(root)/schemas/examples/\(type.rawValue).jsonl", limit: 1 << 20)
    let line = Array(lines.prefix { $0 != UInt8(ascii: "\n") })
    let envelope = try Envelope(structured: unsafe line.span.bytes)
    data = add(unsafe envelope.data.withUnsafeBytes { unsafe Array($0) })
    let attributes = [
      ("ce_specversion", "1.0"), ("ce_id", envelope.id.string), ("ce_source", envelope.source.string),
      ("ce_type", type.rawValue), ("ce_time", "\(envelope.time)"),
      ("ce_organization", envelope.organization.string),
      ("ce_agent", agent ?? envelope.agent?.string ?? "platform"),
      ("content-type", "application/json"),
    ]
    headers = attributes.map {
      let (name, value) = (add(Array($0.utf8)), add(Array($1.utf8)))
      return HeaderPlace(
        nameStart: name.lowerBound, nameCount: name.count, valueStart: value.lowerBound,
        valueCount: value.count)
    }
  }

  private mutating func add(_ field: [UInt8]) -> Range<Int> {
    bytes += field
    return bytes.count - field.count..<bytes.count
  }

  func measure(_ count: Int) throws -> Measurement {
    var decoder = EventDecoder()
    let name = "\(type.rawValue), \(data.count) bytes"
    // Once before, so that the decoder has its memory.
    _ = try decode(&decoder)
    return try Measurement.of(name, count: count) {
      var hash: UInt64 = 0
      for _ in 0..<count { hash = hash &* 31 &+ (try decode(&decoder)) }
      return hash
    }
  }

  private func decode(_ decoder: inout EventDecoder) throws(Violation) -> UInt64 {
    try decode(&decoder) { envelope, event in
      UInt64(event.key.rawBytes.byteCount) &+ UInt64(bitPattern: envelope.time.rawValue)
    }
  }

  /// Lends the event, decoded.
  func decode<Result>(
    _ decoder: inout EventDecoder, _ body: (borrowing Envelope, DecodedEvent) -> Result
  ) throws(Violation) -> Result {
    let record = SampleRecord(bytes: unsafe bytes.span.bytes, data: data, places: headers.span)
    let envelope = try Envelope(record)
    return body(envelope, try decoder.decode(envelope, from: nil))
  }
}

/// As the engine lends records: bytes and where in them things stand.
private struct SampleRecord: EventRecord, ~Escapable {
  let bytes: RawSpan
  let data: Range<Int>
  let places: Span<HeaderPlace>

  @_lifetime(copy bytes, copy places)
  init(bytes: RawSpan, data: Range<Int>, places: Span<HeaderPlace>) {
    self.bytes = bytes
    self.data = data
    self.places = places
  }

  var value: RawSpan? {
    @_lifetime(copy self)
    get { bytes.extracting(data) }
  }

  var headers: RecordHeaders {
    @_lifetime(copy self)
    get { RecordHeaders(bytes, places) }
  }
}
