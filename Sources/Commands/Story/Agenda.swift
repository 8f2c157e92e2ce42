// What is to happen next in a story: a queue by time, and for equal times in the order of being put in.
internal import Basics

/// A binary heap of small entries; the items lie beside it and are not moved.
struct Agenda<Item> {
  private struct Entry {
    var time: Timestamp
    var number: UInt64
    /// Where its item lies.
    var slot: Int

    func isBefore(_ other: Entry) -> Bool {
      time != other.time ? time < other.time : number < other.number
    }
  }

  private var entries: [Entry] = []
  private var items: [Item?] = []
  private var free: [Int] = []
  private var number: UInt64 = 0

  var nextTime: Timestamp? { entries.first?.time }

  mutating func add(_ item: Item, at time: Timestamp) {
    number += 1
    let slot = free.popLast() ?? items.count
    if slot == items.count { items.append(item) } else { items[slot] = item }
    entries.append(Entry(time: time, number: number, slot: slot))
    var child = entries.count - 1
    while child > 0, entries[child].isBefore(entries[(child - 1) / 2]) {
      entries.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func next() -> (time: Timestamp, item: Item)? {
    guard let first = entries.first, let item = items[first.slot] else { return nil }
    items[first.slot] = nil
    free.append(first.slot)
    let last = entries.removeLast()
    if !entries.isEmpty {
      entries[0] = last
      sinkRoot()
    }
    return (first.time, item)
  }

  private mutating func sinkRoot() {
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
        if entries[child].isBefore(entries[least]) { least = child }
      }
      if least == parent { return }
      entries.swapAt(parent, least)
      parent = least
    }
  }
}
