// Values counted so that mean, variance and quantiles follow, and any of them can be taken out again. Order
// leaves no trace, to the last bit.
public import Basics

/// How many values, their exact sum and sum of squares, and their quantiles' sketch.
public struct ValueTally: Hashable, Sendable {
  public private(set) var count: UInt64 = 0
  public private(set) var sum = ExactSum()
  public private(set) var squares = ExactSum()
  public private(set) var sketch = QuantileSketch()

  public init() {}

  /// Adds a finite value.
  public mutating func add(_ value: Double) {
    count += 1
    sum.add(value)
    squares.add(value, times: value)
    sketch.add(value)
  }

  /// Takes out a value that was added.
  public mutating func remove(_ value: Double) {
    guard count > 0 else { return }
    count -= 1
    sum.add(-value)
    squares.add(value, times: value, sign: -1)
    sketch.remove(value)
  }

  /// Count, mean and sample variance; nil without values. Of a single value the variance is 0.
  public var summary: Summary? {
    guard count > 0 else { return nil }
    return Summary(units: count, mean: sum.value / Double(count), variance: variance)
  }

  /// (Sum x^2 - (Sum x)^2 / n) / (n - 1), with the difference taken exactly before it is rounded: a small
  /// variance beside a great mean keeps all its digits.
  private var variance: Double {
    guard count > 1 else { return 0 }
    let (count, parts) = (Double(count), sum.parts)
    var scaled = ExactSum()
    for part in squares.parts { scaled.add(part, times: count) }
    for first in parts {
      for second in parts { scaled.add(first, times: second, sign: -1) }
    }
    return max(0, scaled.value) / (count * (count - 1))
  }
}

extension ValueTally: Storable {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(littleEndian: count)
    sum.store(into: &bytes)
    squares.store(into: &bytes)
    var inner: [UInt8] = []
    sketch.store(into: &inner)
    bytes.append(countedField: unsafe inner.span.bytes)
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let count = reader.integer(UInt64.self), let sum = reader.exactSum(),
      let squares = reader.exactSum(), let field = reader.field(), let sketch = QuantileSketch(stored: field),
      sketch.count == count, reader.isAtEnd
    else { return nil }
    (self.count, self.sum, self.squares, self.sketch) = (count, sum, squares, sketch)
  }
}
