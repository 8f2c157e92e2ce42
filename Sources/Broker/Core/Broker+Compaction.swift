// Which logs are compacted, and what of them; how is the store's affair. The work itself runs on the
// maintenance thread, one job at a time, beside checkpoints.
public import Basics
import BrokerProtocol
import Synchronization

/// A checkpoint or a compaction, for a thread of its own; hand it back by `Broker.completed`.
public final class MaintenanceJob: Sendable {
  enum Work: Sendable {
    case checkpoint(CheckpointJob)
    case compaction(CompactionJob)
  }

  let work: Work
  /// What a compaction came to; set on the maintenance thread, taken on the loop's when the job has ended.
  let result = Mutex<CompactionJob.Result?>(nil)

  init(_ work: Work) { self.work = work }

  public func run() throws(StoreError) {
    switch work {
    case .checkpoint(let job): try job.run()
    case .compaction(let job):
      let made = try job.run()
      result.withLock { $0 = made }
    }
  }
}

extension Broker {
  /// What is due, for the maintenance thread.
  public func takeMaintenance(now: Timestamp) -> MaintenanceJob? {
    if let job = store.takeCheckpoint() { return MaintenanceJob(.checkpoint(job)) }
    while let log = compactionsDue.popFirst() {
      guard let rules = compactionRules(of: log, now: now) else { continue }
      if let job = store.compaction(of: log, by: rules) { return MaintenanceJob(.compaction(job)) }
    }
    return nil
  }

  /// The job has run: what it made counts.
  public func completed(_ job: MaintenanceJob, now: Timestamp) {
    switch job.work {
    case .checkpoint(let job): store.completed(job)
    case .compaction(let compaction):
      // A log deleted in the meantime needs nothing any more.
      guard state.partitions[compaction.log] != nil, let made = job.result.withLock({ $0.take() }) else {
        return
      }
      write([], [.replace(compaction.log, made.replacement)], now: now)
      horizons[compaction.log] = made.lastHorizon
      if made.batchesUnread > 0 { noteUnread(made.batchesUnread, in: compaction.log) }
    }
  }

  /// Whether enough of the log is new, and old enough, to be worth it (min.cleanable.dirty.ratio), some of it
  /// has waited too long (max.compaction.lag.ms), or tombstones have had their time (delete.retention.ms).
  func planCompaction(of log: LogID, _ topicSettings: TopicSettings, now: Timestamp) {
    guard topicSettings.compacts, !compactionsDue.contains(log) else { return }
    let segments = compactable(log, topicSettings, now: now)
    let clean = store.cleanedBelow(log)
    let dirty = segments.filter { $0.end > clean && $0.bytes > 0 }
    let total_bytes = segments.reduce(0) { $0 + $1.bytes }
    let dirty_bytes = dirty.reduce(0) { $0 + $1.bytes }
    let isWorthIt =
      dirty_bytes > 0 && Double(dirty_bytes) >= topicSettings.dirtyRatio_min * Double(total_bytes)
    let isOverdue = dirty.first.map { isOld($0, in: log, topicSettings, now: now) } ?? false
    let isRevisited = !segments.isEmpty && tombstonesAreDue(in: log, now: now)
    if isWorthIt || isOverdue || isRevisited { compactionsDue.append(log) }
  }

  /// Whether its first records have waited for a compaction as long as they may. A segment that cannot be
  /// read is left to those who need its records.
  func isOld(_ segment: SegmentInfo, in log: LogID, _ topicSettings: TopicSettings, now: Timestamp) -> Bool {
    guard topicSettings.compacts, topicSettings.compactionLag_max < .milliseconds(Int64.max),
      let first = try? store.firstTimestamp(of: log, segment: segment.base), first >= .zero
    else { return false }
    return first <= now - topicSettings.compactionLag_max
  }

  private func tombstonesAreDue(in log: LogID, now: Timestamp) -> Bool {
    horizons[log].map { $0 <= now } ?? false
  }

  private func compactionRules(of log: LogID, now: Timestamp) -> CompactionRules? {
    guard let partition = state.partitions[log], let name = state.topicOfLog[log],
      let settings = state.topics[name]?.settings, settings.compacts,
      let last = compactable(log, settings, now: now).last
    else { return nil }
    var aborted: [ProducerID: [ClosedRange<Offset>]] = [:]
    for range in partition.aborted { aborted[range.producerID, default: []].append(range.first...range.last) }
    return CompactionRules(
      below: last.end, now: now, deleteRetention: settings.tombstoneRetention, aborted: aborted,
      revisits: tombstonesAreDue(in: log, now: now))
  }

  /// Segments nobody appends to, below the last stable offset, and past the time in which they are safe.
  private func compactable(_ log: LogID, _ topicSettings: TopicSettings, now: Timestamp) -> ArraySlice<
    SegmentInfo
  > {
    guard let partition = state.partitions[log] else { return [] }
    let stable = partition.lastStableOffset(durableEnd: store.readableEnd(of: log))
    return store.segments(of: log).prefix {
      !$0.isActive && $0.end <= stable && $0.maxTimestamp <= now - topicSettings.compactionLag
    }
  }
}
