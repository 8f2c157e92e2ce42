// What one store hands to the disk: its changes since the last time, as bytes, free to go to another thread.
internal import Basics
internal import Store
internal import Synchronization

/// Changes of one store in the order in which they must be applied.
@usableFromInline struct StoreBatch: Sendable {
  @usableFromInline enum Kind: Sendable { case put, delete, deleteRange }

  private struct Change: Sendable {
    var kind: Kind
    var key: Field
    /// The value, or a range's upper bound.
    var value: Field
  }

  private var changes: [Change] = []
  private var bytes: [UInt8] = []

  var byteCount: Int { bytes.count }
  var isEmpty: Bool { changes.isEmpty }

  @usableFromInline init() {}

  @usableFromInline mutating func append(_ kind: Kind, _ key: RawSpan, _ value: RawSpan? = nil) {
    let key = bytes.append(field: key)
    changes.append(Change(kind: kind, key: key, value: bytes.append(field: value)))
  }

  /// Adds the changes to a batch of the database.
  func add(to batch: inout WriteBatch, _ family: Family) {
    let bytes = unsafe bytes.span.bytes
    for index in order {
      let change = changes[index]
      guard let key = bytes.bytes(of: change.key) else { continue }
      switch (change.kind, bytes.bytes(of: change.value)) {
      case (.put, let value?): batch.put(key, value, in: family)
      case (.deleteRange, let upper?): batch.deleteRange(from: key, to: upper, in: family)
      default: batch.delete(key, in: family)
      }
    }
  }

  /// In which order to add them: about that of their keys, because a row that goes in beside the one before
  /// it costs RocksDB a third of one that goes in anywhere. Changes of one key stay in their order; a deleted
  /// range, which is rare, has others of its own and leaves all as they are.
  private var order: [Int] {
    if changes.contains(where: { $0.kind == .deleteRange }) { return Array(changes.indices) }
    let shared = sharedPrefix
    var places: [(prefix: UInt64, index: Int)] = []
    places.reserveCapacity(changes.count)
    for index in changes.indices { places.append((prefix(of: changes[index].key, behind: shared), index)) }
    places.sort { $0 < $1 }
    return places.map(\.index)
  }

  /// How many bytes all keys begin with alike.
  private var sharedPrefix: Int {
    guard let first = changes.first?.key else { return 0 }
    var count = first.count
    for change in changes {
      let (most, start) = (min(count, change.key.count), change.key.start)
      count = 0
      while count < most, bytes[first.start + count] == bytes[start + count] { count += 1 }
    }
    return count
  }

  /// The eight bytes of a key behind so many, as a number that sorts as they do.
  private func prefix(of key: Field, behind count: Int) -> UInt64 {
    let end = key.start + key.count
    let start = key.start + count
    var prefix: UInt64 = 0
    for index in start..<start + 8 { prefix = prefix << 8 | (index < end ? UInt64(bytes[index]) : 0) }
    return prefix
  }

  /// Empties it and keeps its memory.
  mutating func removeAll() {
    changes.removeAll(keepingCapacity: true)
    bytes.removeAll(keepingCapacity: true)
  }

  /// Gives the disk space of deleted ranges back.
  func deleteFiles(of family: Family) throws(StoreError) {
    let bytes = unsafe bytes.span.bytes
    for change in changes where change.kind == .deleteRange {
      guard let lower = bytes.bytes(of: change.key), let upper = bytes.bytes(of: change.value) else {
        continue
      }
      try family.deleteFiles(from: lower, to: upper)
    }
  }
}

/// How far a store's changes have reached the disk, in seals of the store; the writer's thread moves it on.
@usableFromInline final class WrittenMark: Sendable {
  private let seal = Atomic<Int64>(0)

  @usableFromInline init() {}

  /// Entries changed by this seal or an earlier one may leave memory.
  var value: Int64 { seal.load(ordering: .acquiring) }

  func advance(to value: Int64) { seal.store(value, ordering: .releasing) }
}
