// A task's timers in the order in which they fire. All of them are in memory, about 150 bytes each: a timer
// is for what is being watched, not for every record; what only has to expire belongs in a segmented store.
internal import Basics

/// Timers by name, and the least of them. A heap whose entries are put right when they come to its top:
/// moving a timer to a later time, as every sign of life does, costs no reordering.
struct TimerQueue {
  private struct Entry {
    var due: Timestamp
    /// Where in the heap's order it stands: no later than `due`.
    var queued: Timestamp
  }

  private var entries: [TimerID: Entry] = [:]
  /// A binary heap. Its least is a timer that is truly next; others may have been moved or cancelled.
  private var heap: [Timer] = []

  /// The timer to fire next.
  var next: Timer? { heap.first }

  var count: Int { entries.count }

  /// Places in the heap, those included that their timers have left.
  var placeCount: Int { heap.count }

  func due(_ id: TimerID) -> Timestamp? { entries[id]?.due }

  mutating func set(_ timer: Timer) {
    if let entry = entries[timer.id], entry.queued <= timer.due {
      entries[timer.id]?.due = timer.due
    } else {
      entries[timer.id] = Entry(due: timer.due, queued: timer.due)
      push(timer)
    }
    tidy()
  }

  mutating func cancel(_ id: TimerID) {
    guard entries.removeValue(forKey: id) != nil else { return }
    tidy()
  }

  /// Takes the next timer if it is due by `time`.
  mutating func take(dueBy time: Timestamp) -> Timer? {
    guard let timer = heap.first, timer.due <= time else { return nil }
    entries[timer.id] = nil
    pop()
    tidy()
    return timer
  }

  /// Puts the heap's least right, and makes the heap anew when most of it is of no more use.
  private mutating func tidy() {
    while let top = heap.first {
      guard let entry = entries[top.id], entry.queued == top.due else {
        pop()
        continue
      }
      if entry.due == top.due { break }
      pop()
      entries[top.id]?.queued = entry.due
      push(Timer(due: entry.due, id: top.id))
    }
    guard heap.count > 2 * entries.count + 64 else { return }
    heap = entries.map { Timer(due: $0.value.due, id: $0.key) }.sorted()
    for timer in heap { entries[timer.id]?.queued = timer.due }
  }

  // MARK: The heap

  private mutating func push(_ timer: Timer) {
    heap.append(timer)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child] < heap[parent] else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  private mutating func pop() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[least] {
        least = child
      }
      if least == parent { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
