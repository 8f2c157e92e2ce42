// The windows' job in one stage, and in two: partial sums where records land, windows where their key is
// owned.
import Basics
import Runtime
import Synchronization

/// How many records the windows told of have held, to know when the last has closed.
final class Told: Sendable {
  private let count = Atomic(0)

  var records: Int { count.load(ordering: .relaxed) }
  func add(_ records: UInt64) { count.add(Int(records), ordering: .relaxed) }
}

/// A record's number into the windows of its key, by the time its producer stamped it with.
struct SummarizeWindows: Processor {
  private let windows: Windows<String, Summary>
  private let told: Told

  var stores: [any TaskStore] { windows.stores }

  init(_ windowing: Windowing, _ told: Told) {
    windows = Windows("windows", windowing)
    self.told = told
  }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    guard let key = record.key, let value = record.value, let name = String(stored: key),
      let number = number(in: value)
    else { return .setAside(.undecodable) }
    let time = EventTime(milliseconds: record.timestamp.rawValue)
    return windows.add(name, at: time, in: &context, emit: { tell($0, $1, &$2) }) { $0.add(number) }
  }

  mutating func onTimer(_ timer: Timer, in context: inout FoldContext) {
    _ = windows.onTimer(timer, in: &context) { tell($0, $1, &$2) }
  }

  mutating func closeEpoch(in context: inout FoldContext) {
    windows.closeEpoch(in: &context) { tell($0, $1, &$2) }
  }

  private func tell(_ key: String, _ result: WindowResult<Summary>, _ context: inout FoldContext) {
    told.add(result.value.count)
    emit(key, result, &context)
  }
}

/// An epoch's numbers by key and pane: `pane, task, summary` under the key.
struct SummarizePartially: Processor {
  private struct Pane: Hashable {
    var key: String
    var start: Int64
  }

  private let pane_ms: Int64
  private let task: PartitionID
  private var numbers: [Pane: Int] = [:]
  private var panes: [Pane] = []
  private var summaries: [Summary] = []
  private var bytes: [UInt8] = []

  var stores: [any TaskStore] { [] }

  init(pane_ms: Int64, task: PartitionID) {
    self.pane_ms = pane_ms
    self.task = task
  }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    guard let key = record.key, let value = record.value, let name = String(stored: key),
      let number = number(in: value)
    else { return .setAside(.undecodable) }
    let time = record.timestamp.rawValue
    let pane = Pane(key: name, start: time - time % pane_ms)
    let index: Int
    if let known = numbers[pane] {
      index = known
    } else {
      index = panes.count
      numbers[pane] = index
      panes.append(pane)
      summaries.append(Summary())
    }
    summaries[index].add(number)
    return .folded
  }

  mutating func closeEpoch(in context: inout FoldContext) {
    for (pane, summary) in zip(panes, summaries) {
      bytes.removeAll(keepingCapacity: true)
      bytes.append(littleEndian: pane.start)
      bytes.append(littleEndian: task.rawValue)
      summary.store(into: &bytes)
      let key = Array(pane.key.utf8)
      context.emit(0, key: unsafe key.span.bytes, value: unsafe bytes.span.bytes)
    }
    numbers.removeAll(keepingCapacity: true)
    panes.removeAll(keepingCapacity: true)
    summaries.removeAll(keepingCapacity: true)
  }
}

/// Partial summaries into windows.
struct MergeWindows: Processor {
  private let windows: Windows<String, Summary>
  private let told: Told

  var stores: [any TaskStore] { windows.stores }

  init(_ windowing: Windowing, _ told: Told) {
    windows = Windows("windows", windowing)
    self.told = told
  }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    guard let key = record.key, let value = record.value, let name = String(stored: key) else {
      return .setAside(.undecodable)
    }
    var reader = ByteReader(value)
    guard let start = reader.integer(Int64.self), let task = reader.integer(Int32.self),
      let partial = Summary(stored: value.extracting(droppingFirst: 12))
    else { return .setAside(.undecodable) }
    return windows.add(
      name, at: EventTime(milliseconds: start),
      from: TaskID(processor: "partial", partition: PartitionID(task)),
      in: &context, emit: { tell($0, $1, &$2) }
    ) { $0.merge(partial) }
  }

  mutating func onTimer(_ timer: Timer, in context: inout FoldContext) {
    _ = windows.onTimer(timer, in: &context) { tell($0, $1, &$2) }
  }

  mutating func closeEpoch(in context: inout FoldContext) {
    windows.closeEpoch(in: &context) { tell($0, $1, &$2) }
  }

  private func tell(_ key: String, _ result: WindowResult<Summary>, _ context: inout FoldContext) {
    told.add(result.value.count)
    emit(key, result, &context)
  }
}

private func emit(_ key: String, _ result: WindowResult<Summary>, _ context: inout FoldContext) {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(128)
  result.value.appendJSON(result.window, to: &bytes)
  let key = Array(key.utf8)
  context.emit(0, key: unsafe key.span.bytes, value: unsafe bytes.span.bytes)
}
