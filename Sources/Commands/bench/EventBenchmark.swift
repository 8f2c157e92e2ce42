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
private struct SampleEvent {
  let type: EventType
  private var bytes: [UInt8] = []
  private var headers: [SampleRecord.Header] = []
  private var data = 0..<0

  init(_ type: EventType) throws {
    self.type = type
    let root = #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined()
    let lines = try readWholeFile("\(root)/schemas/examples/\(type.rawValue).jsonl", limit: 1 << 20)
    let line = Array(lines.prefix { $0 != UInt8(ascii: "\n") })
    let envelope = try Envelope(structured: unsafe line.span.bytes)
    data = add(unsafe envelope.data.withUnsafeBytes { unsafe Array($0) })
    let attributes = [
      ("ce_specversion", "1.0"), ("ce_id", envelope.id.string), ("ce_source", envelope.source.string),
      ("ce_type", type.rawValue), ("ce_time", "\(envelope.time)"),
      ("ce_organization", envelope.organization.string), ("ce_agent", envelope.agent?.string ?? "platform"),
      ("content-type", "application/json"),
    ]
    headers = attributes.map { SampleRecord.Header(name: add(Array($0.utf8)), value: add(Array($1.utf8))) }
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
    let record = SampleRecord(bytes: unsafe bytes.span.bytes, data: data, headers: headers.span)
    let envelope = try Envelope(record)
    let event = try decoder.decode(envelope, from: nil)
    return UInt64(event.key.rawBytes.byteCount) &+ UInt64(bitPattern: envelope.time.rawValue)
  }
}

/// As the engine lends records: bytes and ranges.
private struct SampleRecord: EventRecord, ~Escapable {
  struct Header {
    var name: Range<Int>
    var value: Range<Int>
  }

  let bytes: RawSpan
  let data: Range<Int>
  let headers: Span<Header>

  @_lifetime(copy bytes, copy headers)
  init(bytes: RawSpan, data: Range<Int>, headers: Span<Header>) {
    self.bytes = bytes
    self.data = data
    self.headers = headers
  }

  var value: RawSpan? {
    @_lifetime(copy self)
    get { bytes.extracting(data) }
  }

  @_lifetime(copy self)
  func header(_ name: StaticString) -> RawSpan? {
    for index in headers.indices.reversed() where headers[index].name.count == name.utf8CodeUnitCount {
      let found = bytes.extracting(headers[index].name)
      let wanted = unsafe UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
      if unsafe found.withUnsafeBytes({ unsafe $0.elementsEqual(wanted) }) {
        return bytes.extracting(headers[index].value)
      }
    }
    return nil
  }
}
