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
  /// What a compaction made; set on the maintenance thread, taken on the loop's when the job has ended.
  let replacement = Mutex<SegmentReplacement?>(nil)

  init(_ work: Work) { self.work = work }

  public func run() throws(StoreError) {
    switch work {
    case .checkpoint(let job): try job.run()
    case .compaction(let job):
      let made = try job.run()
      replacement.withLock { $0 = made }
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
      guard state.partitions[compaction.log] != nil, let made = job.replacement.withLock({ $0.take() }) else {
        return
      }
      write([], [.replace(compaction.log, made)], now: now)
    }
  }

  /// Whether enough of the log is new, and old enough, to be worth it (min.cleanable.dirty.ratio).
  func planCompaction(of log: LogID, _ topicSettings: TopicSettings, now: Timestamp) {
    guard topicSettings.compacts, !compactionsDue.contains(log) else { return }
    let segments = compactable(log, topicSettings, now: now)
    let total_bytes = segments.reduce(0) { $0 + $1.bytes }
    let clean = store.cleanedBelow(log)
    let dirty_bytes = segments.filter { $0.end > clean }.reduce(0) { $0 + $1.bytes }
    guard dirty_bytes > 0, Double(dirty_bytes) >= topicSettings.dirtyRatio_min * Double(total_bytes) else {
      return
    }
    compactionsDue.append(log)
  }

  private func compactionRules(of log: LogID, now: Timestamp) -> CompactionRules? {
    guard let partition = state.partitions[log], let name = state.topicOfLog[log],
      let settings = state.topics[name]?.settings, settings.compacts,
      let last = compactable(log, settings, now: now).last
    else { return nil }
    var aborted: [ProducerID: [ClosedRange<Offset>]] = [:]
    for range in partition.aborted { aborted[range.producerID, default: []].append(range.first...range.last) }
    return CompactionRules(
      below: last.end, now: now, deleteRetention: settings.tombstoneRetention, aborted: aborted)
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
