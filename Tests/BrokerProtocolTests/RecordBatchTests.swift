// Record batches as values: what is written reads back, and no bytes make the reader trap.
import Basics
import Testing

@testable import BrokerProtocol

@Suite struct RecordBatchTests {
  private func batch() -> RecordBatch {
    var builder = RecordBatchBuilder(
      baseTimestamp: Timestamp(milliseconds: 1000), producerID: ProducerID(7),
      producerEpoch: ProducerEpoch(2), baseSequence: 40)
    builder.append(
      key: ByteSlice([1]), value: ByteSlice([2, 3]), headers: [("h", nil), ("i", ByteSlice([9]))])
    builder.append(key: nil, value: nil, timestamp: Timestamp(milliseconds: 900))
    builder.append(
      key: ByteSlice([]), value: ByteSlice([UInt8](repeating: 5, count: 300)),
      timestamp: Timestamp(milliseconds: 5000))
    return builder.build()
  }

  @Test("what is built reads back: nulls, empty keys, headers, times")
  func roundTrip() throws {
    let read = try RecordBatch(firstOf: ByteSlice(batch().bytes + [1, 2, 3]))
    #expect(read == batch())
    try read.validateAsProduced()
    #expect(read.header.maxTimestamp == Timestamp(milliseconds: 5000))
    #expect(read.header.lastSequence == 42)
    var reader = RecordReader(read.records)
    let first = try #require(try reader.next())
    #expect(first.key == ByteSlice([1]) && first.value == ByteSlice([2, 3]))
    let headers = try first.headers()
    #expect(headers.map(\.name.bytes) == [Array("h".utf8), Array("i".utf8)])
    #expect(headers.map(\.value) == [nil, ByteSlice([9])])
    let second = try #require(try reader.next())
    #expect(second.key == nil && second.value == nil && second.timestampDelta_ms == -100)
    let third = try #require(try reader.next())
    #expect(third.key?.isEmpty == true && third.offsetDelta == 2)
    #expect(try reader.next() == nil)
  }

  @Test("the base offset and leader epoch are set without touching checksum or records")
  func stampedInHeaderOnly() throws {
    var stamped = batch()
    stamped.header.baseOffset = Offset(1234)
    stamped.header.leaderEpoch = 5
    let read = try RecordBatch(firstOf: ByteSlice(stamped.bytes))
    try read.validate()
    #expect(read.header.nextOffset == Offset(1237))
  }

  @Test("a flipped bit behind the checksum field is seen")
  func flippedBitIsSeen() throws {
    let bytes = batch().bytes
    for position in RecordBatchHeader.checksummedFrom..<bytes.count {
      var damaged = bytes
      damaged[position] ^= 0x10
      #expect(throws: RecordBatchError.self) {
        try RecordBatch(firstOf: ByteSlice(damaged)).validateAsProduced()
      }
    }
  }

  @Test("mutated and cut bytes never trap", arguments: 0..<20 as Range<UInt64>)
  func mutationsNeverTrap(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let bytes = batch().bytes
    for _ in 0..<500 {
      var damaged = Array(bytes[..<random.int(in: 0..<bytes.count + 1)])
      for _ in 0..<random.int(in: 0..<4) where !damaged.isEmpty {
        damaged[random.int(in: 0..<damaged.count)] = UInt8(truncatingIfNeeded: random.next())
      }
      guard let batch = try? RecordBatch(firstOf: ByteSlice(damaged)) else { continue }
      _ = try? batch.validateAsProduced()
      _ = batch.header.nextOffset
      _ = batch.header.lastSequence
      _ = batch.markedOutcome
      var reader = RecordReader(batch.records)
      while let record = try? reader.next() { _ = try? record.headers() }
    }
  }

  @Test("a marker says how the transaction ended", arguments: [TransactionOutcome.abort, .commit])
  func markers(outcome: TransactionOutcome) throws {
    let marker = RecordBatch.marker(
      outcome, at: Offset(8), timestamp: .zero, producerID: ProducerID(3), producerEpoch: ProducerEpoch(1),
      coordinatorEpoch: 259)
    try marker.validateAsProduced()
    #expect(marker.header.attributes.isControl && marker.header.attributes.isTransactional)
    #expect(marker.markedOutcome == outcome)
    var reader = RecordReader(marker.records)
    #expect(try reader.next()?.value?.bytes == [0, 0, 0, 0, 1, 3])
  }
}
