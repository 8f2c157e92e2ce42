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
    for change in changes {
      guard let key = bytes.bytes(of: change.key) else { continue }
      switch (change.kind, bytes.bytes(of: change.value)) {
      case (.put, let value?): batch.put(key, value, in: family)
      case (.deleteRange, let upper?): batch.deleteRange(from: key, to: upper, in: family)
      default: batch.delete(key, in: family)
      }
    }
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
