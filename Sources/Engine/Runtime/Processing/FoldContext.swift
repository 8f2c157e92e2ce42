// What a fold sees of the world besides its record and its state, and where it puts its outputs: their
// timestamps are the recorded time, their partitions follow from their keys.
public import Basics

/// The open epoch as a fold sees it. Nothing that is emitted is sent before the epoch is folded to its end.
public struct FoldContext {
  /// An output topic as the brokers have it.
  struct Destination: Hashable, Sendable {
    var topic: String
    var partitions: Int32
    var recordBytesMax: Int
  }

  /// An output that does not fit its topic and that no record is to blame for.
  struct Oversized: Sendable {
    var topic: String
    var key: [UInt8]
    var byteCount: Int
  }

  /// The task's place among those that share a topic for records in the wrong partition.
  struct Rekey {
    let input: Int
    let output: Int
    let task: PartitionID
  }

  let destinations: [Destination]
  private let rekey: Rekey?
  private let onlyOutput: Int?
  @usableFromInline var records = OutboundRecords()
  /// Where the outputs of the record being folded begin.
  @usableFromInline var start = OutboundRecords.Mark()
  /// Something the record being folded emitted does not fit its topic.
  @usableFromInline var isOversized = false
  @usableFromInline var clock: RecordedTime
  private static var never: Timestamp { Timestamp(milliseconds: .max) }
  private let taskTime: TaskTime
  /// When the next timer is due.
  @usableFromInline private(set) var nextDue: Timestamp
  /// Where the slot of recorded time ends in which the task is: what it made in it is emitted before.
  @usableFromInline private(set) var settlesAt: Timestamp
  /// At the epoch's own end, not only at a slot's: when to tell what only the last value of counts.
  public private(set) var isEpochOver = false
  /// A record is being folded: it is to blame for what it makes.
  private var isFolding = true
  private var oversized: [Oversized] = []
  private var explanation: Explanation?
  private var erased: [(partition: TopicPartition, offset: Offset)] = []
  private var asides: [LateAside] = []

  struct LateAside: Sendable {
    var partition: TopicPartition
    var offset: Offset
    var reason: SetAsideReason
    var rule: String
  }

  /// What a fold has to say about a record that it sets aside, beside the reason.
  struct Explanation: Sendable {
    var rule: String
    var pointer: String
  }

  init(
    _ destinations: [Destination], _ clock: RecordedTime, _ taskTime: TaskTime, rekey: Rekey? = nil,
    onlyOutput: Int? = nil
  ) {
    self.destinations = destinations
    self.rekey = rekey
    self.onlyOutput = onlyOutput
    self.clock = clock
    self.taskTime = taskTime
    nextDue = taskTime.next?.due ?? Self.never
    settlesAt = Self.endOfSlot(clock.now)
  }

  private static func endOfSlot(_ time: Timestamp) -> Timestamp {
    let slot_ms = RecordedTime.slot_ms
    return Timestamp(milliseconds: time.rawValue - time.rawValue % slot_ms + slot_ms)
  }

  /// Recorded time: never goes back, from record to record and from epoch to epoch.
  @inlinable public var time: Timestamp { clock.now }

  /// Up to here everything that happened is taken to be known; never goes back either.
  @inlinable public var watermark: EventTime { clock.watermark }

  /// Sets a timer, or moves the one of this name: `onTimer` is called when recorded time reaches `due`, with
  /// `time` at `due` exactly, whether records come or not. One that would be due already fires a millisecond
  /// from now. A fold that sets its record aside must leave timers alone, as it leaves its state.
  public mutating func setTimer(_ id: TimerID, at due: Timestamp) {
    taskTime.set(Timer(due: max(due, time + .milliseconds(1)), id: id))
    nextDue = taskTime.next?.due ?? Self.never
  }

  /// The timers are other ones than they were.
  @usableFromInline mutating func timersChanged() { nextDue = taskTime.next?.due ?? Self.never }

  /// When a timer is due; nil when it is not set.
  public func due(_ id: TimerID) -> Timestamp? { taskTime.due(id) }

  /// Does away with a timer; one that is not set, or has fired, needs none.
  public mutating func cancelTimer(_ id: TimerID) {
    taskTime.cancel(id)
    nextDue = taskTime.next?.due ?? Self.never
  }

  /// Emits a record to the processor's output number `output`, in the partition that Kafka's Java client
  /// gives its key. A nil value is a tombstone. False when it is too large for its topic: then nothing that
  /// this record emits is published and the record is set aside when the fold returns; from a timer or at
  /// the epoch's end only this output is left out and named in quarantine.
  @discardableResult
  public mutating func emit(_ output: Int, key: RawSpan, value: RawSpan?) -> Bool {
    let destination = destinations[output]
    let byteCount = key.byteCount + (value?.byteCount ?? 0)
    guard byteCount <= destination.recordBytesMax else {
      refuse(key, byteCount, destination.topic)
      return false
    }
    let partition = unsafe key.withUnsafeBytes {
      unsafe murmur2Partition(ofKey: $0, of: destination.partitions)
    }
    records.append(to: output, partition, at: time, key: key, value: value)
    return true
  }

  /// Whether a backtest asks for this output alone: what is emitted to others, and state that says nothing of
  /// this one, may be left out.
  public func isOnly(_ output: Int) -> Bool { onlyOutput == output }

  /// Sends a record from outside on to the task that owns `key`, as it is, with its timestamp and headers.
  /// True when it was sent: then the fold has nothing to do with it and returns `.forwarded`. False when
  /// this task is the owner, or when the record has already been sent on once: then it is folded here.
  public mutating func forward(_ record: borrowing InputRecord, toOwnerOf key: RawSpan) -> Bool {
    guard let rekey else { preconditionFailure("a processor that forwards needs a rekey topic") }
    guard record.input != rekey.input else { return false }
    let destination = destinations[rekey.output]
    let owner = unsafe key.withUnsafeBytes {
      unsafe murmur2Partition(ofKey: $0, of: destination.partitions)
    }
    guard owner != rekey.task else { return false }
    let byteCount = (record.key?.byteCount ?? 0) + (record.value?.byteCount ?? 0)
    guard byteCount <= destination.recordBytesMax else {
      isOversized = true
      return true
    }
    records.append(to: rekey.output, owner, at: record.timestamp, key: record.key, value: record.value)
    record.forEachHeader { name, value in records.appendHeader(name, value) }
    return true
  }

  /// Whether this task is the one to which records of `key` are sent on: for what exists without any record.
  public func owns(_ key: RawSpan) -> Bool {
    guard let rekey else { preconditionFailure("a processor without a rekey topic owns no keys") }
    let partitions = destinations[rekey.output].partitions
    return unsafe key.withUnsafeBytes { unsafe murmur2Partition(ofKey: $0, of: partitions) } == rekey.task
  }

  /// Adds a header to the record emitted last; `name` is UTF-8 without NUL.
  public mutating func header(_ name: RawSpan, _ value: RawSpan?) {
    if !isOversized { records.appendHeader(name, value) }
  }

  private mutating func refuse(_ key: RawSpan, _ byteCount: Int, _ topic: String) {
    guard !isFolding else {
      isOversized = true
      return
    }
    oversized.append(
      Oversized(topic: topic, key: key.copied, byteCount: byteCount))
  }

  /// Says of the record being folded which rule it breaks and where in it, as a JSON pointer; quarantine
  /// keeps it. Only for a record that the fold then sets aside.
  public mutating func explain(rule: String, pointer: String = "") {
    explanation = Explanation(rule: rule, pointer: pointer)
  }

  /// Names in quarantine a record that was folded before and has come to nothing since: it waited for
  /// something that never came. Its bytes stand at its origin alone.
  public mutating func setAsideLater(
    _ partition: TopicPartition, _ offset: Offset, because reason: SetAsideReason, rule: String
  ) {
    asides.append(LateAside(partition: partition, offset: offset, reason: reason, rule: rule))
  }

  mutating func takeLateAsides() -> [LateAside] {
    defer { asides = [] }
    return asides
  }

  /// Has quarantine forget a record that this task set aside, in this epoch or an earlier one (R14.8).
  public mutating func eraseQuarantined(_ partition: TopicPartition, _ offset: Offset) {
    erased.append((partition, offset))
  }

  mutating func takeErased() -> [(partition: TopicPartition, offset: Offset)] {
    defer { erased = [] }
    return erased
  }

  mutating func takeExplanation() -> Explanation? {
    defer { explanation = nil }
    return explanation
  }

  mutating func takeOversized() -> [Oversized] {
    defer { oversized = [] }
    return oversized
  }

  @inlinable mutating func beginRecord() { start = records.mark }

  func hear(_ announcement: Announcement, on input: Int) { taskTime.hear(announcement, on: input) }

  /// The next timer that is due by `time`, if there is one, and recorded time at its due time.
  @usableFromInline mutating func takeTimer(dueBy time: Timestamp) -> Timer? {
    let timer = taskTime.take(dueBy: time)
    if let timer { clock.advance(to: timer.due) }
    isFolding = timer == nil
    nextDue = taskTime.next?.due ?? Self.never
    return timer
  }

  /// Recorded time is about to leave its slot.
  @usableFromInline mutating func beginSettling() { isFolding = false }

  /// What the slot made is emitted; recorded time goes on to `time`.
  @usableFromInline mutating func settled(before time: Timestamp) {
    isFolding = true
    settlesAt = Self.endOfSlot(time)
  }

  /// Behind the last record and the last timer: recorded time comes to the epoch's end.
  @usableFromInline mutating func beginClose() {
    clock.closeEpoch()
    isFolding = false
    isEpochOver = true
  }

  /// Takes back what the record being folded has emitted.
  @usableFromInline mutating func takeBack() {
    records.rollBack(to: start)
    isOversized = false
  }
}
