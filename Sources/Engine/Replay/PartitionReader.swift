// One partition read forward, as a replay needs it: exactly up to an offset, waiting for what is under way.
// It reads through the same port as the live engine does, so it sees committed records and nothing else.
internal import Basics
internal import Runtime

/// Reads from `first` on; what was fetched beyond the offset asked for is kept for the next call.
final class PartitionReader {
  let partition: TopicPartition
  private let port: any ClientPort
  private var staged = RecordBatch()
  /// The first record of `staged` that was not given out.
  private var index = 0
  /// The partition's end, when all before it has been fetched.
  private var end: Offset?

  private static let recordsPerRead = 20_000
  /// How long a broker may stay silent: longer than a coordinator or a leader takes to move.
  private static let patience = Duration.seconds(60)

  /// - Parameter first: an offset that is still there, or the partition's end.
  init(_ partition: TopicPartition, at first: Offset, _ port: any ClientPort) throws(Diagnostic) {
    self.partition = partition
    self.port = port
    do throws(ClientFailure) { try port.startReading(partition, at: first) } catch {
      throw Self.diagnostic(error, partition)
    }
  }

  func stop() { port.stopReading(partition) }

  /// The records before `next` that were not given out yet. Returns as soon as the one at `next - 1` is among
  /// them, or when it is known that none is there.
  func take(before next: Offset) throws(Diagnostic) -> RecordBatch {
    var batch = RecordBatch()
    while true {
      let limit = staged.firstIndex(notBefore: next, from: index)
      batch.append(index..<limit, of: staged)
      index = limit
      if index < staged.count || batch.next == next { return batch }
      if let end, end >= next { return batch }
      try fetch(before: next)
    }
  }

  /// What has been fetched next, up to `last`; nil when `last` has been reached.
  func read(upTo last: Offset) throws(Diagnostic) -> RecordBatch? {
    while true {
      let limit = staged.firstIndex(notBefore: last, from: index)
      var batch = RecordBatch()
      batch.append(index..<limit, of: staged)
      index = limit
      if !batch.isEmpty { return batch }
      if index < staged.count { return nil }
      if let end, end >= last { return nil }
      try fetch(before: last)
    }
  }

  /// Fetches more, once everything staged has been given out: a record at least, or the knowledge that none
  /// stands before `last`.
  private func fetch(before last: Offset) throws(Diagnostic) {
    staged.removeAll()
    index = 0
    let deadline = ContinuousClock.now + Self.patience
    while true {
      var trouble: ClientFailure?
      do throws(ClientFailure) {
        end = try port.read(partition, into: &staged, limit: Self.recordsPerRead)
        if !staged.isEmpty { return }
        if let end, end >= last { return }
      } catch {
        guard case .retry = error else { throw Self.diagnostic(error, partition) }
        trouble = error
      }
      guard ContinuousClock.now < deadline else {
        throw Diagnostic(
          "nothing was read for \(Self.patience)", at: .record(partition, end), why: trouble?.reason,
          next: "is the partition's leader up, and is no transaction of a dead producer left open?")
      }
      port.wait(.milliseconds(20))
    }
  }

  static func diagnostic(_ failure: ClientFailure, _ partition: TopicPartition) -> Diagnostic {
    Diagnostic("the partition cannot be read", at: .record(partition, nil), why: failure.reason)
  }
}

extension RecordBatch {
  /// The index of the first record, from `index` on, that stands at `offset` or behind it.
  fileprivate func firstIndex(notBefore offset: Offset, from index: Int) -> Int {
    var (low, high) = (index, count)
    while low < high {
      let middle = low + (high - low) / 2
      if self.offset(at: middle) < offset { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
