// What a pane of a series holds: a number, or what numbers are made of once all parts are together.
public import Basics

/// What a pane of a series holds so far, or what is added to it.
public enum PaneValue: Hashable, Sendable {
  /// Of a counter or a level.
  case sum(Double)
  /// Of a gauge.
  case last(Double, at: EventTime)
  case mean(sum: Double, weight: Double)
  /// One count for each bound, and one for what is above all; each without those before it.
  case histogram(counts: [UInt64], sum: Double, sketch: QuantileSketch)
  case distinct(DistinctSketch)
  /// Of one member of a population.
  case state(String, member: String, at: EventTime)

  /// Takes up what came later, or from a task that stands behind in order. Of two last values with one time
  /// the later one counts. A value of another kind is left aside.
  public mutating func merge(_ other: PaneValue) {
    switch (self, other) {
    case (.sum(let a), .sum(let b)): self = .sum(a + b)
    case (.last(_, let a), .last(_, let b)): if b >= a { self = other }
    case (.mean(let sum, let weight), .mean(let otherSum, let otherWeight)):
      self = .mean(sum: sum + otherSum, weight: weight + otherWeight)
    case (.histogram(var counts, let sum, var sketch), .histogram(let otherCounts, let otherSum, let others)):
      guard counts.count == otherCounts.count else { return }
      for index in counts.indices { counts[index] &+= otherCounts[index] }
      sketch.merge(others)
      self = .histogram(counts: counts, sum: sum + otherSum, sketch: sketch)
    case (.distinct(var sketch), .distinct(let other)):
      sketch.merge(other)
      self = .distinct(sketch)
    case (.state(_, _, let a), .state(_, _, let b)): if b >= a { self = other }
    default: return
    }
  }
}

extension PaneValue: Storable {
  public func store(into bytes: inout [UInt8]) {
    switch self {
    case .sum(let sum):
      bytes.append(0)
      bytes.append(double: sum)
    case .last(let value, let time):
      bytes.append(1)
      bytes.append(double: value)
      bytes.append(littleEndian: time.rawValue)
    case .mean(let sum, let weight):
      bytes.append(2)
      bytes.append(double: sum)
      bytes.append(double: weight)
    case .histogram(let counts, let sum, let sketch):
      bytes.append(3)
      bytes.append(double: sum)
      bytes.append(littleEndian: UInt16(truncatingIfNeeded: counts.count))
      for count in counts { bytes.append(variableLength: count) }
      bytes.append(counted: sketch)
    case .distinct(let sketch):
      bytes.append(4)
      bytes.append(counted: sketch)
    case .state(let state, let member, let time):
      bytes.append(5)
      bytes.append(countedText: state)
      bytes.append(countedText: member)
      bytes.append(littleEndian: time.rawValue)
    }
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let value = Self.read(&reader), reader.isAtEnd else { return nil }
    self = value
  }

  private static func read(_ reader: inout ByteReader) -> PaneValue? {
    switch reader.integer(UInt8.self) {
    case 0: return reader.finite().map { .sum($0) }
    case 1:
      guard let value = reader.finite(), let time = reader.integer(Int64.self) else { return nil }
      return .last(value, at: EventTime(milliseconds: time))
    case 2:
      guard let sum = reader.finite(), let weight = reader.finite() else { return nil }
      return .mean(sum: sum, weight: weight)
    case 3:
      guard let sum = reader.finite(), let count = reader.integer(UInt16.self), count > 0 else { return nil }
      var counts: [UInt64] = []
      for _ in 0..<count {
        guard let count = reader.variableLength() else { return nil }
        counts.append(count)
      }
      guard let field = reader.field(), let sketch = QuantileSketch(stored: field) else { return nil }
      return .histogram(counts: counts, sum: sum, sketch: sketch)
    case 4:
      guard let field = reader.field(), let sketch = DistinctSketch(stored: field) else { return nil }
      return .distinct(sketch)
    case 5:
      guard let state = reader.text(), let member = reader.text(), let time = reader.integer(Int64.self)
      else { return nil }
      return .state(state, member: member, at: EventTime(milliseconds: time))
    default: return nil
    }
  }
}

extension [UInt8] {
  mutating func append(double: Double) { append(littleEndian: double.bitPattern) }

  mutating func append(counted value: some Storable) {
    var field: [UInt8] = []
    value.store(into: &field)
    unsafe append(countedField: field.span.bytes)
  }
}

extension ByteReader {
  @_lifetime(self: copy self)
  mutating func double() -> Double? { integer(UInt64.self).map { Double(bitPattern: $0) } }

  /// A double that is a number.
  @_lifetime(self: copy self)
  mutating func finite() -> Double? {
    guard let value = double(), value.isFinite else { return nil }
    return value
  }
}
