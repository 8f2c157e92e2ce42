// Frames out and in, against each other, against a frame made by another implementation, and against damage.
import Basics
import Testing

@testable import Compression

/// Bytes that compress about as well as JSON records do.
func sample(_ count: Int, seed: UInt64) -> [UInt8] {
  var random = SeededRandom(seed: seed)
  var bytes: [UInt8] = []
  while bytes.count < count { bytes += Array("{\"agent\":\"a\(random.int(in: 0..<50))\",\"n\":1}".utf8) }
  return Array(bytes.prefix(count))
}

func decompressed(_ frame: [UInt8], limit: Int = 1 << 24) throws(CompressionError) -> [UInt8] {
  var decoder = try LZ4Decoder()
  return copy(try decoder.decompress(frame.raw, limit: limit))
}

func copy(_ span: RawSpan) -> [UInt8] { unsafe span.withUnsafeBytes { unsafe [UInt8]($0) } }

@Suite struct LZ4FrameTests {
  @Test("what is compressed comes back", arguments: [0, 1, 15, 65_535, 65_536, 65_537, 3_000_000])
  func roundTrip(count: Int) throws {
    let bytes = sample(count, seed: 1)
    for size in [LZ4Encoder.BlockSize.kb64, .kb256, .mb1, .mb4] {
      var encoder = try LZ4Encoder(blockSize: size, contentChecksum: count % 2 == 1)
      let frame = copy(try encoder.compress(bytes.raw))
      #expect(try decompressed(frame) == bytes)
      #expect(count < 1000 || frame.count < count / 2)
    }
  }

  @Test("a stream cut anywhere equals the whole", arguments: 0..<20 as Range<UInt64>)
  func streaming(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var encoder = try LZ4Encoder(contentChecksum: random.chance(1, in: 2))
    var decoder = try LZ4Decoder()
    for _ in 0..<3 {
      let bytes = sample(random.int(in: 0..<400_000), seed: seed)
      var frame: [UInt8] = []
      for piece in pieces(of: bytes, &random) { frame += copy(try encoder.append(piece.raw)) }
      frame += copy(try encoder.finish())
      var back: [UInt8] = []
      for piece in pieces(of: frame, &random) {
        back += copy(try decoder.append(piece.raw, limit: 1 << 20))
      }
      #expect(back == bytes && decoder.isAtFrameEnd)
      #expect(try decompressed(frame) == bytes)
    }
  }

  private func pieces(of bytes: [UInt8], _ random: inout SeededRandom) -> [[UInt8]] {
    var rest = bytes[...]
    var pieces: [[UInt8]] = []
    while !rest.isEmpty {
      let piece = rest.prefix(random.int(in: 0..<100_000))
      pieces.append(Array(piece))
      rest = rest.dropFirst(piece.count)
    }
    return pieces
  }

  @Test("a frame laid out by hand from the format's description is read: stored block, no content size")
  func frameByHand() throws {
    // Magic, FLG (version 01, independent blocks), BD (64 KiB), header checksum, block of 5 stored bytes, end
    // mark.
    let header: [UInt8] = [0x04, 0x22, 0x4D, 0x18, 0x60, 0x40, 0x82]
    let block: [UInt8] = [5, 0, 0, 0x80] + Array("hello".utf8)
    #expect(try decompressed(header + block + [0, 0, 0, 0]) == Array("hello".utf8))
    #expect(throws: CompressionError.damaged("ERROR_headerChecksum_invalid")) {
      try decompressed(header.dropLast() + [0x83] + block + [0, 0, 0, 0])
    }
  }

  @Test("our frames are those that Kafka's Java clients read: version 1, independent blocks, no content size")
  func frameFlags() throws {
    var encoder = try LZ4Encoder()
    let frame = copy(try encoder.compress(sample(200_000, seed: 2).raw))
    #expect(Array(frame[0..<6]) == [0x04, 0x22, 0x4D, 0x18, 0x60, 0x40])
  }

  @Test("frames in a row are read as one content")
  func concatenated() throws {
    var encoder = try LZ4Encoder()
    let one = copy(try encoder.compress(sample(100, seed: 3).raw))
    #expect(try decompressed(one + one) == sample(100, seed: 3) + sample(100, seed: 3))
  }

  @Test("output beyond the limit is refused, output at the limit is not", arguments: [0, 1, 4096, 70_000])
  func limit(count: Int) throws {
    var encoder = try LZ4Encoder()
    let frame = copy(try encoder.compress([UInt8](repeating: 7, count: count).raw))
    #expect(try decompressed(frame, limit: count).count == count)
    if count > 0 {
      #expect(throws: CompressionError.exceedsLimit(count - 1)) { try decompressed(frame, limit: count - 1) }
    }
  }

  @Test("a frame cut short is truncated, at every length, and so are no bytes at all")
  func truncated() throws {
    var encoder = try LZ4Encoder(contentChecksum: true)
    let frame = copy(try encoder.compress(sample(300, seed: 4).raw))
    for length in 0..<frame.count {
      #expect(throws: CompressionError.truncated) { try decompressed(Array(frame.prefix(length))) }
    }
  }

  @Test("a decoder that met an error reads the next frame as if nothing had been")
  func reuseAfterError() throws {
    var encoder = try LZ4Encoder()
    var decoder = try LZ4Decoder()
    let bytes = sample(90_000, seed: 5)
    let frame = copy(try encoder.compress(bytes.raw))
    for _ in 0..<3 {
      _ = try? copy(decoder.decompress(Array(frame.prefix(frame.count / 2)).raw, limit: 100_000))
      _ = try? copy(decoder.decompress([1, 2, 3, 4, 5, 6, 7, 8].raw, limit: 100_000))
      #expect(copy(try decoder.decompress(frame.raw, limit: 100_000)) == bytes)
    }
  }

  @Test("no mutation of a frame traps, hangs or passes the limit", arguments: 0..<8 as Range<UInt64>)
  func mutations(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var encoder = try LZ4Encoder(contentChecksum: random.chance(1, in: 2))
    var decoder = try LZ4Decoder()
    let whole = copy(try encoder.compress(sample(3000, seed: seed).raw))
    for _ in 0..<2000 {
      var frame = whole
      for _ in 0...random.int(in: 0..<4) { mutate(&frame, &random) }
      do {
        let count = try decoder.decompress(frame.raw, limit: 5000).byteCount
        #expect(count <= 5000)
      } catch CompressionError.outOfMemory {
        Issue.record("a mutation made the decoder ask for too much memory; seed \(seed)")
      } catch {}
    }
  }
}

/// Changes, removes, repeats or inserts a byte or a run of them.
func mutate(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
  guard !bytes.isEmpty else { return bytes.append(UInt8(truncatingIfNeeded: random.next())) }
  let at = random.int(in: 0..<bytes.count)
  let run = at..<min(bytes.count, at + 1 + random.int(in: 0..<8))
  switch random.int(in: 0..<5) {
  case 0: bytes[at] ^= 1 << UInt8(random.int(in: 0..<8))
  case 1: bytes[at] = [0, 0xFF, 0x7F, 0x80].randomElement(using: &random) ?? 0
  case 2: bytes.removeSubrange(run)
  case 3: bytes.insert(contentsOf: Array(bytes[run]), at: at)
  default: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: at)
  }
}

extension [UInt8] {
  var raw: RawSpan {
    @_lifetime(borrow self)
    get { unsafe span.bytes }
  }
}
