// Windows: when they close, what they hold, what comes late.
import Basics
import Testing

@testable import Runtime

/// A sum whose last bits tell in which order it was made.
struct OrderedSum: WindowAggregate, Equatable {
  var count: Int64 = 0
  var sum = 0.0

  init() {}

  mutating func add(_ value: Double) {
    count += 1
    sum += value
  }

  mutating func merge(_ other: OrderedSum) {
    count += other.count
    sum += other.sum
  }

  func store(into bytes: inout [UInt8]) {
    bytes.append(littleEndian: count)
    bytes.append(littleEndian: sum.bitPattern)
  }

  init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let count = reader.integer(Int64.self), let bits = reader.integer(UInt64.self), reader.isAtEnd
    else { return nil }
    (self.count, sum) = (count, Double(bitPattern: bits))
  }
}

/// Sums by key and window. A value is `event time` or `event time,number` or `event time,number,task`.
struct SumWindows: Processor {
  let windows: Windows<String, OrderedSum>
  var stores: [any TaskStore] { windows.stores }

  init(_ windowing: Windowing) { windows = Windows("sums", windowing) }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    let parts = (record.value?.text ?? "").split(separator: ",")
    guard let key = record.key, let time = parts.first.flatMap({ Int64($0) }) else {
      return .setAside(.undecodable)
    }
    let number = parts.count > 1 ? Double(parts[1]) ?? 0 : 1
    let task = PartitionID(parts.count > 2 ? Int32(parts[2]) ?? 0 : 0)
    return windows.add(
      key.text, at: EventTime(milliseconds: time), from: TaskID(processor: "p", partition: task),
      in: &context,
      emit: Self.emit
    ) { $0.add(number) }
  }

  mutating func onTimer(_ timer: Timer, in context: inout FoldContext) {
    #expect(windows.onTimer(timer, in: &context, emit: Self.emit))
  }

  mutating func closeEpoch(in context: inout FoldContext) {
    windows.closeEpoch(in: &context, emit: Self.emit)
  }

  private static func emit(_ key: String, _ result: WindowResult<OrderedSum>, _ context: inout FoldContext) {
    let (start, end) = (result.window.start.rawValue, result.window.end.rawValue)
    let mark = result.isCorrection ? "!" : ""
    let text = "\(context.time.rawValue) [\(start),\(end)) \(result.value.count) \(result.value.sum)\(mark)"
    let (key, value) = (Array(key.utf8), Array(text.utf8))
    context.emit(0, key: unsafe key.span.bytes, value: unsafe value.span.bytes)
  }
}

@Suite struct WindowTests {
  private typealias Event = (Int64, String, String)

  private func task(_ windowing: Windowing) -> EpochsByHand<SumWindows> {
    EpochsByHand(SumWindows(windowing))
  }

  private func tumbling() -> EpochsByHand<SumWindows> {
    task(.tumbling(.seconds(10), grace: .seconds(60)))
  }

  /// The rows of keys that are due, by moment.
  private func dueRows(_ task: EpochsByHand<SumWindows>) -> [Int64: [[UInt8]]] {
    var rows: [Int64: [[UInt8]]] = [:]
    task.body.processor.windows.due.rows.forEachInOrder { rows[$0.time, default: []].append($1) }
    return rows
  }

  /// What one key takes in a row of keys that are due.
  private func dueBytes(_ key: String) -> Int { 4 + key.utf8.count }

  @Test("a window closes after the last event, when the watermark passes its end and nothing comes any more")
  func noTraffic() {
    let task = tumbling()
    task.epoch([(12_000, "a", "11000"), (13_000, "a", "12000"), (13_000, "b", "13000")], end: 13_000)
    task.epoch(end: 24_999)
    #expect(task.outputs.isEmpty)
    task.epoch(end: 90_000)
    #expect(task.outputs == ["0/0 a=25000 [10000,20000) 2 2.0", "0/0 b=25000 [10000,20000) 1 1.0"])
  }

  @Test("a window closes before the record that the watermark passes its end with")
  func beforeTheRecord() {
    let task = tumbling()
    task.epoch([(12_000, "a", "11000"), (25_000, "a", "20000"), (40_000, "a", "30000")], end: 40_000)
    #expect(task.outputs == ["0/0 a=25000 [10000,20000) 1 1.0", "0/0 a=35000 [20000,30000) 1 1.0"])
  }

  @Test("a window closes when the watermark jumps past its end, as when an upstream task is first heard")
  func jump() {
    let task = tumbling()
    task.epoch([(12_000, "a", "11000")], end: 12_000, watermark: EventTime(milliseconds: -5000))
    task.epoch(end: 12_500, watermark: EventTime(milliseconds: 19_999))
    #expect(task.outputs.isEmpty)
    task.epoch(end: 12_600, watermark: EventTime(milliseconds: 20_000))
    #expect(task.outputs == ["0/0 a=12600 [10000,20000) 1 1.0"])
  }

  @Test("a late event within grace corrects its window at once, one beyond grace is set aside as late")
  func late() {
    let task = tumbling()
    task.epoch([(12_000, "a", "11000"), (25_000, "a", "19999,2"), (26_000, "a", "18000,3")], end: 26_000)
    #expect(
      task.outputs == [
        "0/0 a=25000 [10000,20000) 1 1.0", "0/0 a=25000 [10000,20000) 2 3.0!",
        "0/0 a=26000 [10000,20000) 3 6.0!",
      ])
    #expect(task.ledger == Ledger(read: 3, folded: 3, forwarded: 0, setAside: [:]))
    task.epoch([(84_999, "a", "17000,4"), (85_000, "a", "16000,5"), (85_001, "b", "19000")], end: 85_001)
    #expect(task.outputs.last == "0/0 a=84999 [10000,20000) 4 10.0!")
    #expect(task.ledger == Ledger(read: 3, folded: 1, forwarded: 0, setAside: [.late: 2]))
    #expect(task.quarantine.map { $0.contains("ratchet_reason=late") } == [true, true])
  }

  @Test(
    "a late event of an unknown key is told as a correction, an event time beyond reason is invalid"
  )
  func strangers() {
    let task = tumbling()
    task.epoch(
      [(25_000, "a", "19000"), (25_000, "b", "\(Int64.max)"), (25_000, "c", "\(Int64.min)")], end: 26_000)
    #expect(task.outputs == ["0/0 a=25000 [10000,20000) 1 1.0!"])
    #expect(task.ledger.setAside == [.invalid: 2])
  }

  @Test("windows that hop hold each event in every window it belongs to, and are told when they have events")
  func hopping() {
    let task = task(.hopping(.seconds(30), every: .seconds(10), grace: .seconds(5)))
    task.epoch([(12_000, "a", "11000"), (26_000, "a", "25000,2"), (90_000, "a", "85000,4")], end: 200_000)
    #expect(
      task.outputs == [
        "0/0 a=25000 [-10000,20000) 1 1.0", "0/0 a=35000 [0,30000) 2 3.0", "0/0 a=45000 [10000,40000) 2 3.0",
        "0/0 a=55000 [20000,50000) 1 2.0", "0/0 a=95000 [60000,90000) 1 4.0",
        "0/0 a=105000 [70000,100000) 1 4.0", "0/0 a=115000 [80000,110000) 1 4.0",
      ])
  }

  @Test("what a key's windows took is given back when the grace of its last one is over")
  func givenBack() {
    let task = tumbling()
    task.epoch([(12_000, "a", "11000")], end: 84_999)
    #expect(task.body.processor.windows.paneCount(of: "a") == 1)
    let changes = task.epoch(end: 85_000)
    #expect(task.body.processor.windows.paneCount(of: "a") == 0)
    #expect(
      (0..<changes.count).allSatisfy { changes[$0].value == nil },
      "and so are its place in the list and the timer")
    #expect(changes.count == 3)
  }

  @Test("partials are folded in the order of pane, then task, whichever arrives first")
  func partials() {
    let partials = ["11000,1e16,0", "12000,1,1", "13000,-1e16,2"]
    var results: Set<String> = []
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
      let task = tumbling()
      task.epoch(order.map { (14_000, "a", partials[$0]) }, end: 30_000)
      results.formUnion(task.outputs)
    }
    #expect(results == ["0/0 a=25000 [10000,20000) 3 \(1e16 + 1 - 1e16)"])
  }

  @Test("of many keys that end together each is told once, one timer wakes them all, also after a restart")
  func manyKeys() {
    let task = tumbling()
    let changes = (0..<10).map { epoch in
      let keys = (0..<200).map { "key-\(($0 * 7 + epoch * 50) % 1000)" }
      return task.epoch(keys.map { (12_000, $0, "11000") }, end: 12_000)
    }
    let restored = tumbling()
    restored.restore(changes, from: task)
    for task in [task, restored] {
      #expect(task.body.time.timerCount == 1)
      task.epoch(end: 25_000)
      #expect(task.outputs.count == 1000)
      #expect(Set(task.outputs.map { $0.prefix { $0 != "=" } }).count == 1000)
      task.epoch(end: 85_000)
      #expect(task.outputs.count == 1000 && task.body.time.timerCount == 0)
    }
    #expect(restored.outputs == task.outputs)
  }

  @Test("keys that are due together stand in rows of rowBytes and less than a key more, also after a restart")
  func dueRowSizes() {
    func key(_ number: Int) -> String { "key-\(number + 1000)" }
    let rowBytes = DueKeys<String>.rowBytes
    let task = tumbling()
    // The last row of this epoch is left half full.
    let changes = task.epoch((0..<630).map { (12_000, key($0), "11000") }, end: 12_000)
    let restored = tumbling()
    restored.restore([changes], from: task)
    for task in [task, restored] {
      task.epoch((630..<1000).map { (12_000, key($0), "11000") }, end: 12_000)
      let rows = dueRows(task)
      #expect(rows.keys.sorted() == [20_000])
      let sizes = (rows[20_000] ?? []).map(\.count)
      #expect(sizes.allSatisfy { $0 < rowBytes + dueBytes(key(0)) }, "\(sizes)")
      #expect(sizes.dropLast().allSatisfy { $0 >= rowBytes }, "\(sizes)")
      #expect(sizes.reduce(0, +) == 1000 * dueBytes(key(0)))
    }
  }

  @Test("a moment that a key is listed for no more, because of an earlier one, does nothing and adds nothing")
  func staleMoments() {
    let task = tumbling()
    // Once its window is told the key is due when the grace of that is over, and then earlier again.
    task.epoch([(12_000, "a", "11000"), (26_000, "a", "21000")], end: 26_000)
    #expect(dueRows(task).mapValues(\.count) == [30_000: 1, 80_000: 1])
    task.epoch(end: 35_000)
    let keyOnce = [dueBytes("a")]
    #expect(dueRows(task).mapValues { $0.map(\.count) } == [80_000: keyOnce, 90_000: keyOnce])
    let told = task.outputs
    task.epoch(end: 85_000)
    #expect(dueRows(task).mapValues { $0.map(\.count) } == [90_000: keyOnce])
    #expect(task.outputs == told && told.count == 2)
    task.epoch(end: 95_000)
    #expect(dueRows(task).isEmpty && task.body.time.timerCount == 0)
    #expect(task.body.processor.windows.paneCount(of: "a") == 0)
  }

  @Test("windows come back from their changelog as they were, and go on from there")
  func restored() {
    let before = tumbling()
    let changes = [
      before.epoch([(12_000, "a", "11000"), (13_000, "b", "12000,3")], end: 13_000),
      before.epoch([(22_000, "a", "21000"), (26_000, "b", "13000")], end: 26_000),
    ]
    let after = tumbling()
    after.restore(changes, from: before)
    after.outputs = before.outputs
    let last = [before, after].map { task in
      [
        task.epoch([(27_000, "a", "19000,7"), (27_000, "c", "26000")], end: 30_000),
        task.epoch([(31_000, "c", "29000,7")], end: 200_000),
      ].map(\.lines)
    }
    #expect(after.outputs == before.outputs)
    #expect(last[0] == last[1], "what changes must not tell of a restart")
    #expect(before.outputs.count == 6)
  }

  @Test(
    "windows of any kind hold what a model says, told at the same times whatever the epochs",
    arguments: [1, 2, 3, 4, 5, 6])
  func model(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let (size, hop): (Int64, Int64) = [(10_000, 10_000), (30_000, 10_000), (40_000, 20_000)][Int(seed % 3)]
    let windowing = Windowing.hopping(.milliseconds(size), every: .milliseconds(hop), grace: .seconds(20))
    var events: [Event] = []
    var time: Int64 = 100_000
    for _ in 0..<250 {
      time += Int64(random.int(in: 0..<3000))
      let age = Int64(random.chance(1, in: 5) ? random.int(in: 0..<70_000) : random.int(in: 0..<4000))
      events.append((time, "k\(random.int(in: 0..<3))", "\(time - age),\(random.int(in: 1..<9))"))
    }
    let atOnce = task(windowing)
    atOnce.epoch(events, end: time + 200_000)
    let slowly = task(windowing)
    var rest = events[...]
    while !rest.isEmpty {
      let part = rest.prefix(random.int(in: 1..<25))
      rest = rest.dropFirst(part.count)
      let (last, next) = (part.last!.0, rest.first?.0 ?? time + 1)
      slowly.epoch(Array(part), end: last + Int64(random.int(in: 0..<Int(next - last) + 1)))
    }
    slowly.epoch(end: time + 200_000)
    #expect(slowly.outputs == atOnce.outputs)
    // The last word on each window is the sum of all of its events that were not too late.
    var expected: [String: Double] = [:]
    for (time, key, value) in events {
      let parts = value.split(separator: ",").map { Int64($0)! }
      let pane = parts[0] / hop * hop
      guard pane + size + 20_000 > time - 5000 else { continue }
      for end in stride(from: pane + hop, through: pane + size, by: Int(hop))
      where end + 20_000 > time - 5000 {
        expected["\(key) [\(end - size),\(end))", default: 0] += Double(parts[1])
      }
    }
    var told: [String: Double] = [:]
    for line in atOnce.outputs {
      let words = line.dropFirst(4).split(whereSeparator: { $0 == " " || $0 == "=" })
      told["\(words[0]) \(words[2])"] = Double(words[4].filter { $0 != "!" })
    }
    #expect(told == expected)
  }
}
