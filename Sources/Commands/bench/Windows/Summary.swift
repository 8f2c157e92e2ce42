// What the benchmark's windows hold, and the JSON that they take it from and tell it in.
import Basics
import Events
import Runtime

/// Count, sum, least and greatest of the numbers of a window.
struct Summary: WindowAggregate {
  var count: UInt64 = 0
  var sum = 0.0
  var least = Double.infinity
  var greatest = -Double.infinity

  init() {}

  mutating func add(_ number: Double) {
    count += 1
    sum += number
    least = min(least, number)
    greatest = max(greatest, number)
  }

  mutating func merge(_ other: Summary) {
    count += other.count
    sum += other.sum
    least = min(least, other.least)
    greatest = max(greatest, other.greatest)
  }

  func store(into bytes: inout [UInt8]) {
    bytes.append(littleEndian: count)
    bytes.append(littleEndian: sum.bitPattern)
    bytes.append(littleEndian: least.bitPattern)
    bytes.append(littleEndian: greatest.bitPattern)
  }

  init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let count = reader.integer(UInt64.self), let sum = reader.integer(UInt64.self),
      let least = reader.integer(UInt64.self), let greatest = reader.integer(UInt64.self), reader.isAtEnd
    else { return nil }
    self.count = count
    self.sum = Double(bitPattern: sum)
    self.least = Double(bitPattern: least)
    self.greatest = Double(bitPattern: greatest)
  }

  /// `{"start":...,"end":...,"count":...,"sum":...,"min":...,"max":...}`.
  func appendJSON(_ window: Window, to bytes: inout [UInt8]) {
    let fields: [(StaticString, Int64)] = [
      ("{\"start\":", window.start.rawValue), (",\"end\":", window.end.rawValue),
      (",\"count\":", Int64(clamping: count)), (",\"sum\":", Int64(sum)), (",\"min\":", Int64(least)),
      (",\"max\":", Int64(greatest)),
    ]
    for (name, value) in fields {
      unsafe bytes.append(
        contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
      bytes.append(contentsOf: String(value).utf8)
    }
    bytes.append(UInt8(ascii: "}"))
  }
}

/// The member `number` of a JSON object; nil when there is none. The whole object is read, as it would be for
/// an event that must be valid.
func number(in json: RawSpan) -> Double? {
  var found: Double?
  do throws(JSONFault) {
    var reader = JSONReader(json)
    try reader.enterObject()
    while let name = try reader.nextName() {
      if JSONText(name, in: json).equals("number") {
        found = try reader.number().value
      } else {
        try reader.skip()
      }
    }
    try reader.finish()
  } catch { return nil }
  return found
}
