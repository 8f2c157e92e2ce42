// When which series has something to do: a heap of moments, made anew from the states whenever a task begins.

/// Numbers by the moment of their next wake, in the order of moment, then number.
struct WakeQueue {
  private struct Wake {
    var time: Int64
    var number: UInt64

    static func < (a: Wake, b: Wake) -> Bool { a.time == b.time ? a.number < b.number : a.time < b.time }
  }

  private var heap: [Wake] = []
  /// The one entry of each number that counts; others in the heap are left over.
  private var scheduled: [UInt64: Int64] = [:]

  /// Wakes `number` at `time`, unless it is to wake earlier.
  mutating func schedule(_ number: UInt64, at time: Int64) {
    if let known = scheduled[number], known <= time { return }
    scheduled[number] = time
    heap.append(Wake(time: time, number: number))
    var child = heap.count - 1
    while child > 0, heap[child] < heap[(child - 1) / 2] {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func forget(_ number: UInt64) { scheduled[number] = nil }

  /// The numbers that are to wake by `time`, in order; they are not scheduled any more.
  mutating func due(by time: Int64) -> [UInt64] {
    var numbers: [UInt64] = []
    while let first = heap.first, first.time <= time {
      removeFirst()
      guard scheduled[first.number] == first.time else { continue }
      scheduled[first.number] = nil
      numbers.append(first.number)
    }
    return numbers
  }

  private mutating func removeFirst() {
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
