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

/// The same by table: what the processor's instruction is tested against.
func crc32cByTable(_ bytes: [UInt8]) -> UInt32 {
  unsafe bytes.withUnsafeBytes { unsafe ratchet_crc32c_portable(0, $0.baseAddress, $0.count) }
}
