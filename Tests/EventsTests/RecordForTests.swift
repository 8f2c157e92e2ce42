// A record made of bytes, for tests.
import Basics
import Events

/// Owns what a record lends.
struct RecordBytes {
  private var bytes: [UInt8] = []
  private var value: Range<Int>?
  private var headers: [HeaderPlace] = []

  init(headers: [(String, String)], value: String?) {
    self.init(headers: headers.map { ($0, Array($1.utf8)) }, value: value.map { Array($0.utf8) })
  }

  init(headers: [(String, [UInt8])], value: [UInt8]?) {
    self.value = value.map { add($0) }
    for (name, value) in headers {
      let (name, value) = (add(Array(name.utf8)), add(value))
      self.headers.append(
        HeaderPlace(
          nameStart: name.lowerBound, nameCount: name.count, valueStart: value.lowerBound,
          valueCount: value.count))
    }
  }

  private mutating func add(_ field: [UInt8]) -> Range<Int> {
    bytes += field
    return bytes.count - field.count..<bytes.count
  }

  func lend<Result>(_ body: (borrowing TestRecord) throws(Violation) -> Result) throws(Violation) -> Result {
    try body(TestRecord(bytes: unsafe bytes.span.bytes, valueRange: value, places: headers.span))
  }
}

struct TestRecord: EventRecord, ~Escapable {
  let bytes: RawSpan
  let valueRange: Range<Int>?
  let places: Span<HeaderPlace>

  @_lifetime(copy bytes, copy places)
  init(bytes: RawSpan, valueRange: Range<Int>?, places: Span<HeaderPlace>) {
    self.bytes = bytes
    self.valueRange = valueRange
    self.places = places
  }

  var value: RawSpan? {
    @_lifetime(copy self)
    get {
      guard let valueRange else { return nil }
      return bytes.extracting(valueRange)
    }
  }

  var headers: RecordHeaders {
    @_lifetime(copy self)
    get { RecordHeaders(bytes, places) }
  }
}
