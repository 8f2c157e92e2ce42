/// MurmurHash2 with seed 0x9747b28c, exactly as Kafka's Java client hashes keys
/// (org.apache.kafka.common.utils.Utils.murmur2).
public func murmur2(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
  let multiplier: UInt32 = 0x5bd1_e995
  var hash: UInt32 = 0x9747_b28c ^ UInt32(truncatingIfNeeded: bytes.count)
  var index = 0
  while index + 4 <= bytes.count {
    var word = unsafe UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self))
    word = word &* multiplier
    word ^= word >> 24
    hash = (hash &* multiplier) ^ (word &* multiplier)
    index += 4
  }
  if index < bytes.count {
    var tail: UInt32 = 0
    for last in (index..<bytes.count).reversed() { tail = unsafe (tail << 8) | UInt32(bytes[last]) }
    hash = (hash ^ tail) &* multiplier
  }
  hash = (hash ^ (hash >> 13)) &* multiplier
  return hash ^ (hash >> 15)
}

/// The partition that Kafka's Java client gives a key: `toPositive(murmur2(key)) % partitions`.
public func murmur2Partition(ofKey key: UnsafeRawBufferPointer, of partitions: Int32) -> PartitionID {
  precondition(partitions > 0, "a topic has at least one partition")
  return unsafe PartitionID(Int32(murmur2(key) & 0x7fff_ffff) % partitions)
}

/// The partition that Kafka's Java client gives a key in UTF-8.
public func murmur2Partition(ofKey key: String, of partitions: Int32) -> PartitionID {
  var key = key
  return key.withUTF8 { unsafe murmur2Partition(ofKey: UnsafeRawBufferPointer($0), of: partitions) }
}
