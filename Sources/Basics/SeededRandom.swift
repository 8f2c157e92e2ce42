/// Randomness that a seed repeats exactly, on every machine and in every version: xoshiro256** seeded by
/// SplitMix64 (Blackman and Vigna, https://prng.di.unimi.it). Not for secrets.
public struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  public init(seed: UInt64) {
    var mixer = seed
    func mixed() -> UInt64 {
      mixer &+= 0x9E37_79B9_7F4A_7C15
      var z = mixer
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
    state = (mixed(), mixed(), mixed(), mixed())
  }

  public mutating func next() -> UInt64 {
    let result = rotated(state.1 &* 5, by: 7) &* 9
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = rotated(state.3, by: 45)
    return result
  }

  /// A generator of its own for one purpose, so that adding draws elsewhere does not shift this one's.
  public mutating func split() -> SeededRandom { SeededRandom(seed: next()) }

  /// A whole number in `range`, by widening multiplication; the bias is below 2^-32 for ranges of 32 bits.
  public mutating func int(in range: Range<Int>) -> Int {
    precondition(!range.isEmpty, "a random number from an empty range")
    return range.lowerBound + Int(next().multipliedFullWidth(by: UInt64(range.count)).high)
  }

  /// True with probability `numerator / denominator`.
  public mutating func chance(_ numerator: Int, in denominator: Int) -> Bool {
    int(in: 0..<denominator) < numerator
  }

  /// A fraction in 0 ..< 1 with 53 random bits.
  public mutating func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }
}

private func rotated(_ value: UInt64, by bits: UInt64) -> UInt64 {
  (value << bits) | (value >> (64 - bits))
}
