// A record made of bytes, for tests.
import Events

/// Owns what a record lends.
struct RecordBytes {
  private var bytes: [UInt8] = []
  private var value: Range<Int>?
  private var headers: [(name: String, value: Range<Int>)] = []

  init(headers: [(String, String)], value: String?) {
    self.init(headers: headers.map { ($0, Array($1.utf8)) }, value: value.map { Array($0.utf8) })
  }

  init(headers: [(String, [UInt8])], value: [UInt8]?) {
    self.value = value.map { add($0) }
    for (name, value) in headers { self.headers.append((name, add(value))) }
  }

  private mutating func add(_ field: [UInt8]) -> Range<Int> {
    bytes += field
    return bytes.count - field.count..<bytes.count
  }

  func lend<Result>(_ body: (borrowing TestRecord) throws(Violation) -> Result) throws(Violation) -> Result {
    try body(TestRecord(bytes: unsafe bytes.span.bytes, valueRange: value, headers: headers))
  }
}

struct TestRecord: EventRecord, ~Escapable {
  let bytes: RawSpan
  let valueRange: Range<Int>?
  let headers: [(name: String, value: Range<Int>)]

  @_lifetime(copy bytes)
  init(bytes: RawSpan, valueRange: Range<Int>?, headers: [(name: String, value: Range<Int>)]) {
    self.bytes = bytes
    self.valueRange = valueRange
    self.headers = headers
  }

  var value: RawSpan? {
    @_lifetime(copy self)
    get {
      guard let valueRange else { return nil }
      return bytes.extracting(valueRange)
    }
  }

  @_lifetime(copy self)
  func header(_ name: StaticString) -> RawSpan? {
    guard let header = headers.last(where: { $0.name == name.description }) else { return nil }
    return bytes.extracting(header.value)
  }
}
