// Filling a task's stores from their changelogs, one after the other.
internal import Basics

/// The state of a restore: which changelog is being read, and how much has been.
struct Restore {
  private var remaining: [(store: Int, partition: TopicPartition, start: Offset?)]
  /// Up to where the changelogs done with were read.
  private(set) var ends: [Offset] = []
  /// What the stores will hold everything up to.
  let target: LoggedEpoch
  var isReading = false
  private(set) var records: Int64 = 0
  let began: Duration
  private(set) var batch = RecordBatch()

  /// `positions` are where to begin in each changelog, nil for its beginning.
  init(
    _ changelogs: [TopicPartition], from positions: [Offset?], to target: LoggedEpoch, at now: Duration
  ) {
    remaining = changelogs.indices.reversed().map { ($0, changelogs[$0], positions[$0]) }
    self.target = target
    began = now
  }

  /// The changelog being read.
  var partition: TopicPartition { remaining[remaining.count - 1].partition }

  /// Applies what can be read now. True when the last changelog has been read to its end.
  mutating func advance(
    _ stores: [any TaskStore], _ port: any ClientPort, limit: Int
  ) throws(ClientFailure) -> Bool {
    let (store, partition, start) = remaining[remaining.count - 1]
    if !isReading {
      let first = try port.bounds(of: partition).lowerBound
      try port.startReading(partition, at: max(first, start ?? first))
      isReading = true
    }
    batch.removeAll()
    let end = try port.read(partition, into: &batch, limit: limit)
    batch.forEach(in: 0..<batch.count, of: 0) { record in
      if let key = record.key { stores[store].restore(key: key, value: record.value) }
    }
    records += Int64(batch.count)
    guard let end else { return false }
    ends.append(end)
    port.stopReading(partition)
    isReading = false
    remaining.removeLast()
    return remaining.isEmpty
  }
}
