// From a closed epoch's records to its outputs.
import Basics
import Testing

@testable import Runtime

@Suite struct FoldTests {
  private func open(
    _ batches: [RecordBatch], after time: Int64 = 0, wallClock: Int64 = 1000,
    _ kind: ProcessorInput.Kind = .outside
  ) -> OpenEpoch {
    var clock = RecordedTime(Timestamp(milliseconds: time), EventTime(milliseconds: time))
    let end = Timestamp(milliseconds: wallClock)
    clock.openEpoch(end: end, watermark: RecordedTime.watermark(behind: end))
    let destinations = ["counts", "rekey"].map {
      FoldContext.Destination(topic: $0, partitions: 1, recordBytesMax: 1000)
    }
    return OpenEpoch(
      batches, batches.map { 0..<$0.count }, kinds: batches.map { _ in kind },
      context: FoldContext(destinations, clock, TaskTime(isKept: false)),
      quarantine: Quarantine(processor: "count", inputs: [partition("events", 3)], partition: PartitionID(0)))
  }

  private func fold(_ epoch: inout OpenEpoch) {
    ProcessorTask(CountByKey()).fold(&epoch)
    epoch.finish()
  }

  @Test("an epoch's outputs are its counts in the order of first touch")
  func counts() {
    var batch = RecordBatch()
    for (offset, key) in ["b", "a", "b"].enumerated() { batch.append(Int64(offset), at: 5, key) }
    var epoch = open([batch])
    fold(&epoch)
    #expect(epoch.context.records.lines == ["0/0 b=2", "0/0 a=1"])
    #expect(epoch.ledgers[0] == Ledger(read: 3, folded: 3, forwarded: 0, setAside: [:]))
  }

  @Test("what ten seconds of an epoch made is emitted before recorded time leaves them, stamped within them")
  func slots() {
    var batch = RecordBatch()
    for (offset, time) in [5, 9_999, 10_000, 48_000].enumerated() {
      batch.append(Int64(offset), at: Int64(time), "a")
    }
    var epoch = open([batch], wallClock: 100_000)
    fold(&epoch)
    let records = epoch.context.records
    #expect(records.lines == ["0/0 a=2", "0/0 a=3", "0/0 a=4"])
    #expect((0..<records.count).map { records[$0].timestamp.rawValue } == [9_999, 10_000, 48_000])
  }

  @Test("what several tasks wrote into a partition is folded in the order of its time, not of its place")
  func upstreamTasks() {
    var batch = RecordBatch()
    for (offset, time) in [5, 9_999, 48_000, 4, 9_999, 20_000].enumerated() {
      batch.append(Int64(offset), at: Int64(time), "a\(offset)")
    }
    var epoch = open([batch], wallClock: 100_000, .tasks)
    fold(&epoch)
    #expect(
      epoch.context.records.lines == ["0/0 a3=1", "0/0 a0=1", "0/0 a1=1", "0/0 a4=1", "0/0 a5=1", "0/0 a2=1"])
  }

  @Test("behind tasks the watermark follows slot by slot, until all that they wrote is read")
  func steps() {
    var clock = RecordedTime(Timestamp(milliseconds: 100_000), EventTime(milliseconds: 95_000))
    clock.openEpoch(
      end: Timestamp(milliseconds: 200_000), watermark: EventTime(milliseconds: 194_000), isBehindTasks: true)
    clock.advance(to: Timestamp(milliseconds: 119_999))
    #expect(clock.watermark.rawValue == 110_000 - 6000)
    clock.advance(to: Timestamp(milliseconds: 120_000))
    #expect(clock.watermark.rawValue == 120_000 - 6000)
    clock.advance(to: Timestamp(milliseconds: 123_000))
    clock.allRead()
    #expect(clock.watermark.rawValue == 123_000 - 6000)
    clock.closeEpoch()
    #expect(clock.watermark.rawValue == 194_000)
  }

  @Test("a record set aside keeps its bytes and headers and says where it stood and why")
  func quarantine() {
    var batch = RecordBatch()
    batch.append(41, at: 5, "k", "bad", headers: ["ce_id=7"])
    var epoch = open([batch])
    fold(&epoch)
    #expect(
      epoch.quarantine.records.lines == [
        """
        0/0 events/3@41=bad [ce_id=7 ratchet_rule= ratchet_pointer= ratchet_key=k ratchet_value=whole \
        ratchet_reason=invalid ratchet_processor=count ratchet_topic=events ratchet_partition=3 \
        ratchet_offset=41 ratchet_timestamp=5]
        """
      ])
    #expect(epoch.ledgers[0] == Ledger(read: 1, folded: 0, forwarded: 0, setAside: [.invalid: 1]))
  }

  @Test("a record too large for quarantine is named there by its place, and its key if that fits")
  func tooLargeForQuarantine() {
    func line(_ key: String, _ value: String, headers: [String] = [], max: Int) -> String {
      var batch = RecordBatch()
      batch.append(41, at: 5, key, value, headers: headers)
      var quarantine = Quarantine(
        processor: "p", inputs: [partition("in")], partition: PartitionID(0), recordBytesMax: max)
      batch.forEach(in: 0..<1, of: 0) { quarantine.add($0, because: .invalid, at: .zero) }
      return quarantine.records.lines[0]
    }
    let place = """
      ratchet_reason=invalid ratchet_processor=p ratchet_topic=in ratchet_partition=0 ratchet_offset=41 \
      ratchet_timestamp=5]
      """
    let rule = "ratchet_rule= ratchet_pointer="
    #expect(
      line("key", "value", headers: ["a=b"], max: 20)
        == "0/0 in/0@41=value [a=b \(rule) ratchet_key=key ratchet_value=whole \(place)")
    #expect(
      line("key", "value", headers: ["a=b"], max: 19)
        == "0/0 in/0@41= [\(rule) ratchet_key=key ratchet_value=left out 17 \(place)")
    #expect(
      line("key", "value", max: 2) == "0/0 in/0@41= [\(rule) ratchet_key=- ratchet_value=left out 8 \(place)")
  }

  @Test("what is wrong with a record is kept beside the reason, and a record can be erased again")
  func explainedAndErased() {
    struct Explain: Processor {
      var stores: [any TaskStore] { [] }
      mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
        if record.value == nil {
          context.eraseQuarantined(partition("events", 3), Offset(7))
          return .folded
        }
        context.explain(rule: "must be a number", pointer: "/data/rating")
        return record.offset == Offset(0) ? .setAside(.invalid) : .folded
      }
    }
    var batch = RecordBatch()
    batch.append(0, at: 5, "k", "bad")
    batch.append(1, at: 5, "k", nil)
    var epoch = open([batch])
    var processor = Explain()
    ProcessorTask<Explain>.fold(&epoch, with: &processor)
    epoch.finish()
    let lines = epoch.quarantine.records.lines
    #expect(lines.count == 2)
    #expect(lines[0].contains("[ratchet_rule=must be a number ratchet_pointer=/data/rating ratchet_key=k "))
    #expect(lines[1] == "0/0 events/3@7=- [ratchet_erased=count]")
  }

  @Test("a record whose output is too large is set aside with nothing of it published")
  func oversized() {
    var batch = RecordBatch()
    batch.append(0, at: 5, "a", "1")
    batch.append(1, at: 5, "k", "huge")
    batch.append(2, at: 5, "k", "away")
    var epoch = open([batch])
    fold(&epoch)
    #expect(epoch.context.records.lines == ["1/0 k=away", "0/0 a=1"])
    #expect(epoch.quarantine.records.count == 1)
    #expect(epoch.ledgers[0] == Ledger(read: 3, folded: 1, forwarded: 1, setAside: [.tooLarge: 1]))
  }

  @Test("an output too large at the epoch's end is named in quarantine")
  func oversizedAtTheEnd() {
    var batch = RecordBatch()
    let key = String(repeating: "k", count: 1001)
    batch.append(0, at: 5, key)
    var epoch = open([batch])
    fold(&epoch)
    #expect(epoch.context.records.isEmpty)
    #expect(
      epoch.quarantine.records.lines == [
        """
        0/0 counts@1000/0= [ratchet_key=\(key) ratchet_reason=too-large ratchet_processor=count \
        ratchet_output=counts ratchet_bytes=1002]
        """
      ])
  }

  /// Keeps what each key was sent, in its store and beside it, and sets a timer for each.
  private struct Keeper: Processor {
    let kept = KeyValueStore<String, String>("kept")
    let lately = SegmentedStore<String, String>("lately", lifetime: .seconds(8))
    var stores: [any TaskStore] { [kept, lately] }
    private var seen: [String] = []

    mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
      guard let key = record.key?.text, let value = record.value?.text else { return .setAside(.undecodable) }
      lately.advance(to: context.time)
      lately[key] = value
      kept.update(key) { $0 = ($0 ?? "") + value }
      seen.append(key)
      // The largest are due first.
      context.setTimer(TimerID(key), at: Timestamp(milliseconds: 2_000_000 - Int64(value.utf8.count)))
      return .folded
    }

    mutating func closeEpoch(in context: inout FoldContext) {
      let text = Array(seen.joined(separator: " ").utf8)
      context.emit(0, key: unsafe text.span.bytes, value: nil)
    }
  }

  @Test("a record set aside for a value's size leaves no trace in stores, timers and the processor")
  func oversizedValue() {
    let definition = ProcessorDefinition(
      "keep", epochsTopic: "e", quarantineTopic: "q", inputs: [ProcessorInput("in", .outside)],
      outputs: [ProcessorOutput("out")], changelogTopics: ["a", "b"], timeTopic: "t", codeHash: 1
    ) { _ in Keeper() }
    func fold(_ records: [(key: String, value: String)]) -> (buffer: EpochBuffer, due: Timestamp?) {
      var batch = RecordBatch()
      for (offset, record) in records.enumerated() {
        batch.append(Int64(offset), at: 5, record.key, record.value)
      }
      var fold = TaskFold(PartitionID(0), of: definition)
      let input = EpochRecord.Input(partition("in"), first: .zero, next: Offset(9))
      let end = Timestamp(milliseconds: 10)
      let buffer = fold.fold(
        ClosedEpoch(
          Epoch(0), [input], [batch], [0..<batch.count], end: end,
          watermark: RecordedTime.watermark(behind: end), isCareful: true))
      return (buffer, fold.nextDue)
    }
    let large = String(repeating: "x", count: 1_000_000)
    let with = fold([("a", "1"), ("a", large), ("b", "22"), ("c", large), ("a", "3")])
    let without = fold([("a", "1"), ("b", "22"), ("a", "3")])
    #expect(with.buffer.changelog.lines == without.buffer.changelog.lines)
    #expect(with.buffer.outputs.lines == ["0/0 a b a=-"])
    #expect(with.due == without.due && with.due != nil)
    #expect(with.buffer.record.ledger.setAside == [.stateTooLarge: 2])
    #expect(with.buffer.quarantine.count == 2)
  }

  @Test("recorded time follows the records, never back and never beyond the epoch's end")
  func time() {
    struct Clock: Processor {
      let seen = Seen()
      var stores: [any TaskStore] { [] }
      final class Seen { var times: [Int64] = [] }
      mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
        seen.times.append(context.time.rawValue)
        return .folded
      }
    }
    let clock = Clock()
    var epoch = open([RecordBatch(times: [5, 20, 10, 5000])], after: 10)
    ProcessorTask(clock).fold(&epoch)
    #expect(clock.seen.times == [10, 20, 20, 1000])
    #expect(epoch.context.time.rawValue == 1000)
  }

  @Test("between an epoch's ends the watermark keeps its distance to recorded time, and never goes back")
  func watermark() {
    var clock = RecordedTime(Timestamp(milliseconds: 100), EventTime(milliseconds: 60))
    clock.openEpoch(end: Timestamp(milliseconds: 200), watermark: EventTime(milliseconds: 150))
    var seen: [Int64] = []
    for time: Int64 in [100, 105, 120, 110, 300] {
      clock.advance(to: Timestamp(milliseconds: time))
      seen.append(clock.watermark.rawValue)
    }
    #expect(seen == [60, 60, 70, 70, 150])
  }

  @Test("a wall clock that jumps back leaves recorded time where it was")
  func clockBack() {
    var clock = RecordedTime(Timestamp(milliseconds: 500), EventTime(milliseconds: 400))
    clock.openEpoch(end: Timestamp(milliseconds: 100), watermark: EventTime(milliseconds: 90))
    clock.advance(to: Timestamp(milliseconds: 900))
    clock.closeEpoch()
    #expect(clock.now.rawValue == 500)
    #expect(clock.watermark.rawValue == 400)
  }

  @Test("the bytes that hashes are taken over are the documented ones")
  func hashedBytes() {
    var records = OutboundRecords()
    let (key, value) = (Array("k".utf8), Array("vw".utf8))
    records.append(
      to: 3, PartitionID(9), at: Timestamp(milliseconds: 4), key: unsafe key.span.bytes, value: nil)
    records.appendHeader("h", "vw")
    #expect(
      records.bytes == [3, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0] + key + [255, 255, 255, 255, 1, 0]
        + [1, 0, 0, 0] + Array("h".utf8) + [2, 0, 0, 0] + value)
  }

  @Test(
    "two epochs with the same records have the same hashes; another output changes only the output's hash")
  func hashes() {
    func buffer(output: String) -> EpochBuffer {
      var (outputs, changelog) = (OutboundRecords(), OutboundRecords())
      for (text, isOutput) in [(output, true), ("state", false)] {
        let bytes = Array(text.utf8)
        if isOutput {
          outputs.append(to: 0, PartitionID(0), at: .zero, key: unsafe bytes.span.bytes, value: nil)
        } else {
          changelog.append(to: 0, PartitionID(0), at: .zero, key: unsafe bytes.span.bytes, value: nil)
        }
      }
      return EpochBuffer(
        record: EpochRecord(
          epoch: Epoch(0), recordedTime: .zero, watermark: EventTime(milliseconds: 0), codeHash: 1,
          inputs: []), outputs: outputs,
        quarantine: OutboundRecords(), changelog: changelog)
    }
    #expect(buffer(output: "a").recordBytes == buffer(output: "a").recordBytes)
    #expect(buffer(output: "a").record.outputHash != buffer(output: "b").record.outputHash)
    #expect(buffer(output: "a").record.stateHash == buffer(output: "b").record.stateHash)
  }
}
