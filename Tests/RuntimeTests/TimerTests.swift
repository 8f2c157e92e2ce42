// Timers: when they fire, in which order, and that nothing but recorded time decides it.
import Basics
import Synchronization
import Testing

@testable import Runtime

/// Watches keys: says "k quiet" when nothing has come for a key for 100 ms, and again each 50 ms up to twice.
/// A value of "stop" ends the watch.
struct QuietWatch: Processor {
  let log: Log
  init(log: Log = Log()) { self.log = log }
  var stores: [any TaskStore] { [] }

  final class Log: Sendable {
    private let kept = Mutex<[String]>([])
    var lines: [String] {
      get { kept.withLock { $0 } }
      set { kept.withLock { $0 = newValue } }
    }
  }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    let (key, value) = (record.key?.text ?? "", record.value?.text ?? "")
    log.lines.append("\(context.time.rawValue) \(key)")
    if value == "stop" {
      context.cancelTimer(TimerID(key))
    } else {
      context.setTimer(TimerID(key), at: context.time + .milliseconds(100))
    }
    return .folded
  }

  mutating func onTimer(_ timer: Timer, in context: inout FoldContext) {
    let name = String(decoding: timer.id.bytes, as: UTF8.self)
    log.lines.append("\(context.time.rawValue) \(name) quiet")
    if !name.hasSuffix("!!") {
      context.setTimer(TimerID(name + "!"), at: context.time + .milliseconds(50))
    }
  }
}

/// A task without a worker: epochs by hand.
final class EpochsByHand<P: Processor> {
  let body: ProcessorTask<P>
  var clock = RecordedTime()
  var outputs: [String] = []
  private(set) var quarantine: [String] = []
  /// Of the last epoch.
  private(set) var ledger = Ledger()

  init(_ processor: P) { body = ProcessorTask(processor, keepsTime: true) }

  @discardableResult
  func epoch(
    _ records: [(Int64, String, String)] = [], end: Int64, watermark: EventTime? = nil
  ) -> OutboundRecords {
    var batch = RecordBatch()
    for (offset, (time, key, value)) in records.enumerated() {
      batch.append(Int64(offset), at: time, key, value)
    }
    let end = Timestamp(milliseconds: end)
    clock.openEpoch(
      end: end, watermark: watermark ?? RecordedTime.watermark(behind: end),
      isBehindTasks: watermark != nil)
    let destination = FoldContext.Destination(topic: "out", partitions: 1, recordBytesMax: 1000)
    var open = OpenEpoch(
      [batch], [0..<batch.count], kinds: [.outside], context: FoldContext([destination], clock, body.time),
      quarantine: Quarantine(processor: "p", inputs: [partition("in")], partition: PartitionID(0)))
    body.fold(&open)
    open.finish()
    clock = open.context.clock
    outputs += open.context.records.lines
    quarantine += open.quarantine.records.lines
    ledger = open.ledgers[0]
    var changes = OutboundRecords()
    for (number, store) in body.stores.enumerated() {
      store.takeChanges(into: &changes, as: number, PartitionID(0), at: clock.now)
    }
    return changes
  }

  /// Makes it what `other` was after the epochs that left these changes.
  func restore(_ changelog: [OutboundRecords], from other: EpochsByHand) {
    for changes in changelog {
      for index in 0..<changes.count {
        let record = changes[index]
        guard let key = record.key else { continue }
        body.stores[record.output].restore(key: key, value: record.value)
      }
    }
    clock = other.clock
  }
}

@Suite struct TimerTests {
  private func lines(_ build: (EpochsByHand<QuietWatch>) -> Void) -> [String] {
    let watch = QuietWatch()
    build(EpochsByHand(watch))
    return watch.log.lines
  }

  @Test("a timer fires with no traffic at all, at its due time and not at the epoch's end")
  func noTraffic() {
    let lines = lines { task in
      task.epoch([(1000, "a", "")], end: 1000)
      task.epoch(end: 1099)
      task.epoch(end: 5000)
    }
    #expect(lines == ["1000 a", "1100 a quiet", "1150 a! quiet", "1200 a!! quiet"])
  }

  @Test("timers fire before the record that recorded time passes them with, one due at its time too")
  func beforeTheRecord() {
    let lines = lines { $0.epoch([(1000, "a", ""), (1100, "b", ""), (1190, "b", "")], end: 1195) }
    #expect(lines == ["1000 a", "1100 a quiet", "1100 b", "1150 a! quiet", "1190 b"])
  }

  @Test("timers due together fire in the order of their names, whatever the order they were set in")
  func order() {
    let lines = lines { $0.epoch([(1000, "b", ""), (1000, "c", ""), (1000, "a", "")], end: 1100) }
    #expect(lines.suffix(3) == ["1100 a quiet", "1100 b quiet", "1100 c quiet"])
  }

  @Test("a sign of life moves the timer, and a cancelled one does not fire")
  func movedAndCancelled() {
    let lines = lines { task in
      task.epoch([(1000, "a", ""), (1000, "b", ""), (1090, "a", ""), (1095, "b", "stop")], end: 1180)
      task.epoch(end: 1190)
    }
    #expect(lines == ["1000 a", "1000 b", "1090 a", "1095 b", "1190 a quiet"])
  }

  @Test("a clock that jumps back fires nothing twice and nothing early")
  func clockBack() {
    let lines = lines { task in
      task.epoch([(1000, "a", "")], end: 1120)
      task.epoch([(300, "b", "")], end: 300)
      task.epoch(end: 1219)
      task.epoch(end: 1220)
    }
    #expect(lines == ["1000 a", "1100 a quiet", "1120 b", "1150 a! quiet", "1200 a!! quiet", "1220 b quiet"])
  }

  @Test("a record that is folded at the epoch's end, because it is stamped beyond it, sees due timers fired")
  func cappedRecord() {
    let lines = lines { $0.epoch([(1000, "a", ""), (9999, "b", "")], end: 1100) }
    #expect(lines == ["1000 a", "1100 a quiet", "1100 b"])
  }

  @Test("a fold that sets a timer for the past is called a millisecond later, and no loop comes of it")
  func past() {
    struct Eager: Processor {
      let log = QuietWatch.Log()
      var stores: [any TaskStore] { [] }
      mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
        context.setTimer(TimerID("t"), at: .zero)
        return .folded
      }
      mutating func onTimer(_ timer: Timer, in context: inout FoldContext) {
        log.lines.append("\(context.time.rawValue)")
        context.setTimer(TimerID("t"), at: .zero)
      }
    }
    let eager = Eager()
    EpochsByHand(eager).epoch([(1000, "a", "")], end: 1003)
    #expect(eager.log.lines == ["1001", "1002", "1003"])
  }

  @Test("timers come back from their changelog as they were, and go on from there")
  func restored() {
    let (first, second) = (QuietWatch(), QuietWatch())
    let before = EpochsByHand(first)
    var changelog: [OutboundRecords] = []
    changelog.append(before.epoch([(1000, "a", ""), (1010, "b", ""), (1020, "c", "")], end: 1020))
    changelog.append(before.epoch([(1030, "b", "stop"), (1040, "c", "")], end: 1110))
    let after = EpochsByHand(second)
    after.restore(changelog, from: before)
    before.epoch(end: 3000)
    after.epoch(end: 3000)
    #expect(
      second.log.lines == [
        "1140 c quiet", "1150 a! quiet", "1190 c! quiet", "1200 a!! quiet", "1240 c!! quiet",
      ])
    #expect(first.log.lines.suffix(5) == second.log.lines)
  }

  @Test(
    "history in one epoch fires timers where epochs of any length would have", arguments: [1, 2, 3, 4, 5, 6])
  func anySpeed(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var records: [(Int64, String, String)] = []
    var time: Int64 = 0
    for _ in 0..<300 {
      time += Int64(random.int(in: 0..<60))
      records.append((time, "k\(random.int(in: 0..<5))", random.chance(1, in: 9) ? "stop" : ""))
    }
    let atOnce = lines { $0.epoch(records, end: time + 1000) }
    let slowly = lines { task in
      var rest = records[...]
      while !rest.isEmpty {
        let part = rest.prefix(random.int(in: 1..<20))
        rest = rest.dropFirst(part.count)
        // Anywhere between the last record of this epoch and the first of the next.
        let (last, next) = (part.last!.0, rest.first?.0 ?? time + 1000)
        task.epoch(Array(part), end: last + Int64(random.int(in: 0..<Int(next - last) + 1)))
        if random.chance(1, in: 3) { task.epoch(end: next) }
      }
      task.epoch(end: time + 1000)
    }
    #expect(atOnce == slowly)
  }

  @Test("a year in one epoch: an hourly timer fires every hour of it, at its hour")
  func year() {
    struct Hourly: Processor {
      let log = Log()
      var stores: [any TaskStore] { [] }
      final class Log { var times: [Int64] = [] }
      mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
        if log.times.isEmpty { context.setTimer(TimerID("h"), at: context.time + .seconds(3600)) }
        return .folded
      }
      mutating func onTimer(_ timer: Timer, in context: inout FoldContext) {
        log.times.append(context.time.rawValue)
        context.setTimer(timer.id, at: timer.due + .seconds(3600))
      }
    }
    let (hourly, hour_ms, start) = (Hourly(), Int64(3_600_000), Int64(1_700_000_000_000))
    let end = start + 365 * 24 * hour_ms
    EpochsByHand(hourly).epoch([(start, "a", ""), (end, "b", "")], end: end)
    #expect(hourly.log.times == (1...365 * 24).map { start + Int64($0) * hour_ms })
  }

  @Test("a place that a timer has left is dropped when its time comes, whether it moved or was cancelled")
  func stalePlaces() {
    var queue = TimerQueue()
    func set(_ id: String, at due: Int64) {
      queue.set(Timer(due: Timestamp(milliseconds: due), id: TimerID(id)))
    }
    func take(by time: Int64) -> Timer? { queue.take(dueBy: Timestamp(milliseconds: time)) }
    set("other", at: 1000)
    // Brought forward, it leaves its place at 100 behind; put off again, it must not take that one up.
    set("moved", at: 100)
    set("moved", at: 50)
    #expect(queue.placeCount == 3, "the old place lies deeper than what is looked at")
    set("moved", at: 200)
    #expect(queue.placeCount == 2 && queue.count == 2)
    #expect(take(by: 199) == nil, "it does not fire where it stood before")
    set("cancelled", at: 300)
    set("cancelled", at: 250)
    queue.cancel(TimerID("cancelled"))
    #expect(queue.count == 2)
    #expect(take(by: 400) == Timer(due: Timestamp(milliseconds: 200), id: TimerID("moved")))
    #expect(take(by: 400) == nil, "neither what moved fires twice nor what was cancelled at all")
    #expect(queue.placeCount == 1)
    // Brought forward again and again, it leaves places whose time is far off: they are cleared away too.
    for due in stride(from: Int64(5000), to: 4000, by: -1) { set("moved", at: due) }
    #expect(queue.placeCount <= 2 * queue.count + 64 && queue.count == 2)
  }

  @Test("the queue of timers equals a sorted dictionary", arguments: [1, 2, 3, 4])
  func queue(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var (queue, model) = (TimerQueue(), [TimerID: Timestamp]())
    var now: Int64 = 0
    for _ in 0..<5000 {
      let id = TimerID("\(random.int(in: 0..<40))")
      switch random.int(in: 0..<10) {
      case 0..<6:
        let due = Timestamp(milliseconds: now + Int64(random.int(in: 0..<200)))
        queue.set(Timer(due: due, id: id))
        model[id] = due
      case 6..<8:
        queue.cancel(id)
        model[id] = nil
      default:
        now += Int64(random.int(in: 0..<30))
        var (fired, expected) = ([Timer](), [Timer]())
        while let timer = queue.take(dueBy: Timestamp(milliseconds: now)) { fired.append(timer) }
        for (id, due) in model where due.rawValue <= now { expected.append(Timer(due: due, id: id)) }
        for timer in expected { model[timer.id] = nil }
        #expect(fired == expected.sorted())
      }
      #expect(queue.count == model.count)
      #expect(queue.next == model.map { Timer(due: $0.value, id: $0.key) }.min())
    }
  }
}
