// A task with one store over a real database, its changelog in an array, and ways to crash.
import Basics
import Foundation
@testable import Runtime
import Store

/// A value with a part of fixed and a part of variable size.
struct Tally: Storable, Equatable {
  var count: UInt64
  var note: String

  func store(into bytes: inout [UInt8]) {
    count.store(into: &bytes)
    note.store(into: &bytes)
  }

  init(_ count: UInt64, _ note: String = "") {
    self.count = count
    self.note = note
  }

  init?(stored bytes: RawSpan) {
    guard bytes.byteCount >= 8, let count = UInt64(stored: bytes.extracting(first: 8)),
      let note = String(stored: bytes.extracting(droppingFirst: 8))
    else { return nil }
    self.init(count, note)
  }
}

/// What outlives a process: its folder and its changelog.
final class Remains {
  let path: String
  /// The changelog's records, with the epoch that wrote them.
  var changelog: [(epoch: Epoch, key: [UInt8], value: [UInt8]?)] = []
  var log: LogEnd?

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/ratchet-state-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A process that holds one task with one store.
final class TaskProcess<Kept: TaskStore> {
  let task = TaskID(processor: "task", partition: PartitionID(0))
  let remains: Remains
  let store: Kept
  let writer: StateWriter
  let state: TaskState
  private(set) var startUp: StartUp

  init(
    _ remains: Remains, _ store: Kept, clusterID: String = "c",
    write: (@Sendable (Database, borrowing WriteBatch) throws(StoreError) -> Void)? = nil
  ) throws {
    self.remains = remains
    self.store = store
    let settings = DatabaseSettings(blockCache: 1 << 20, writeBuffers: 4 << 20)
    let database = try Database(at: remains.path, settings)
    if let write {
      writer = try StateWriter(database) { (batch) throws(StoreError) in try write(database, batch) }
    } else {
      writer = try StateWriter(database)
    }
    state = try TaskState(task, [store], writer)
    startUp = .ready
    do {
      startUp = try state.decide(
        clusterID: clusterID, log: remains.log, tombstoneRetention: nil, now: Timestamp(milliseconds: 0))
      try catchUp()
    } catch {
      crash()
      throw error
    }
  }

  private func catchUp() throws {
    let from: Int
    switch startUp {
    case .ready: return
    case .applyTail(let offsets, _): from = Int(offsets[0].rawValue)
    case .absent, .restoreFully:
      try state.clear()
      from = 0
    }
    for record in remains.changelog[from...] {
      unsafe store.restore(key: record.key.span.bytes, value: record.value?.span.bytes)
    }
    guard let log = remains.log else { return }
    try state.restored(log, clusterID: "c", changelogs: [end], now: Timestamp(milliseconds: 0))
  }

  private var end: Offset { Offset(Int64(remains.changelog.count)) }

  /// Seals what has been changed as the next epoch; its changes are in the changelog from then on.
  @discardableResult func commit() throws -> OutboundRecords {
    let epoch = remains.log?.epoch.next ?? Epoch(0)
    var changes = OutboundRecords()
    store.takeChanges(into: &changes, as: 0, PartitionID(0), at: Timestamp(milliseconds: 0))
    for index in 0..<changes.count {
      let record = changes[index]
      remains.changelog.append((epoch, bytes(record.key) ?? [], bytes(record.value)))
    }
    let log = LogEnd(
      epoch: epoch, recordHash: UInt64(epoch.rawValue) &* 31, recordOffset: Offset(2 * epoch.rawValue))
    remains.log = log
    try state.committed(log, clusterID: "c", changelogs: [end], now: Timestamp(milliseconds: 0))
    return changes
  }

  private func bytes(_ span: RawSpan?) -> [UInt8]? {
    guard let span else { return nil }
    return unsafe span.withUnsafeBytes { unsafe Array($0) }
  }

  /// Ends the process; what has not been handed to the writer is lost.
  func crash() {
    writer.shutdown()
    store.removeAll()
  }
}

/// One life of a process, from its start to its crash.
func withProcess<Kept: TaskStore>(
  _ remains: Remains, _ store: Kept, _ body: (TaskProcess<Kept>) throws -> Void
) throws {
  let process = try TaskProcess(remains, store)
  defer { process.crash() }
  try body(process)
}
