// Sums without rounding: the state behind means and variances. Whatever the order in which values come, and
// go again, the sum is the same to the last bit.
public import Basics

/// The exact sum of doubles, as doubles that do not overlap (J. R. Shewchuk, "Adaptive Precision
/// Floating-Point Arithmetic", 1997). Magnitudes stay below 2^1000 by far: events' numbers end at 1e18.
public struct ExactSum: Sendable {
  /// Least magnitude first, all below `greatest`'s last bit; empty in most sums.
  private var rest: [Double] = []
  private var greatest = 0.0

  public init() {}

  /// What it is, rounded once, to nearest, ties to even.
  public var value: Double {
    guard var index = rest.indices.last else { return greatest }
    var high = greatest
    var low = 0.0
    while index >= 0 {
      let (sum, error) = Self.sum(high, rest[index])
      high = sum
      low = error
      if low != 0 { break }
      index -= 1
    }
    // Half a unit away exactly, and more below it in the same direction: the tie is none.
    if index > 0, (low < 0) == (rest[index - 1] < 0) {
      let twice = low * 2
      let rounded = high + twice
      if twice == rounded - high { high = rounded }
    }
    return high
  }

  public var isZero: Bool { greatest == 0 && rest.isEmpty }

  /// Adds `value`, which is finite.
  public mutating func add(_ value: Double) {
    var carried = value
    var kept = 0
    for index in rest.indices {
      let (sum, error) = Self.sum(carried, rest[index])
      if error != 0 {
        rest[kept] = error
        kept += 1
      }
      carried = sum
    }
    if kept < rest.count { rest.removeSubrange(kept...) }
    let (sum, error) = Self.sum(carried, greatest)
    if error != 0 { rest.append(error) }
    greatest = sum
    if greatest == 0, let last = rest.popLast() { greatest = last }
  }

  /// Adds `a * b` without rounding it, or takes it away.
  public mutating func add(_ a: Double, times b: Double, sign: Double = 1) {
    let product = a * b
    add(sign * product)
    let error = (-product).addingProduct(a, b)
    if error != 0 { add(sign * error) }
  }

  public mutating func add(_ other: ExactSum) {
    for part in other.parts { add(part) }
  }

  /// Doubles whose sum it is, none of which overlap.
  public var parts: [Double] { greatest == 0 && rest.isEmpty ? [] : rest + [greatest] }

  private static func sum(_ a: Double, _ b: Double) -> (sum: Double, error: Double) {
    // Knuth's two-sum, which needs no order of the two.
    let sum = a + b
    let part = sum - a
    return (sum, (a - (sum - part)) + (b - part))
  }

  /// The same sum in the one form that equal sums share: each part is what is left, rounded.
  private var canonical: [Double] {
    var left = self
    var parts: [Double] = []
    while true {
      let part = left.value
      guard part != 0 else { return parts }
      parts.append(part)
      left.add(-part)
    }
  }
}

extension ExactSum: Hashable {
  public static func == (a: ExactSum, b: ExactSum) -> Bool { a.canonical == b.canonical }
  public func hash(into hasher: inout Hasher) { hasher.combine(canonical) }
}

extension ExactSum: Storable {
  /// How many parts, then each.
  public func store(into bytes: inout [UInt8]) {
    let parts = canonical
    bytes.append(UInt8(parts.count))
    for part in parts { bytes.append(littleEndian: part.bitPattern) }
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let sum = reader.exactSum(), reader.isAtEnd else { return nil }
    self = sum
  }
}

extension ByteReader {
  /// What `ExactSum.store` wrote.
  @_lifetime(self: copy self)
  mutating func exactSum() -> ExactSum? {
    guard let count = integer(UInt8.self) else { return nil }
    var sum = ExactSum()
    for _ in 0..<count {
      guard let bits = integer(UInt64.self) else { return nil }
      let part = Double(bitPattern: bits)
      guard part.isFinite else { return nil }
      sum.add(part)
    }
    return sum
  }
}
