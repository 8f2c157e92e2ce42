// XXH64, the fast non-cryptographic hash (specification: github.com/Cyan4973/xxHash, doc/xxhash_spec.md):
// it finds keys in tables and detects that two runs differ. It does not resist malice.

private let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
private let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
private let prime3: UInt64 = 0x1656_67B1_9E37_79F9
private let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
private let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

/// The hash of bytes that come piece by piece; where the pieces are cut makes no difference.
public struct XXH64: Sendable {
  private static let stripe = 32

  private let seed: UInt64
  private var lanes: (UInt64, UInt64, UInt64, UInt64)
  /// The bytes after the last whole stripe; always fewer than a stripe.
  private var tail: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
  private var length: UInt64 = 0

  public init(seed: UInt64 = 0) {
    self.seed = seed
    lanes = (seed &+ prime1 &+ prime2, seed &+ prime2, seed, seed &- prime1)
  }

  /// The hash of `bytes` alone.
  public static func hash(_ bytes: RawSpan, seed: UInt64 = 0) -> UInt64 {
    unsafe bytes.withUnsafeBytes { unsafe hash($0, seed: seed) }
  }

  /// The hash of `bytes` alone.
  public static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
    var state = XXH64(seed: seed)
    let whole = bytes.count & ~(stripe - 1)
    unsafe state.absorb(UnsafeRawBufferPointer(rebasing: bytes[..<whole]))
    state.length = UInt64(bytes.count)
    return unsafe state.finish(UnsafeRawBufferPointer(rebasing: bytes[whole...]))
  }

  /// The hash of the eight bytes of `word`, least significant first.
  public static func hash(word: UInt64, seed: UInt64 = 0) -> UInt64 {
    avalanche(mixed(seed &+ prime5 &+ 8, word: word))
  }

  public mutating func update(_ bytes: RawSpan) {
    unsafe bytes.withUnsafeBytes { unsafe update($0) }
  }

  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    let held = Int(length % UInt64(Self.stripe))
    length &+= UInt64(bytes.count)
    let filling = min(bytes.count, held == 0 ? 0 : Self.stripe - held)
    if filling > 0 {
      unsafe keep(UnsafeRawBufferPointer(rebasing: bytes[..<filling]), at: held)
      guard held + filling == Self.stripe else { return }
      absorb(word: tail.0, tail.1, tail.2, tail.3)
    }
    let whole = (bytes.count - filling) & ~(Self.stripe - 1)
    unsafe absorb(UnsafeRawBufferPointer(rebasing: bytes[filling..<filling + whole]))
    unsafe keep(UnsafeRawBufferPointer(rebasing: bytes[(filling + whole)...]), at: 0)
  }

  /// Adds the bytes of `integer`, least significant first.
  public mutating func update(integer: some FixedWidthInteger) {
    unsafe withUnsafeBytes(of: integer.littleEndian) { unsafe update($0) }
  }

  /// The hash of all bytes so far; more may follow.
  public func digest() -> UInt64 {
    let held = Int(length % UInt64(Self.stripe))
    return unsafe withUnsafeBytes(of: tail) { unsafe finish(UnsafeRawBufferPointer(rebasing: $0[..<held])) }
  }
}

extension XXH64 {
  private mutating func keep(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
    unsafe withUnsafeMutableBytes(of: &tail) {
      unsafe UnsafeMutableRawBufferPointer(rebasing: $0[offset...]).copyMemory(from: bytes)
    }
  }

  /// `bytes` is a whole number of stripes.
  private mutating func absorb(_ bytes: UnsafeRawBufferPointer) {
    for offset in stride(from: 0, to: bytes.count, by: Self.stripe) {
      unsafe absorb(
        word: bytes.word(at: offset), bytes.word(at: offset + 8), bytes.word(at: offset + 16),
        bytes.word(at: offset + 24))
    }
  }

  private mutating func absorb(word first: UInt64, _ second: UInt64, _ third: UInt64, _ fourth: UInt64) {
    lanes.0 = round(lanes.0, UInt64(littleEndian: first))
    lanes.1 = round(lanes.1, UInt64(littleEndian: second))
    lanes.2 = round(lanes.2, UInt64(littleEndian: third))
    lanes.3 = round(lanes.3, UInt64(littleEndian: fourth))
  }

  private func finish(_ rest: UnsafeRawBufferPointer) -> UInt64 {
    var hash = (length < UInt64(Self.stripe) ? seed &+ prime5 : merged()) &+ length
    var offset = 0
    while offset + 8 <= rest.count {
      hash = unsafe mixed(hash, word: UInt64(littleEndian: rest.word(at: offset)))
      offset += 8
    }
    if offset + 4 <= rest.count {
      let half = unsafe UInt32(littleEndian: rest.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
      hash = rotated(hash ^ (UInt64(half) &* prime1), by: 23) &* prime2 &+ prime3
      offset += 4
    }
    while offset < rest.count {
      hash = unsafe rotated(hash ^ (UInt64(rest[offset]) &* prime5), by: 11) &* prime1
      offset += 1
    }
    return avalanche(hash)
  }

  private func merged() -> UInt64 {
    var hash = rotated(lanes.0, by: 1) &+ rotated(lanes.1, by: 7)
    hash = hash &+ rotated(lanes.2, by: 12) &+ rotated(lanes.3, by: 18)
    for lane in [lanes.0, lanes.1, lanes.2, lanes.3] { hash = (hash ^ round(0, lane)) &* prime1 &+ prime4 }
    return hash
  }
}

private func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
  rotated(lane &+ word &* prime2, by: 31) &* prime1
}

private func mixed(_ hash: UInt64, word: UInt64) -> UInt64 {
  rotated(hash ^ round(0, word), by: 27) &* prime1 &+ prime4
}

private func avalanche(_ hash: UInt64) -> UInt64 {
  var hash = (hash ^ (hash >> 33)) &* prime2
  hash = (hash ^ (hash >> 29)) &* prime3
  return hash ^ (hash >> 32)
}

private func rotated(_ value: UInt64, by bits: UInt64) -> UInt64 {
  (value << bits) | (value >> (64 - bits))
}

extension UnsafeRawBufferPointer {
  fileprivate func word(at offset: Int) -> UInt64 {
    unsafe loadUnaligned(fromByteOffset: offset, as: UInt64.self)
  }
}
