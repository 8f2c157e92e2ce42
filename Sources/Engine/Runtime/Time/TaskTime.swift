// What a task knows of time beyond the epoch: its timers. They are a store like the processor's own, with a
// changelog, so they survive restarts and come along when another worker takes over.
internal import Basics

/// A task's timers. Used on the task's thread.
@usableFromInline final class TaskTime {
  private let rows = KeyValueStore<TimerID, TimeRow>("engine.time")
  private var timers = TimerQueue()
  private var isLoaded = false
  /// nil when the processor keeps no such store.
  let store: (any TaskStore)?

  init(isKept: Bool) { store = isKept ? rows : nil }

  /// The timer to fire next.
  var next: Timer? {
    load()
    return timers.next
  }

  func set(_ timer: Timer) {
    precondition(store != nil, "a timer in a processor whose definition has no time topic")
    load()
    rows[timer.id] = TimeRow(time: timer.due)
    timers.set(timer)
  }

  func cancel(_ id: TimerID) {
    load()
    guard timers.due(id) != nil else { return }
    rows[id] = nil
    timers.cancel(id)
  }

  /// Takes the next timer if it is due by `time`.
  func take(dueBy time: Timestamp) -> Timer? {
    load()
    guard let timer = timers.take(dueBy: time) else { return nil }
    rows[timer.id] = nil
    return timer
  }

  /// Takes up what the store holds: at first use, because until then it may still be filled.
  private func load() {
    guard !isLoaded else { return }
    isLoaded = true
    rows.forEachInOrder { id, row in timers.set(Timer(due: row.time, id: id)) }
  }
}

/// A row of the engine's own store.
struct TimeRow: Storable, Equatable {
  var time: Timestamp

  func store(into bytes: inout [UInt8]) { bytes.append(littleEndian: time.rawValue) }

  init(time: Timestamp) { self.time = time }

  init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let time = reader.integer(Int64.self), reader.isAtEnd else { return nil }
    self.init(time: Timestamp(milliseconds: time))
  }
}
