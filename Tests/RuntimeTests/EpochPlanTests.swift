// What an epoch reads and where its time ends, from what has been gathered.
import Basics
import Testing

@testable import Runtime

@Suite struct EpochPlanTests {
  private func input(
    _ times: [Int64], _ kind: ProcessorInput.Kind = .outside, isAtEnd: Bool = true
  ) -> InputCursor {
    var cursor = InputCursor(partition("in"), kind, first: .zero)
    cursor.batch = RecordBatch(times: times)
    cursor.looked(end: isAtEnd ? Offset(Int64(times.count)) : nil)
    return cursor
  }

  private func plan(
    _ inputs: [InputCursor], at wallClock: Int64, after previous: Int64 = 0, announced: Int64? = nil
  ) -> EpochPlan? {
    let upstream = UpstreamClocks(
      announced.map { time in
        let id = UpstreamTask(topic: "in", processor: "u", task: PartitionID(0))
        let announced = UpstreamTime(
          time: Timestamp(milliseconds: time), watermark: EventTime(milliseconds: time - 5000))
        return [.init(id: id, announced: announced, heardAt: .zero, isPassedOver: false)]
      } ?? [])
    let limit = EpochPlan.Limit(inputs, upstream, wallClock: Timestamp(milliseconds: wallClock))
    return limit.map { EpochPlan(inputs, $0, after: Timestamp(milliseconds: previous)) }
  }

  private func expect(
    _ plan: EpochPlan?, _ counts: [Int], end: Int64, _ location: SourceLocation = #_sourceLocation
  ) {
    #expect(plan?.counts == counts, sourceLocation: location)
    #expect(plan?.end == Timestamp(milliseconds: end), sourceLocation: location)
  }

  @Test("with all inputs at their ends an epoch reads everything and ends with the wall clock")
  func live() {
    expect(plan([input([10, 20]), input([])], at: 100), [2, 0], end: 100)
  }

  @Test("in a backlog an epoch ends at the least record it leaves unread, not with the wall clock")
  func backlog() {
    expect(plan([input([10, 20, 30], isAtEnd: false)], at: 100_000), [2], end: 30)
    #expect(plan([input([10, 20, 30], isAtEnd: false)], at: 900_000)?.end == Timestamp(milliseconds: 30))
  }

  @Test("of two inputs at different speeds the one ahead waits for the one behind")
  func differentSpeeds() {
    let (ahead, behind) = (input([10, 500, 900], isAtEnd: false), input([10, 20, 30], isAtEnd: false))
    expect(plan([ahead, behind], at: 100_000), [1, 2], end: 30)
    expect(plan([input([10, 500, 900]), behind], at: 100_000), [1, 2], end: 30)
  }

  @Test("time begins with the least of all upstream tasks, and not at an announcement of one that is ahead")
  func beginning() {
    var input = InputCursor(partition("in"), .tasks, first: .zero)
    input.batch.append(Offset(0), at: Timestamp(milliseconds: 900), key: nil, value: nil)
    input.looked(end: Offset(1))
    func end(_ announced: [Int64?]) -> Int64? {
      let clocks = announced.enumerated().map { task, time in
        UpstreamClocks.One(
          id: UpstreamTask(topic: "in", processor: "u", task: PartitionID(Int32(task))),
          announced: time.map {
            UpstreamTime(time: Timestamp(milliseconds: $0), watermark: EventTime(milliseconds: $0))
          }, heardAt: .zero, isPassedOver: false)
      }
      return EpochPlan.Limit([input], UpstreamClocks(clocks), wallClock: Timestamp(milliseconds: 2000))
        .map { EpochPlan([input], $0, after: .zero).end.rawValue }
    }
    #expect(end([900, nil]) == 0)
    #expect(end([900, 300]) == 300)
  }

  @Test("an idle partition at its end holds nothing up")
  func idlePartition() {
    expect(plan([input([10, 20, 30], isAtEnd: false), input([])], at: 100_000), [2, 0], end: 30)
  }

  @Test("an input of which nothing is known yet permits no epoch")
  func notFetched() {
    #expect(plan([input([10]), input([], isAtEnd: false)], at: 100) == nil)
    expect(plan([input([10]), input([], .tasks, isAtEnd: false)], at: 100), [1, 0], end: 100)
    expect(plan([input([10]), input([], .control, isAtEnd: false)], at: 100), [1, 0], end: 100)
  }

  @Test("a clock that jumps back leaves recorded time where it was, and records go on being read")
  func clockBack() {
    expect(plan([input([10, 20])], at: 50, after: 80), [2], end: 80)
    expect(plan([input([500, 510])], at: 50, after: 80), [2], end: 80)
  }

  @Test("a record stamped in the future counts as stamped now")
  func future() {
    expect(plan([input([10, 900]), input([20, 40])], at: 100), [2, 2], end: 100)
    expect(plan([input([900, 910, 920], isAtEnd: false), input([40])], at: 100), [2, 1], end: 100)
  }

  @Test("a record stamped before its predecessor does not draw recorded time back")
  func disorder() {
    expect(plan([input([10, 90, 20, 30], isAtEnd: false)], at: 1000), [3], end: 90)
  }

  @Test("records from tasks are read however far ahead they are; time ends where the upstream tasks are")
  func upstream() {
    expect(plan([input([10, 9000], .tasks)], at: 100_000, announced: 50), [2], end: 50)
  }

  @Test("records from outside may run at most 5 s ahead of the upstream tasks")
  func lead() {
    let inputs = [input([40, 5050, 5051, 5052]), input([], .tasks)]
    expect(plan(inputs, at: 100_000, announced: 50), [2, 0], end: 50)
  }

  @Test("control is read at once and neither waits nor holds time")
  func control() {
    expect(
      plan([input([90_000], .control), input([10, 20], isAtEnd: false)], at: 100_000), [1, 1], end: 20)
  }

  @Test("what an epoch leaves is what the next one reads, without gap or repetition")
  func continuation() {
    var cursor = input([10, 20, 30, 40], isAtEnd: false)
    let first = cursor.take(1)
    cursor.letGo()
    let second = cursor.take(2)
    cursor.letGo()
    #expect([first.first, first.next, second.first, second.next].map(\.rawValue) == [0, 1, 1, 3])
    #expect(cursor.unread.map { cursor.batch.entries[$0].timestamp.rawValue } == [40])
    #expect(cursor.lastPlace == Timestamp(milliseconds: 40))
    #expect(cursor.next == Offset(4))
  }

  @Test("records keep their bytes and headers when those before them are let go")
  func letGo() {
    var batch = RecordBatch()
    batch.append(0, at: 1, "a", "x", headers: ["h=1"])
    batch.append(1, at: 2, "b", nil, headers: ["h=2", "g=3"])
    batch.removeFirst(1)
    var lines: [String] = []
    batch.forEach(in: 0..<batch.count, of: 0) { record in
      var headers: [String] = []
      record.forEachHeader { name, value in headers.append("\(name.text)=\(value?.text ?? "-")") }
      lines.append("\(record.offset) \(record.key?.text ?? "-")=\(record.value?.text ?? "-") \(headers)")
    }
    #expect(lines == ["1 b=- [\"h=2\", \"g=3\"]"])
  }

  @Test(
    "a backlog read in pieces of any size ends each record's epoch no later than at the next record",
    arguments: [1, 2, 3, 4, 5])
  func pieces(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let streams = (0..<3).map { _ in
      (0..<40).map { _ in Int64(random.int(in: 0..<100_000)) }.sorted()
    }
    var (fetched, read) = ([0, 0, 0], [0, 0, 0])
    var time = Timestamp.zero
    while read.reduce(0, +) < 120 {
      for number in 0..<3 { fetched[number] = min(40, fetched[number] + random.int(in: 0..<9)) }
      let inputs = (0..<3).map {
        input(Array(streams[$0][read[$0]..<fetched[$0]]), isAtEnd: fetched[$0] == 40)
      }
      guard let plan = plan(inputs, at: 1_000_000, after: time.rawValue) else { continue }
      #expect(plan.end >= time)
      for number in 0..<3 {
        read[number] += plan.counts[number]
        // What was read is not stamped after the end, what was not is not stamped before it.
        if read[number] > 0 { #expect(streams[number][read[number] - 1] <= plan.end.rawValue) }
        if read[number] < 40 { #expect(streams[number][read[number]] >= plan.end.rawValue) }
      }
      time = plan.end
    }
    #expect(time == Timestamp(milliseconds: 1_000_000))
  }
}
