// Count, sum and sum of squares: what a mean and its uncertainty follow from, and what adds up over panes.
public import Basics

/// The first two moments of measured values.
public struct Moments: Hashable, Sendable {
  public private(set) var count: UInt64 = 0
  public private(set) var sum: Double = 0
  public private(set) var sumOfSquares: Double = 0

  public init() {}

  /// Of values that were counted elsewhere.
  public init(count: UInt64, sum: Double, sumOfSquares: Double) {
    self.count = count
    self.sum = sum
    self.sumOfSquares = sumOfSquares
  }

  /// What is no finite number is not added.
  public mutating func add(_ value: Double) {
    guard value.isFinite else { return }
    count &+= 1
    sum += value
    sumOfSquares += value * value
  }

  public mutating func merge(_ other: Moments) {
    count &+= other.count
    sum += other.sum
    sumOfSquares += other.sumOfSquares
  }

  /// nil without values.
  public var mean: Double? { count > 0 ? sum / Double(count) : nil }

  /// Of the sample, with n - 1; nil below two values.
  public var variance: Double? {
    guard count > 1 else { return nil }
    let n = Double(count)
    return max(0, (sumOfSquares - sum * sum / n) / (n - 1))
  }
}

extension Moments: Storable {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(littleEndian: count)
    bytes.append(littleEndian: sum.bitPattern)
    bytes.append(littleEndian: sumOfSquares.bitPattern)
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let value = Moments(from: &reader), reader.isAtEnd else { return nil }
    self = value
  }

  init?(from reader: inout ByteReader) {
    guard let count = reader.integer(UInt64.self), let sum = reader.integer(UInt64.self),
      let squares = reader.integer(UInt64.self)
    else { return nil }
    self.init(
      count: count, sum: Double(bitPattern: sum), sumOfSquares: Double(bitPattern: squares))
  }
}
