// The epoch record's bytes: what is written is read back, and nothing else is read.
import Basics
import Testing

@testable import Runtime

@Suite struct EpochRecordTests {
  private var record: EpochRecord {
    EpochRecord(
      epoch: Epoch(7), recordedTime: Timestamp(milliseconds: 1_700_000_000_000),
      watermark: EventTime(milliseconds: 1_699_999_995_000), codeHash: 1, outputHash: 2, stateHash: .max,
      inputs: [
        .init(partition("control"), first: Offset(3), next: Offset(3)),
        .init(
          partition("input", 2), first: Offset(100), next: Offset(110), skipped: 5,
          ledger: Ledger(read: 9, folded: 6, forwarded: 1, setAside: [.late: 1, .undecodable: 1])!),
      ],
      passedOver: [
        .init(topic: "panes", processor: "collect", task: PartitionID(1)),
        .init(topic: "panes", processor: "review", task: PartitionID(0)),
      ])
  }

  @Test("a record is read back as it was written")
  func roundTrip() throws {
    #expect(try EpochRecord(decoding: record.encoded()) == record)
  }

  @Test("the layout is the documented one")
  func layout() {
    let record = EpochRecord(
      epoch: Epoch(1), recordedTime: Timestamp(milliseconds: 2), watermark: EventTime(milliseconds: 9),
      codeHash: 3, configurationHash: 11, outputHash: 4, stateHash: 5,
      inputs: [.init(partition("a", 6), first: Offset(7), next: Offset(8))],
      passedOver: [.init(topic: "b", processor: "c", task: PartitionID(10))])
    func i64(_ value: UInt8) -> [UInt8] { [value] + [UInt8](repeating: 0, count: 7) }
    let head: [UInt8] = [3] + i64(1) + i64(2) + i64(9) + i64(3) + i64(11) + i64(4) + i64(5) + [1, 0]
    let input: [UInt8] =
      [1, 0, 97, 6, 0, 0, 0] + i64(7) + i64(8) + i64(0) + i64(0) + i64(0) + i64(0) + [0, 0]
    #expect(record.encoded() == head + input + [1, 0, 1, 0, 98, 1, 0, 99, 10, 0, 0, 0])
  }

  @Test("a record cut short anywhere is refused")
  func truncated() {
    let bytes = record.encoded()
    for count in 0..<bytes.count {
      #expect(throws: EpochRecordError.self) { try EpochRecord(decoding: Array(bytes[..<count])) }
    }
  }

  @Test("bytes behind the end are refused")
  func trailing() {
    #expect(throws: EpochRecordError.invalid("bytes behind the end")) {
      try EpochRecord(decoding: record.encoded() + [0])
    }
  }

  @Test("a version that is not known is refused by its number")
  func version() {
    #expect(throws: EpochRecordError.unknownVersion(4)) {
      try EpochRecord(decoding: [4] + record.encoded().dropFirst())
    }
  }

  @Test("what this build would not have written is refused", arguments: 0..<5)
  func strictness(_ fault: Int) {
    var record = record
    switch fault {
    case 0: record.inputs.reverse()
    case 1: record.inputs[1].next = Offset(99)
    case 2: record.inputs[1].next = Offset(108)
    case 3: record.passedOver.reverse()
    default: record.epoch = Epoch(-1)
    }
    #expect(throws: EpochRecordError.self) { try EpochRecord(decoding: record.encoded()) }
  }

  @Test("any change of a byte is refused or read as another record, never a trap", arguments: [1, 2, 3])
  func mutations(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let bytes = record.encoded()
    for _ in 0..<2000 {
      var changed = bytes
      changed[random.int(in: 0..<bytes.count)] ^= UInt8(1 << random.int(in: 0..<8))
      if let read = try? EpochRecord(decoding: changed) {
        #expect(read != record)
        #expect(read.encoded() == changed)
      }
    }
  }

  @Test("a ledger that does not balance is no ledger")
  func ledger() {
    #expect(Ledger(read: 3, folded: 1, forwarded: 1, setAside: [:]) == nil)
    #expect(Ledger(read: 0, folded: 1, forwarded: -1, setAside: [:]) == nil)
    #expect(Ledger(read: .max, folded: .max, forwarded: .max, setAside: [.late: 2]) == nil)
    #expect(Ledger(read: 3, folded: 1, forwarded: 1, setAside: [.late: 1])?.isBalanced == true)
  }
}
