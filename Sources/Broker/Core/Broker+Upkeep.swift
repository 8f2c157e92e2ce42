// What nobody asks for: records grow old, logs too large, producers and groups silent. Judged once an
// interval, in a fixed order, and written to the journal like everything else.
import Basics
import BrokerProtocol

extension Broker {
  func upkeep(now: Timestamp) {
    upkeepDue = now + settings.upkeepInterval
    for name in state.topics.keys.sorted() {
      guard let topic = state.topics[name] else { continue }
      for log in topic.logs {
        removeOldRecords(of: log, topic.settings, now: now)
        rollIfOld(log, topic.settings, now: now)
        planCompaction(of: log, topic.settings, now: now)
        forgetIdleProducers(of: log, now: now)
      }
    }
    forgetTransactionalIDs(now: now)
    for group in Set(state.groups.keys).union(state.offsets.keys).sorted() {
      expireOffsets(of: group, now: now)
    }
  }

  /// Whole segments go, the oldest first; none that a reader of committed records still waits for.
  private func removeOldRecords(of log: LogID, _ topicSettings: TopicSettings, now: Timestamp) {
    guard topicSettings.deletes, let partition = state.partitions[log] else { return }
    let stable = partition.lastStableOffset(durableEnd: store.readableEnd(of: log))
    let segments = store.segments(of: log)
    var surplus_bytes = topicSettings.retention_bytes.map { limit in
      Int64(segments.reduce(0) { $0 + $1.bytes }) - limit
    }
    var start = Offset.zero
    for segment in segments where segment.end <= stable {
      let isOld = topicSettings.retention.map {
        segment.maxTimestamp != .none && segment.maxTimestamp < now - $0
      }
      let isSurplus = surplus_bytes.map { !segment.isActive && $0 >= Int64(segment.bytes) }
      guard isOld ?? false || isSurplus ?? false else { break }
      surplus_bytes = surplus_bytes.map { $0 - Int64(segment.bytes) }
      start = segment.end
    }
    if start > store.startOffset(of: log) { write([], [.trim(log, below: start)], now: now) }
  }

  /// A segment that is still appended to is neither deleted by size nor compacted, so it must not stay so for
  /// ever.
  private func rollIfOld(_ log: LogID, _ topicSettings: TopicSettings, now: Timestamp) {
    guard let active = store.segments(of: log).last, active.isActive, active.bytes > 0 else { return }
    let seen = activeSegments[log].flatMap { $0.base == active.base ? $0.since : nil } ?? now
    guard seen + topicSettings.segmentAge <= now || isOld(active, in: log, topicSettings, now: now) else {
      activeSegments[log] = (active.base, seen)
      return
    }
    activeSegments[log] = nil
    write([], [.roll(log)], now: now)
  }

  private func forgetIdleProducers(of log: LogID, now: Timestamp) {
    let idle = state.partitions[log]?.idleProducers(since: now - settings.producerIDRetention) ?? []
    // A transactional producer's epoch must outlive it here, or a zombie could come back as a stranger.
    let strangers = idle.filter { state.transactionalIDs[$0] == nil }
    if !strangers.isEmpty { write([.producersRemoved(log, strangers)], now: now) }
  }

  private func forgetTransactionalIDs(now: Timestamp) {
    let limit = now - settings.transactionalIDRetention
    let unused = state.transactions.values.filter { $0.phase != .ongoing && $0.lastActive <= limit }.map(\.id)
    let changes = unused.sorted().map(Change.transactionRemoved)
    write(changes, now: now)
  }

  /// Positions live as long as their group has members, and for a time after (KIP-211).
  private func expireOffsets(of id: String, now: Timestamp) {
    let record = state.groups[id]
    guard record?.members.isEmpty ?? true, groups[id]?.isEmpty ?? true else { return }
    let limit = now - settings.offsetsRetention
    let offsets = state.offsets[id] ?? GroupOffsets()
    let emptySince = record?.emptySince ?? .none
    let expired = offsets.committed.filter { max($0.value.committedAt, emptySince) <= limit }.keys.sorted()
    let allGone = expired.count == offsets.committed.count && offsets.pending.isEmpty && emptySince <= limit
    if allGone {
      write([.groupRemoved(id)], now: now)
      groups[id] = nil
    } else if !expired.isEmpty {
      write([.offsetsRemoved(group: id, expired)], now: now)
    }
  }
}
