// Quantiles of a stream in bounded memory: a histogram whose buckets are as wide as a value's leading bits
// say, 64 to each doubling. It is made of counts alone, so values may come in any order, in parts that are
// merged, and be taken out again: what is left is the same bits. No logarithm is computed.

/// How often values occurred, to a relative error of `relativeError`.
public struct QuantileSketch: Hashable, Sendable {
  /// A value between the least and the greatest magnitude is known to this fraction of itself.
  public static let relativeError = 1.0 / 128
  /// Nearer to zero than this is zero.
  public static let leastMagnitude = 0x1p-30
  /// At this and beyond it, values fall into the last bucket.
  public static let greatestMagnitude = 0x1p50

  /// All but the sign, the exponent and the six leading bits behind it.
  private static let droppedBits: UInt64 = 52 - 6
  private static let greatestBucket = Int32(greatestMagnitude.bitPattern >> droppedBits)

  /// Buckets in order, with no count that is 0. Positive values have positive numbers; 0 is zero's.
  private(set) var buckets: [Int32] = []
  private(set) var counts: [UInt64] = []
  /// How many values there are.
  public private(set) var count: UInt64 = 0

  public init() {}

  public var isEmpty: Bool { count == 0 }

  /// Adds a value, `times` times. What is no number is not added.
  public mutating func add(_ value: Double, times: UInt64 = 1) {
    guard !value.isNaN, times > 0 else { return }
    add(bucket: Self.bucket(value), times)
  }

  /// Takes out a value that was added; one that was not, or no longer is there, changes nothing.
  public mutating func remove(_ value: Double) {
    guard !value.isNaN else { return }
    let bucket = Self.bucket(value)
    let place = place(bucket)
    guard place < buckets.count, buckets[place] == bucket else { return }
    count -= 1
    counts[place] -= 1
    guard counts[place] == 0 else { return }
    buckets.remove(at: place)
    counts.remove(at: place)
  }

  /// Adds what another has seen.
  public mutating func merge(_ other: QuantileSketch) {
    if isEmpty {
      self = other
      return
    }
    for (bucket, times) in zip(other.buckets, other.counts) { add(bucket: bucket, times) }
  }

  /// A value near the one at rank floor(fraction * (count - 1)), counted from 0 in ascending order; nil when
  /// there is none, or `fraction` is not in 0 ... 1.
  public func quantile(_ fraction: Double) -> Double? {
    guard count > 0, fraction >= 0, fraction <= 1 else { return nil }
    let rank = UInt64((fraction * Double(count - 1)).rounded(.down))
    var below: UInt64 = 0
    for (bucket, times) in zip(buckets, counts) {
      below += times
      if below > rank { return Self.middle(bucket) }
    }
    return buckets.last.map(Self.middle)
  }

  /// How many values are at most `bound`, those of its own bucket included.
  public func count(upTo bound: Double) -> UInt64 {
    guard !bound.isNaN else { return 0 }
    let last = Self.bucket(bound)
    return zip(buckets, counts).reduce(0) { $1.0 <= last ? $0 + $1.1 : $0 }
  }
}

extension QuantileSketch {
  private static func bucket(_ value: Double) -> Int32 {
    let magnitude = value.magnitude
    guard magnitude >= leastMagnitude else { return 0 }
    let bucket =
      magnitude >= greatestMagnitude ? greatestBucket : Int32(magnitude.bitPattern >> droppedBits)
    return value < 0 ? -bucket : bucket
  }

  private static func middle(_ bucket: Int32) -> Double {
    guard bucket != 0 else { return 0 }
    let lower = Double(bitPattern: UInt64(bucket.magnitude) << droppedBits)
    let upper = Double(bitPattern: UInt64(bucket.magnitude + 1) << droppedBits)
    let middle = lower + (upper - lower) / 2
    return bucket < 0 ? -middle : middle
  }

  /// Where the bucket stands, or would stand.
  private func place(_ bucket: Int32) -> Int {
    var (low, high) = (0, buckets.count)
    while low < high {
      let middle = (low + high) / 2
      if buckets[middle] < bucket { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private mutating func add(bucket: Int32, _ times: UInt64) {
    // More than 64 bits count is a damaged sketch's affair; the sum stays at the end.
    let (total, overflow) = count.addingReportingOverflow(times)
    guard !overflow else { return }
    count = total
    let place = place(bucket)
    if place < buckets.count, buckets[place] == bucket {
      counts[place] += times
    } else {
      buckets.insert(bucket, at: place)
      counts.insert(times, at: place)
    }
  }
}

/// The number of buckets, then each one's distance to the one before and its count, as variable-length
/// integers.
extension QuantileSketch: Storable {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(variableLength: UInt64(buckets.count))
    var last: Int32 = -Self.greatestBucket - 1
    for (bucket, times) in zip(buckets, counts) {
      bytes.append(variableLength: UInt64(bucket - last))
      bytes.append(variableLength: times)
      last = bucket
    }
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let number = reader.variableLength(), number <= UInt64(Self.greatestBucket) * 2 + 1 else {
      return nil
    }
    var last = -Int64(Self.greatestBucket) - 1
    for _ in 0..<number {
      guard let step = reader.variableLength(), step > 0, step <= UInt64(Self.greatestBucket) * 2 + 1,
        let times = reader.variableLength(), times > 0
      else { return nil }
      last += Int64(step)
      let (total, overflow) = count.addingReportingOverflow(times)
      guard last <= Int64(Self.greatestBucket), !overflow else { return nil }
      count = total
      buckets.append(Int32(last))
      counts.append(times)
    }
    guard reader.isAtEnd else { return nil }
  }
}
