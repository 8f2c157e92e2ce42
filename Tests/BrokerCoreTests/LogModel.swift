// What a store must hold, told the simplest way: the list of all frames, and what folding the first n of them
// gives.
import Basics
import BrokerProtocol

@testable import BrokerCore

struct LogModel {
  struct Log: Equatable {
    var start = Offset.zero
    var end = Offset.zero
    var batches: [RecordBatch] = []
  }

  private(set) var frames: [[JournalEntry]] = []
  private(set) var logs: [LogID: Log] = [:]
  private(set) var states: [[UInt8]] = []

  var last: JournalPosition { JournalPosition(UInt64(frames.count)) }

  mutating func append(_ entries: [JournalEntry]) {
    frames.append(entries)
    for entry in entries { fold(entry) }
  }

  /// The model as it was after the frame at `position`.
  func upTo(_ position: JournalPosition) -> LogModel {
    var model = LogModel()
    for frame in frames.prefix(Int(position.rawValue)) { model.append(frame) }
    return model
  }

  /// Every batch of the tests' logs is one record under one of a few keys: below `end` the last of each
  /// stays.
  private mutating func compact(_ id: LogID, below end: Offset) {
    guard let log = logs[id] else { return }
    var last: [[UInt8]?: Offset] = [:]
    for batch in log.batches where batch.header.baseOffset < end {
      last[batch.firstKey] = batch.header.baseOffset
    }
    logs[id]?.batches.removeAll { batch in
      guard batch.header.baseOffset < end, let key = batch.firstKey else { return false }
      return last[key] != batch.header.baseOffset
    }
  }

  private mutating func fold(_ entry: JournalEntry) {
    switch entry {
    case .create(let id): logs[id] = Log()
    case .remove(let id): logs[id] = nil
    case .trim(let id, let offset):
      let start = logs[id]?.start ?? .zero
      logs[id]?.start = max(offset, start)
    case .roll: break
    case .append(let id, let batch):
      logs[id]?.batches.append(batch)
      logs[id]?.end = batch.header.nextOffset
    case .replace(let id, let replacement): compact(id, below: replacement.cleanedBelow)
    case .state(let bytes): states.append(bytes.bytes)
    }
  }
}
