// CRC-32C, the checksum of Kafka's record batches (KIP-98) and of our own files.
import CChecksum

/// CRC-32C (Castagnoli polynomial, RFC 3720) of `bytes`, continuing `crc`: 0 to begin, or an earlier result.
public func crc32c(_ bytes: UnsafeRawBufferPointer, continuing crc: UInt32 = 0) -> UInt32 {
  unsafe ratchet_crc32c(crc, bytes.baseAddress, bytes.count)
}

/// CRC-32C (Castagnoli polynomial, RFC 3720) of `bytes`, continuing `crc`: 0 to begin, or an earlier result.
public func crc32c(_ bytes: [UInt8], continuing crc: UInt32 = 0) -> UInt32 {
  unsafe bytes.withUnsafeBytes { unsafe crc32c($0, continuing: crc) }
}

/// What `crc` becomes when `count` bytes follow it, but for those bytes' own share: crc32c(b, continuing: c)
/// is crc32c(c, movedBy: b.count) ^ crc32c(b). The CRC is a remainder, so moving is multiplying by x to the
/// 8 * count, modulo Castagnoli's polynomial (as zlib's crc32_combine has it).
public func crc32c(_ crc: UInt32, movedBy count: Int) -> UInt32 {
  precondition(count >= 0, "bytes follow, or none do")
  // Bits stand for powers of x from the highest down: 1 is the highest bit.
  var power: UInt32 = 1 << 31
  var rest = UInt(count)
  for squared in powersOfX.dropFirst(3) where rest > 0 {
    if rest & 1 == 1 { power = product(power, squared) }
    rest >>= 1
  }
  return product(power, crc)
}

/// x to the 1, 2, 4, 8 and so on.
private let powersOfX: [UInt32] = (1..<67).reduce(into: [1 << 30]) { powers, index in
  powers.append(product(powers[index - 1], powers[index - 1]))
}

/// Of two polynomials, modulo Castagnoli's.
private func product(_ a: UInt32, _ b: UInt32) -> UInt32 {
  var (sum, shifted): (UInt32, UInt32) = (0, b)
  for bit in stride(from: 31, through: 0, by: -1) {
    if a >> UInt32(bit) & 1 == 1 { sum ^= shifted }
    shifted = shifted & 1 == 1 ? shifted >> 1 ^ 0x82F6_3B78 : shifted >> 1
  }
  return sum
}

/// The same by table: what the processor's instruction is tested against.
func crc32cByTable(_ bytes: [UInt8]) -> UInt32 {
  unsafe bytes.withUnsafeBytes { unsafe ratchet_crc32c_portable(0, $0.baseAddress, $0.count) }
}
