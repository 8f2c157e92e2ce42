// The worker's machines, as transcripts.
import Basics
import Testing

@testable import Runtime

@Suite struct TransactionStepsTests {
  /// A machine that has come to `state` without trouble.
  private func machine(at state: TransactionSteps.State) -> TransactionSteps {
    var machine = TransactionSteps()
    while machine.state != state { _ = machine.succeeded() }
    return machine
  }

  @Test("a transaction goes through its steps in order")
  func order() {
    var machine = TransactionSteps()
    var steps: [TransactionSteps.Step] = []
    while true {
      steps.append(machine.next)
      if machine.succeeded() == .committed { break }
    }
    #expect(
      steps == [.openProducer, .initialize, .begin, .produce, .flush, .sendOffsets, .commit])
    #expect(machine.isReady)
  }

  @Test("a step that must abort is followed by the abort, and then the same bundle may be sent again")
  func abort() {
    var machine = machine(at: .flushed)
    #expect(machine.failed(.abort("generation"), isLate: false) == .nothing)
    #expect(machine.next == .abort)
    #expect(machine.succeeded() == .aborted)
    #expect(machine.isReady)
  }

  @Test(
    "a commit without a clear answer is unknown, whatever the answer was",
    arguments: [ClientFailure.unknown("fatal"), .retry("timed out"), .refused("?"), .fenced("instance")])
  func unknown(_ failure: ClientFailure) {
    var machine = machine(at: .offered)
    #expect(machine.failed(failure, isLate: false) == .unknown)
    #expect(machine.next == .openProducer)
  }

  @Test("an abort without a clear answer is unknown")
  func unknownAbort() {
    var machine = machine(at: .produced)
    _ = machine.failed(.abort("x"), isLate: false)
    #expect(machine.failed(.retry("timed out"), isLate: false) == .unknown)
  }

  @Test("a step is tried again until the transaction is too old")
  func late() {
    var machine = machine(at: .begun)
    #expect(machine.failed(.retry("busy"), isLate: false) == .nothing)
    #expect(machine.next == .produce)
    #expect(machine.failed(.retry("busy"), isLate: true) == .nothing)
    #expect(machine.next == .abort)
  }

  @Test("a producer that cannot be initialized is made anew")
  func initialize() {
    var machine = machine(at: .opened)
    #expect(machine.failed(.retry("loading"), isLate: false) == .nothing)
    #expect(machine.next == .initialize)
    #expect(machine.failed(.unknown("fatal"), isLate: false) == .nothing)
    #expect(machine.next == .openProducer)
  }
}

@Suite struct TakeOverTests {
  private let epoch = EpochRecord(
    epoch: Epoch(3), recordedTime: .zero, watermark: EventTime(milliseconds: 0), codeHash: 1,
    inputs: [.init(partition("a"), first: .zero, next: Offset(5))])

  private func range(_ first: Int64, _ end: Int64) -> Range<Offset> { Offset(first)..<Offset(end) }

  @Test("the record before the committed offset is the take-over record")
  func committed() {
    var machine = TakeOver()
    #expect(machine.committed(Offset(9)) == .startReading(Offset(8)))
    #expect(machine.fetched([], isAtEnd: true) == .readOn)
    let bytes = epoch.encoded()
    #expect(
      machine.fetched([(Offset(8), bytes)], isAtEnd: true)
        == .finished(LoggedEpoch(record: epoch, bytes: bytes, offset: Offset(8))))
  }

  @Test("another record in its place is a damaged log, not a guess")
  func gone() {
    var machine = TakeOver()
    _ = machine.committed(Offset(9))
    #expect(
      machine.fetched([(Offset(10), epoch.encoded())], isAtEnd: true)
        == .failed("the epoch record at offset 8 is gone"))
  }

  @Test("without a committed offset and without records it is a first epoch")
  func first() {
    var machine = TakeOver()
    #expect(machine.committed(nil) == .askBounds)
    #expect(machine.bounds(range(0, 0)) == .finished(nil))
  }

  @Test("without a committed offset the last record counts, searched from the end backwards")
  func search() {
    var machine = TakeOver()
    _ = machine.committed(nil)
    #expect(machine.bounds(range(0, 100)) == .startReading(Offset(84)))
    #expect(machine.fetched([], isAtEnd: true) == .startReading(Offset(0)))
    #expect(machine.fetched([(Offset(3), [9])], isAtEnd: false) == .readOn)
    let bytes = epoch.encoded()
    #expect(
      machine.fetched([(Offset(5), bytes)], isAtEnd: true)
        == .finished(LoggedEpoch(record: epoch, bytes: bytes, offset: Offset(5))))
  }

  @Test("a log of nothing but aborted epochs is a first epoch")
  func aborted() {
    var machine = TakeOver()
    _ = machine.committed(nil)
    #expect(machine.bounds(range(0, 4)) == .startReading(Offset(0)))
    #expect(machine.fetched([], isAtEnd: true) == .finished(nil))
  }
}

@Suite struct PaceTests {
  private let pace = Pace(settings: EngineSettings(), lastClose: .seconds(1))

  @Test("an epoch is closed when its inputs run dry, not sooner than the least interval")
  func dry() {
    func isDue(_ now: Duration, isDry: Bool) -> Bool {
      pace.isDue(at: now, hasWork: true, isFull: false, isDry: isDry)
    }
    #expect(!isDue(.milliseconds(1019), isDry: true))
    #expect(isDue(.milliseconds(1020), isDry: true))
    #expect(!isDue(.milliseconds(1099), isDry: false))
    #expect(isDue(.milliseconds(1100), isDry: false))
  }

  @Test("a full epoch is closed at once, an empty one never")
  func full() {
    #expect(pace.isDue(at: .seconds(1), hasWork: true, isFull: true, isDry: false))
    #expect(!pace.isDue(at: .seconds(9), hasWork: false, isFull: false, isDry: true))
  }
}
