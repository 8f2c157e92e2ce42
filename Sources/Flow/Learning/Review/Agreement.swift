// How far experts agree: Krippendorff's alpha (Krippendorff, "Computing Krippendorff's Alpha-Reliability",
// 2011) and the plain share of pairs that agree (R6.3). Everything is a sum over units, in whole numbers:
// what several tasks have summed can be added up, in any order, and a unit that changes is taken out and
// put in again.
public import Basics

/// Values of units that several experts have judged.
public struct Agreement: Hashable, Sendable {
  /// What the difference between two values means.
  public enum Scale: UInt8, Sendable {
    /// Equal or not.
    case nominal
    /// Their distance, squared.
    case interval
  }

  /// Interval values are thousandths; two that are this near agree.
  public static let near_thousandths = 100
  /// A unit counts with its first so many values.
  static let valuesMax = 16

  public let scale: Scale
  /// By values of a unit, from 2: the sum of differences over all ordered pairs within such units.
  private var within: [Int64]
  /// How often each value occurred, of a nominal scale; those of units with two values or more.
  private var counts: [Int64]
  private var count: Int64 = 0
  private var sum: Int64 = 0
  private var sumOfSquares: Int64 = 0
  public private(set) var pairs: Int64 = 0
  public private(set) var agreeingPairs: Int64 = 0

  /// Values of a nominal scale are numbers from 0.
  private static let categories = 8

  public init(_ scale: Scale) {
    self.scale = scale
    within = Array(repeating: 0, count: Self.valuesMax + 1)
    counts = Array(repeating: 0, count: scale == .nominal ? Self.categories : 0)
  }

  public mutating func add(_ values: [Int]) { count(values, 1) }
  public mutating func remove(_ values: [Int]) { count(values, -1) }

  private mutating func count(_ values: [Int], _ sign: Int64) {
    let values = values.prefix(Self.valuesMax)
    // One value alone can be paired with no other: it says nothing of agreement.
    guard values.count >= 2 else { return }
    for (index, value) in values.enumerated() {
      count += sign
      if scale == .nominal {
        counts[min(max(value, 0), Self.categories - 1)] += sign
      } else {
        sum += sign * Int64(value)
        sumOfSquares += sign * Int64(value * value)
      }
      for other in values[(values.startIndex + index + 1)...] {
        pairs += sign
        let isNear = scale == .nominal ? value == other : abs(value - other) <= Self.near_thousandths
        if isNear { agreeingPairs += sign }
        let difference = scale == .nominal ? (value == other ? 0 : 1) : (value - other) * (value - other)
        within[values.count] += sign * 2 * Int64(difference)
      }
    }
  }

  public static func + (a: Agreement, b: Agreement) -> Agreement {
    precondition(a.scale == b.scale, "agreement on two scales")
    var both = a
    for index in a.within.indices { both.within[index] += b.within[index] }
    for index in a.counts.indices { both.counts[index] += b.counts[index] }
    both.count += b.count
    both.sum += b.sum
    both.sumOfSquares += b.sumOfSquares
    both.pairs += b.pairs
    both.agreeingPairs += b.agreeingPairs
    return both
  }

  /// The share of pairs that agree, 0 to 1; nil without a pair.
  public var percentage: Double? { pairs > 0 ? Double(agreeingPairs) / Double(pairs) : nil }

  /// 1 is perfect agreement, 0 what chance would bring, below 0 worse. nil without a pair, and where all
  /// values are the same: then nothing could have disagreed.
  public var alpha: Double? {
    guard count >= 2 else { return nil }
    var observed = 0.0
    for (values, difference) in within.enumerated() where values >= 2 {
      observed += Double(difference) / Double(values - 1)
    }
    let n = Double(count)
    let expected: Double
    if scale == .nominal {
      expected = n * n - counts.reduce(0.0) { $0 + Double($1) * Double($1) }
    } else {
      expected = 2 * (n * Double(sumOfSquares) - Double(sum) * Double(sum))
    }
    guard expected > 0 else { return nil }
    return 1 - (n - 1) * observed / expected
  }
}

extension Agreement: Storable {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(scale.rawValue)
    for number in within + counts + [count, sum, sumOfSquares, pairs, agreeingPairs] {
      bytes.append(littleEndian: number)
    }
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let scale = reader.integer(UInt8.self).flatMap(Scale.init(rawValue:)) else { return nil }
    self.init(scale)
    func fill(_ numbers: inout [Int64], _ reader: inout ByteReader) -> Bool {
      for index in numbers.indices {
        guard let number = reader.integer(Int64.self) else { return false }
        numbers[index] = number
      }
      return true
    }
    var sums: [Int64] = Array(repeating: 0, count: 5)
    guard fill(&within, &reader), fill(&counts, &reader), fill(&sums, &reader), reader.isAtEnd else {
      return nil
    }
    (count, sum, sumOfSquares, pairs, agreeingPairs) = (sums[0], sums[1], sums[2], sums[3], sums[4])
  }
}
