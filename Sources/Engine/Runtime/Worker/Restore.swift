// Filling a task's stores from their changelogs, all at once: what one costs is mostly waits for the broker.
// Rows that are only behind first have their own place in the epoch log looked at.
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

  private let changelogs: [TopicPartition]
  /// Where to begin in each changelog; nil: at its beginning.
  private let positions: [Offset]?
  /// The stores whose changelogs are still to be read.
  private var unread: [Int] = []
  private var isReading = false
  private var place: (epochs: TopicPartition, record: LogPlace)?
  private var isLooking = false
  /// Up to where each changelog was read, once it has been.
  private(set) var ends: [Offset]
  /// What the stores will hold everything up to; nil: nothing.
  let target: LoggedEpoch?
  /// Why the rows could not be carried on, when there were any.
  let reason: String?
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
    self.changelogs = changelogs
    self.positions = positions
    ends = changelogs.map { _ in .zero }
    self.place = place
    self.reason = reason
    self.target = target
    began = now
  }

  /// The partitions being read.
  var partitions: [TopicPartition] {
    if isLooking, let place { return [place.epochs] }
    return unread.map { changelogs[$0] }
  }

  /// Applies what can be read now.
  mutating func advance(
    _ stores: [any TaskStore], _ port: any ClientPort, limit: Int
  ) throws(ClientFailure) -> Progress {
    if let place { return try look(at: place.record, in: place.epochs, port) }
    if !isReading { try begin(port) }
    for store in unread {
      let partition = changelogs[store]
      batch.removeAll()
      let end = try port.read(partition, into: &batch, limit: limit)
      if target == nil, !batch.isEmpty { return .unexpected(partition) }
      batch.forEach(in: 0..<batch.count, of: 0) { record in
        if let key = record.key { stores[store].restore(key: key, value: record.value) }
      }
      records += Int64(batch.count)
      offsetsLeft = max(0, (offsetsLeft ?? 0) - Int64(batch.count))
      guard let end else { continue }
      ends[store] = end
      port.stopReading(partition)
      unread.removeAll { $0 == store }
    }
    return unread.isEmpty ? .filled : .more
  }

  /// Begins to read the changelogs that hold anything behind where to begin.
  private mutating func begin(_ port: any ClientPort) throws(ClientFailure) {
    let bounds = try port.bounds(of: changelogs)
    ends = bounds.indices.map { max(bounds[$0].lowerBound, positions?[$0] ?? .zero) }
    unread = bounds.indices.filter { ends[$0] < bounds[$0].upperBound }
    offsetsLeft = unread.reduce(0) { $0 + (bounds[$1].upperBound - ends[$1]) }
    for store in unread { try port.startReading(changelogs[store], at: ends[store]) }
    isReading = true
  }

  private mutating func look(
    at place: LogPlace, in epochs: TopicPartition, _ port: any ClientPort
  ) throws(ClientFailure) -> Progress {
    if !isLooking {
      guard try port.bounds(of: epochs).contains(place.offset) else { return .otherLog }
      try port.startReading(epochs, at: place.offset)
      isLooking = true
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
    isLooking = false
    self.place = nil
    return isThere ? .more : .otherLog
  }
}
