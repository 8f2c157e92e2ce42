// Filling a task's stores from their changelogs, one after the other; rows that are only behind first have
// their own place in the epoch log looked at.
internal import Basics

/// The state of a restore: which partition is being read, and how much has been.
struct Restore {
  /// What a call of `advance` has come to.
  enum Progress: Equatable {
    case more
    /// The last changelog has been read to its end.
    case filled
    /// The rows' last epoch is not in this log.
    case otherLog
    /// A changelog holds changes although there has been no epoch.
    case unexpected(TopicPartition)
  }

  private var remaining: [(store: Int, partition: TopicPartition, start: Offset?)]
  private var place: (epochs: TopicPartition, record: LogPlace)?
  /// Up to where the changelogs done with were read.
  private(set) var ends: [Offset] = []
  /// What the stores will hold everything up to; nil: nothing.
  let target: LoggedEpoch?
  /// Why the rows could not be carried on, when there were any.
  let reason: String?
  private var isReading = false
  private(set) var records: Int64 = 0
  /// Offsets still to be read, at most as many records; nil until that is known.
  private(set) var offsetsLeft: Int64?
  let began: Duration
  private var batch = RecordBatch()

  /// `positions` are where to begin in each changelog, nil for its beginning; `place` is a record of the
  /// epoch log that must be there first.
  init(
    _ changelogs: [TopicPartition], from positions: [Offset]? = nil,
    behind place: (epochs: TopicPartition, record: LogPlace)? = nil, because reason: String? = nil,
    to target: LoggedEpoch?, at now: Duration
  ) {
    remaining = changelogs.indices.reversed().map { ($0, changelogs[$0], positions?[$0]) }
    self.place = place
    self.reason = reason
    self.target = target
    began = now
  }

  /// The partition being read, if one is.
  var partition: TopicPartition? { isReading ? place?.epochs ?? remaining.last?.partition : nil }

  /// Applies what can be read now.
  mutating func advance(
    _ stores: [any TaskStore], _ port: any ClientPort, limit: Int
  ) throws(ClientFailure) -> Progress {
    if let place { return try look(at: place.record, in: place.epochs, port) }
    if offsetsLeft == nil { offsetsLeft = try allOffsets(port) }
    guard let (store, partition, start) = remaining.last else { return .filled }
    if !isReading {
      let first = try port.bounds(of: partition).lowerBound
      try port.startReading(partition, at: max(first, start ?? first))
      isReading = true
    }
    batch.removeAll()
    let end = try port.read(partition, into: &batch, limit: limit)
    if target == nil, !batch.isEmpty { return .unexpected(partition) }
    batch.forEach(in: 0..<batch.count, of: 0) { record in
      if let key = record.key { stores[store].restore(key: key, value: record.value) }
    }
    records += Int64(batch.count)
    offsetsLeft = max(0, (offsetsLeft ?? 0) - Int64(batch.count))
    guard let end else { return .more }
    ends.append(end)
    port.stopReading(partition)
    isReading = false
    remaining.removeLast()
    return remaining.isEmpty ? .filled : .more
  }

  private mutating func look(
    at place: LogPlace, in epochs: TopicPartition, _ port: any ClientPort
  ) throws(ClientFailure) -> Progress {
    if !isReading {
      guard try port.bounds(of: epochs).contains(place.offset) else { return .otherLog }
      try port.startReading(epochs, at: place.offset)
      isReading = true
    }
    batch.removeAll()
    let end = try port.read(epochs, into: &batch, limit: 1)
    if batch.isEmpty { return end == nil ? .more : .otherLog }
    var isThere = false
    batch.forEach(in: 0..<1, of: 0) { record in
      guard record.offset == place.offset, let value = record.value else { return }
      isThere = XXH64.hash(value) == place.recordHash
    }
    port.stopReading(epochs)
    isReading = false
    self.place = nil
    return isThere ? .more : .otherLog
  }

  private func allOffsets(_ port: any ClientPort) throws(ClientFailure) -> Int64 {
    var sum: Int64 = 0
    for (_, partition, start) in remaining {
      let bounds = try port.bounds(of: partition)
      sum += max(0, bounds.upperBound - max(bounds.lowerBound, start ?? .zero))
    }
    return sum
  }
}
