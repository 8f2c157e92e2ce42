// The plainest binary form there is for what we write and read ourselves: little-endian numbers, counted
// bytes. Reading checks every length against the bytes that are there, for a disk may hand back anything.
import Basics

/// The bytes are no change this version knows.
struct MalformedChange: Error, Equatable {}

struct ChangeWriter {
  private(set) var bytes: [UInt8] = []

  mutating func write(_ value: some FixedWidthInteger) {
    var rest = value.littleEndian
    unsafe withUnsafeBytes(of: &rest) { unsafe bytes.append(contentsOf: $0) }
  }

  mutating func write(_ value: Bool) { bytes.append(value ? 1 : 0) }
  mutating func write(_ value: Duration) { write(value.milliseconds) }
  mutating func write<Value: RawRepresentable>(_ value: Value) where Value.RawValue: FixedWidthInteger {
    write(value.rawValue)
  }

  mutating func write(_ value: [UInt8]) {
    write(UInt32(value.count))
    bytes += value
  }

  mutating func write(_ value: String) { write(Array(value.utf8)) }

  mutating func write(_ value: String?) {
    write(value != nil)
    if let value { write(value) }
  }

  mutating func write<Element>(_ values: [Element], each: (inout ChangeWriter, Element) -> Void) {
    write(UInt32(values.count))
    for value in values { each(&self, value) }
  }
}

struct ChangeReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  mutating func number<Value: FixedWidthInteger>(_: Value.Type = Value.self) throws(MalformedChange) -> Value
  {
    let width = Value.bitWidth / 8
    guard width <= bytes.count - position else { throw MalformedChange() }
    var value: Value = 0
    for index in (0..<width).reversed() {
      value = value << 8 | Value(truncatingIfNeeded: bytes[position + index])
    }
    position += width
    return value
  }

  mutating func flag() throws(MalformedChange) -> Bool { try number(UInt8.self) != 0 }
  mutating func duration() throws(MalformedChange) -> Duration { .milliseconds(try number(Int64.self)) }

  mutating func value<Value: RawRepresentable>(_: Value.Type = Value.self) throws(MalformedChange) -> Value
  where Value.RawValue: FixedWidthInteger {
    guard let value = Value(rawValue: try number()) else { throw MalformedChange() }
    return value
  }

  mutating func blob() throws(MalformedChange) -> [UInt8] {
    let count = Int(try number(UInt32.self))
    guard count <= bytes.count - position else { throw MalformedChange() }
    defer { position += count }
    return Array(bytes[position..<position + count])
  }

  mutating func text() throws(MalformedChange) -> String { String(decoding: try blob(), as: UTF8.self) }
  mutating func optionalText() throws(MalformedChange) -> String? { try flag() ? try text() : nil }

  mutating func list<Element>(
    each: (inout ChangeReader) throws(MalformedChange) -> Element
  ) throws(MalformedChange) -> [Element] {
    let count = Int(try number(UInt32.self))
    guard count <= bytes.count - position else { throw MalformedChange() }
    var elements: [Element] = []
    for _ in 0..<count { elements.append(try each(&self)) }
    return elements
  }
}
