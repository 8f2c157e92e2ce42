// What a task knows of time beyond the epoch: its timers, and what upstream tasks have announced. It is a
// store like the processor's own, with a changelog, so it survives restarts and comes along when another
// worker takes over.
internal import Basics

/// A task's timers and the clocks of the tasks in front of it. Used on the task's thread.
@usableFromInline final class TaskTime {
  private let rows = KeyValueStore<TimeKey, TimeRow>("engine.time")
  private var timers = TimerQueue()
  private var upstream: [TimeKey: UpstreamTime] = [:]
  private var isLoaded = false
  /// nil when the processor keeps no such store.
  let store: (any TaskStore)?

  init(isKept: Bool) { store = isKept ? rows : nil }

  /// The timer to fire next.
  var next: Timer? {
    load()
    return timers.next
  }

  var timerCount: Int {
    load()
    return timers.count
  }

  func due(_ id: TimerID) -> Timestamp? {
    load()
    return timers.due(id)
  }

  func set(_ timer: Timer) {
    precondition(store != nil, "a timer in a processor whose definition has no time topic")
    load()
    rows[.timer(timer.id)] = TimeRow(time: timer.due)
    timers.set(timer)
  }

  func cancel(_ id: TimerID) {
    load()
    guard timers.due(id) != nil else { return }
    rows[.timer(id)] = nil
    timers.cancel(id)
  }

  /// Takes the next timer if it is due by `time`.
  func take(dueBy time: Timestamp) -> Timer? {
    load()
    guard let timer = timers.take(dueBy: time) else { return nil }
    rows[.timer(timer.id)] = nil
    return timer
  }

  /// Takes note of an announcement on input number `input`, as it is folded.
  func hear(_ announcement: Announcement, on input: Int) {
    load()
    let key = TimeKey.upstream(
      input: UInt16(input), processor: announcement.processor, task: announcement.task)
    upstream[key] = UpstreamTime(time: announcement.time, watermark: announcement.watermark)
    rows[key] = TimeRow(time: announcement.time, watermark: announcement.watermark)
  }

  /// What a task had announced by the last epoch's end.
  func announced(_ input: Int, _ processor: String, _ task: PartitionID) -> UpstreamTime? {
    load()
    return upstream[.upstream(input: UInt16(input), processor: processor, task: task)]
  }

  /// The store has been changed behind its back.
  func reload() { (isLoaded, timers, upstream) = (false, TimerQueue(), [:]) }

  /// Takes up what the store holds: at first use, because until then it may still be filled.
  private func load() {
    guard !isLoaded else { return }
    isLoaded = true
    rows.forEachInOrder { key, row in
      switch key {
      case .timer(let id): timers.set(Timer(due: row.time, id: id))
      case .upstream: upstream[key] = UpstreamTime(time: row.time, watermark: row.watermark)
      }
    }
  }
}

/// What a row of the engine's own store is about. Inputs go by number, so that a replay under other topic
/// names has the same rows.
enum TimeKey: Hashable, StorableKey {
  case timer(TimerID)
  case upstream(input: UInt16, processor: String, task: PartitionID)

  func store(into bytes: inout [UInt8]) {
    switch self {
    case .timer(let id):
      bytes.append(0)
      id.store(into: &bytes)
    case .upstream(let input, let processor, let task):
      bytes.append(1)
      bytes.append(littleEndian: input)
      bytes.append(littleEndian: task.rawValue)
      bytes.append(countedText: processor)
    }
  }

  init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    switch reader.integer(UInt8.self) {
    case 0:
      self = .timer(TimerID(bytes.extracting(droppingFirst: 1).copied))
    case 1:
      guard let input = reader.integer(UInt16.self), let task = reader.integer(Int32.self),
        let processor = reader.text(), reader.isAtEnd
      else { return nil }
      self = .upstream(input: input, processor: processor, task: PartitionID(task))
    default: return nil
    }
  }
}

/// A row of the engine's own store: when a timer is due, or how far an upstream task has come.
struct TimeRow: Storable, Equatable {
  var time: Timestamp
  /// Of a timer it says nothing.
  var watermark = EventTime(milliseconds: 0)

  func store(into bytes: inout [UInt8]) {
    bytes.append(littleEndian: time.rawValue)
    bytes.append(littleEndian: watermark.rawValue)
  }

  init(time: Timestamp, watermark: EventTime = EventTime(milliseconds: 0)) {
    self.time = time
    self.watermark = watermark
  }

  init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let time = reader.integer(Int64.self), let watermark = reader.integer(Int64.self), reader.isAtEnd
    else { return nil }
    self.init(time: Timestamp(milliseconds: time), watermark: EventTime(milliseconds: watermark))
  }
}
