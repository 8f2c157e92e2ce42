// A task's rows on disk: opened when it begins, brought up to the log's end, written behind its commits.
internal import Basics
internal import Store

extension OwnedTask {
  /// Opens the stores' rows and decides what they lack of the log's end; nil: they lack nothing.
  func openState(
    _ last: LoggedEpoch?, _ port: any ClientPort, _ settings: EngineSettings, at now: Moment
  ) throws(ClientFailure) -> Restore? {
    if let refusal = refusalOfChangelogs(definition.allChangelogTopics, fold.stores) {
      throw .refused(refusal.description)
    }
    guard !changelogs.isEmpty else { return nil }
    let everything = Restore(changelogs, to: last, at: now.uptime)
    // Without an epoch there must be no change either, which only reading shows: what was aborted takes up
    // offsets too.
    guard let disk else {
      if last == nil, isEmpty(try port.bounds(of: changelogs)) { return nil }
      return everything
    }
    clusterID = try port.clusterID()
    let state = try storing { () throws(StoreError) in try TaskState(id, fold.stores, disk) }
    self.state = state
    switch try decide(state, last, settings, now.wallClock) {
    case .ready:
      let bounds = try port.bounds(of: changelogs)
      try refuseOtherChangelogs(state.positions, bounds)
      changelogNext = bounds.map(\.upperBound)
      return last == nil && !isEmpty(bounds) ? everything : nil
    case .applyTail(let positions, let place):
      try refuseOtherChangelogs(positions, try port.bounds(of: changelogs))
      return Restore(changelogs, from: positions, behind: (epochs, place), to: last, at: now.uptime)
    case .restoreFully(let reason): return try restoreFully(because: reason.rawValue, to: last, now)
    case .absent: return try restoreFully(because: nil, to: last, now)
    }
  }

  /// What the rows hold beyond a changelog's end is nowhere else: the next task that is restored would miss
  /// it.
  private func refuseOtherChangelogs(
    _ positions: [Offset], _ bounds: [Range<Offset>]
  ) throws(ClientFailure) {
    for (index, position) in positions.enumerated() where index < bounds.count {
      guard position > bounds[index].upperBound else { continue }
      throw .refused(
        "the changelog \(changelogs[index]) ends at offset \(bounds[index].upperBound), and the rows on disk "
          + "were written behind \(position): it is another topic by now; bring the old one back, or rebuild")
    }
  }

  /// From nothing; the rows go.
  func restoreFully(
    because reason: String?, to last: LoggedEpoch?, _ now: Moment
  ) throws(ClientFailure) -> Restore {
    if let state { try storing { () throws(StoreError) in try state.clear() } }
    changelogNext = changelogs.map { _ in .zero }
    return Restore(changelogs, because: reason, to: last, at: now.uptime)
  }

  private func isEmpty(_ bounds: [Range<Offset>]) -> Bool { bounds.allSatisfy(\.isEmpty) }

  private func decide(
    _ state: TaskState, _ last: LoggedEpoch?, _ settings: EngineSettings, _ wallClock: Timestamp
  ) throws(ClientFailure) -> StartUp {
    do throws(Diagnostic) {
      return try state.decide(
        clusterID: clusterID, log: last?.end, tombstoneRetention: settings.tombstoneRetention,
        now: wallClock)
    } catch { throw .refused(error.description) }
  }

  /// What the changelogs held must be what this code can read; to read them again would not help.
  func checkRestored() throws(ClientFailure) {
    do throws(Diagnostic) {
      for store in fold.stores.compactMap({ $0 as? any StateStore }) {
        if let versions = store.restoredSchemas { try StartUp.refuse(versions, of: store.name, store.schema) }
        guard let failure = store.failure, case .restore(let reason) = failure else { continue }
        throw Diagnostic(
          "the changelog of the store \"\(store.name)\" cannot be read", at: .named(id.description),
          why: reason, next: "check that nothing else writes to it, or rebuild the task from its inputs")
      }
    } catch { throw .refused(error.description) }
  }

  /// The stores have been filled up to `last`.
  func keepRestored(_ last: LoggedEpoch, at wallClock: Timestamp) throws(ClientFailure) {
    guard let state else { return }
    try storing { () throws(StoreError) in
      try state.restored(last.end, clusterID: clusterID, changelogs: changelogNext, now: wallClock)
    }
  }

  /// The epoch `last` is committed; `delivered` says where its changes lie, nil that nobody knows.
  func keepState(
    of last: LoggedEpoch, _ delivered: DeliveredEpoch?, at wallClock: Timestamp
  ) throws(ClientFailure) {
    guard let state else { return }
    for (store, offset) in (delivered?.changelogs ?? []).enumerated() {
      if let offset { changelogNext[store] = offset.next }
    }
    try storing { () throws(StoreError) in
      try state.committed(last.end, clusterID: clusterID, changelogs: changelogNext, now: wallClock)
    }
  }

  /// What was folded without what the disk could not give must not be published.
  func checkState() throws(ClientFailure) {
    try storing { () throws(StoreError) in try state?.checkStores() }
  }

  /// The disk is as far outside as Kafka is. When it fails, what the task remembers can no longer be told
  /// from what its rows hold, so it goes back to the log and to whatever rows there are; rows that contradict
  /// themselves are given up.
  private func storing<Result>(
    _ call: () throws(StoreError) -> Result
  ) throws(ClientFailure) -> Result {
    do throws(StoreError) { return try call() } catch {
      mustBegin = true
      if case .restore = error { try? state?.condemn() }
      throw .retry(error.diagnostic.description)
    }
  }
}

extension LoggedEpoch {
  /// As the stores' metadata names it.
  var end: LogEnd {
    LogEnd(
      epoch: record.epoch, recordHash: unsafe XXH64.hash(bytes.span.bytes), recordOffset: offset)
  }
}
