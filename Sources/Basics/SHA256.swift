// SHA-256 (FIPS 180-4) and what is built of it to keep passwords: HMAC (RFC 2104), PBKDF2 (RFC 8018). It
// names configurations, examples and decisions, and signs on to the broker: some blocks each, not streams.

/// A hash under way; a value, so that a common beginning is computed once and continued many times.
public struct SHA256: Sendable {
  private static let blockSize = 64

  private var state = Self.start
  /// What does not fill a block yet.
  private var rest: [UInt8] = []
  private var count: UInt64 = 0

  public init() {}

  public static func hash(_ bytes: [UInt8]) -> [UInt8] {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finish()
  }

  public mutating func update(_ bytes: [UInt8]) {
    count += UInt64(bytes.count)
    var position = 0
    if !rest.isEmpty {
      position = min(Self.blockSize - rest.count, bytes.count)
      rest += bytes[..<position]
      processRest()
    }
    while bytes.count - position >= Self.blockSize {
      process(bytes, at: position)
      position += Self.blockSize
    }
    rest += bytes[position...]
  }

  /// The 32 bytes.
  public consuming func finish() -> [UInt8] {
    rest.append(0x80)
    if rest.count > Self.blockSize - 8 { padRest(to: Self.blockSize) }
    padRest(to: Self.blockSize - 8)
    for shift in stride(from: 56, through: 0, by: -8) {
      rest.append(UInt8(truncatingIfNeeded: (count * 8) >> UInt64(shift)))
    }
    processRest()
    var bytes: [UInt8] = []
    bytes.reserveCapacity(32)
    for word in state.indices {
      for shift in stride(from: 24, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: state[word] >> UInt32(shift)))
      }
    }
    return bytes
  }

  private mutating func padRest(to length: Int) {
    rest.append(contentsOf: repeatElement(0, count: length - rest.count))
    processRest()
  }

  /// What is left over, once it fills a block.
  private mutating func processRest() {
    guard rest.count == Self.blockSize else { return }
    process(rest, at: 0)
    rest.removeAll(keepingCapacity: true)
  }

  private mutating func process(_ bytes: [UInt8], at start: Int) {
    var words = InlineArray<64, UInt32>(repeating: 0)
    for index in 0..<16 {
      let place = start + 4 * index
      words[index] =
        UInt32(bytes[place]) << 24 | UInt32(bytes[place + 1]) << 16 | UInt32(bytes[place + 2]) << 8
        | UInt32(bytes[place + 3])
    }
    for index in 16..<64 {
      let (early, late) = (words[index - 15], words[index - 2])
      let mixedEarly = rotated(early, 7) ^ rotated(early, 18) ^ (early >> 3)
      let mixedLate = rotated(late, 17) ^ rotated(late, 19) ^ (late >> 10)
      words[index] = words[index - 16] &+ mixedEarly &+ words[index - 7] &+ mixedLate
    }
    let rounds = Self.rounds
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for index in 0..<64 {
      let mixedE = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
      let first = h &+ mixedE &+ ((e & f) ^ (~e & g)) &+ rounds[index] &+ words[index]
      let mixedA = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
      let second = mixedA &+ ((a & b) ^ (a & c) ^ (b & c))
      (h, g, f, e) = (g, f, e, d &+ first)
      (d, c, b, a) = (c, b, a, first &+ second)
    }
    state &+= SIMD8(a, b, c, d, e, f, g, h)
  }

  private func rotated(_ word: UInt32, _ bits: UInt32) -> UInt32 { word >> bits | word << (32 - bits) }
}

extension SHA256 {
  /// The first 32 bits behind the point of the first eight primes' square roots.
  private static let start = SIMD8(primes.prefix(8).map { fraction(ofRoot: 2, of: $0) })
  /// The same of the first 64 primes' cube roots.
  private static let rounds = primes.map { fraction(ofRoot: 3, of: $0) }

  private static let primes: [UInt128] = {
    var primes: [UInt128] = []
    var candidate: UInt128 = 2
    while primes.count < 64 {
      if primes.allSatisfy({ candidate % $0 != 0 }) { primes.append(candidate) }
      candidate += 1
    }
    return primes
  }()

  /// By bisection: the largest whole number whose power is at most `number` shifted by 32 bits per degree.
  private static func fraction(ofRoot degree: Int, of number: UInt128) -> UInt32 {
    let target = number << UInt128(32 * degree)
    var (low, high): (UInt128, UInt128) = (0, 1 << 40)
    while high - low > 1 {
      let middle = (low + high) / 2
      let power = degree == 2 ? middle * middle : middle * middle * middle
      if power <= target { low = middle } else { high = middle }
    }
    return UInt32(truncatingIfNeeded: low)
  }
}

/// HMAC-SHA-256 under one key.
public struct HMACSHA256: Sendable {
  private var inner = SHA256()
  private var outer = SHA256()

  public init(key: [UInt8]) {
    var key = key.count > 64 ? SHA256.hash(key) : key
    key += [UInt8](repeating: 0, count: 64 - key.count)
    inner.update(key.map { $0 ^ 0x36 })
    outer.update(key.map { $0 ^ 0x5C })
  }

  public func code(of message: [UInt8]) -> [UInt8] {
    var (inner, outer) = (inner, outer)
    inner.update(message)
    outer.update(inner.finish())
    return outer.finish()
  }
}

/// The first 32 bytes that PBKDF2 with HMAC-SHA-256 makes of a password: RFC 5802's `Hi`.
public func pbkdf2(password: [UInt8], salt: [UInt8], iterations: Int) -> [UInt8] {
  let hmac = HMACSHA256(key: password)
  var last = hmac.code(of: salt + [0, 0, 0, 1])
  var result = last
  for _ in 1..<max(1, iterations) {
    last = hmac.code(of: last)
    for index in result.indices { result[index] ^= last[index] }
  }
  return result
}

/// Compares secrets in a time that tells only their lengths.
public func areEqualInConstantTime(_ a: [UInt8], _ b: [UInt8]) -> Bool {
  guard a.count == b.count else { return false }
  return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
}
