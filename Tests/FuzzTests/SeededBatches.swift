// Record batches as clients send them, and as no client should: right outside and wrong inside.
import Basics
import Compression

@testable import BrokerCore
@testable import BrokerProtocol

extension RecordBatch {
  /// A batch of a few records under few keys; every second one is changed somewhere.
  static func seeded(
    _ random: inout SeededRandom, producer: ProducerID = .none, epoch: ProducerEpoch = .none,
    sequence: Int32 = -1
  ) -> [UInt8] {
    var attributes = RecordBatchAttributes(
      codec: random.chance(1, in: 3) ? .lz4 : .none,
      isTransactional: producer != .none && random.chance(1, in: 2))
    var builder = RecordBatchBuilder(
      baseTimestamp: Timestamp(milliseconds: 1_700_000_000_000 + Int64(random.int(in: 0..<1000))),
      attributes: attributes, producerID: producer, producerEpoch: epoch, baseSequence: sequence)
    for _ in 0...random.int(in: 0..<4) {
      let value = [UInt8](repeating: 7, count: random.int(in: 0..<40))
      builder.append(
        key: random.chance(1, in: 8) ? nil : ByteSlice([UInt8(random.int(in: 0..<6))]),
        value: random.chance(1, in: 4) ? nil : ByteSlice(value))
    }
    switch random.int(in: 0..<6) {
    case 0: return mutation(of: sealed(builder).bytes, &random)
    case 1, 2:
      // The records are changed before they are compressed and summed: only opening them tells.
      let broken = builder.build { mutation(of: $0, &random) }
      return attributes.codec == .lz4 ? sealed(broken) : broken.bytes
    case 3:
      attributes.rawValue = Int16(truncatingIfNeeded: random.next() & 0x7F)
      builder.header.attributes = attributes
      return builder.build().changed(&random)
    default: return sealed(builder).bytes
    }
  }

  private static func sealed(_ builder: RecordBatchBuilder) -> RecordBatch {
    guard var codec = try? BatchCodec(), let batch = codec.seal(builder) else { return builder.build() }
    return batch
  }

  /// The batch with its records compressed as they are.
  private static func sealed(_ batch: RecordBatch) -> [UInt8] {
    guard let encoder = try? LZ4Encoder(), let bytes = try? compressed(batch.records, by: encoder) else {
      return batch.bytes
    }
    return RecordBatch(header: batch.header, records: ByteSlice(bytes)).summed.bytes
  }

  private static func compressed(
    _ records: ByteSlice, by encoder: consuming LZ4Encoder
  ) throws(CompressionError) -> [UInt8] {
    let sealed = try encoder.compress(records.span)
    return unsafe sealed.withUnsafeBytes { unsafe [UInt8]($0) }
  }

  /// Its fixed part changed anywhere, the checksum right again.
  private func changed(_ random: inout SeededRandom) -> [UInt8] {
    let bytes = mutation(of: bytes, &random)
    guard let batch = try? RecordBatch(firstOf: ByteSlice(bytes)) else { return bytes }
    return batch.summed.bytes
  }

  private var summed: RecordBatch {
    var batch = self
    batch.header.crc = computedChecksum()
    return batch
  }
}
