// Opening a batch's records where the broker has to look inside: compaction and search by time. Only what is
// uncompressed or LZ4 is opened; other codecs pass through the broker unread.
import Basics
import BrokerProtocol
import Compression

/// Opens and closes batches, one after another.
struct BatchCodec: ~Copyable {
  /// More than any batch that Produce accepts holds, far less than would hurt.
  private static let mostBytes = 256 << 20
  private var decoder: LZ4Decoder
  private var encoder: LZ4Encoder

  init() throws(CompressionError) {
    let decoder = try LZ4Decoder()
    let encoder = try LZ4Encoder()
    self.decoder = decoder
    self.encoder = encoder
  }

  /// The records, uncompressed; nil when the codec is not one we open or its data is broken.
  mutating func open(_ batch: RecordBatch) -> ByteSlice? {
    switch batch.header.attributes.codec {
    case .some(.none): return batch.records
    case .lz4:
      do throws(CompressionError) {
        let opened = try decoder.decompress(batch.records.span, limit: Self.mostBytes)
        return ByteSlice(unsafe opened.withUnsafeBytes { unsafe [UInt8]($0) })
      } catch { return nil }
    default: return nil
    }
  }

  /// The batch, compressed as its header says; nil if that fails.
  mutating func seal(_ builder: RecordBatchBuilder) -> RecordBatch? {
    guard builder.header.attributes.codec == .lz4 else { return builder.build() }
    do throws(CompressionError) {
      return try builder.build { bytes throws(CompressionError) in
        let sealed = try encoder.compress(ByteSlice(bytes).span)
        return unsafe sealed.withUnsafeBytes { unsafe [UInt8]($0) }
      }
    } catch { return nil }
  }
}
