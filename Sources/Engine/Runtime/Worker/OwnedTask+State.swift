// A task's rows on disk: opened when it begins, brought up to the log's end, written behind its commits.
internal import Basics
internal import Store

extension OwnedTask {
  /// Opens the stores' rows and decides what they lack of the log's end: from where each changelog must be
  /// read, nil from its beginning. nil: they lack nothing.
  func openState(
    _ last: LoggedEpoch?, _ port: any ClientPort, _ settings: EngineSettings, at wallClock: Timestamp
  ) throws(ClientFailure) -> [Offset?]? {
    let everything: [Offset?]? = last == nil ? nil : changelogs.map { _ in nil }
    guard let disk, !changelogs.isEmpty else { return everything }
    clusterID = try port.clusterID()
    let state = try storing { () throws(StoreError) in
      // What this task's former life has handed over must not land on top of what is restored now.
      try disk.drain()
      return try TaskState(id.description, fold.stores, disk)
    }
    self.state = state
    switch try decide(state, last, settings, wallClock) {
    case .ready:
      changelogNext = []
      for changelog in changelogs { changelogNext.append(try port.bounds(of: changelog).upperBound) }
      return nil
    case .applyTail(let positions): return positions
    case .restoreFully, .absent:
      try storing { () throws(StoreError) in try state.clear() }
      changelogNext = changelogs.map { _ in .zero }
      return everything
    }
  }

  private func decide(
    _ state: TaskState, _ last: LoggedEpoch?, _ settings: EngineSettings, _ wallClock: Timestamp
  ) throws(ClientFailure) -> StartUp {
    do throws(Diagnostic) {
      return try state.decide(
        clusterID: clusterID, log: last?.end, tombstoneRetention: settings.tombstoneRetention,
        now: wallClock)
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

  private func storing<Result>(
    _ call: () throws(StoreError) -> Result
  ) throws(ClientFailure) -> Result {
    do throws(StoreError) { return try call() } catch { throw ClientFailure(error) }
  }
}

extension ClientFailure {
  /// The disk is as far outside as Kafka is: a task whose disk refuses stalls until a person has looked.
  init(_ error: StoreError) { self = .refused(error.diagnostic.description) }
}

extension LoggedEpoch {
  /// As the stores' metadata names it.
  var end: LogEnd { LogEnd(epoch: record.epoch, recordHash: unsafe XXH64.hash(bytes.span.bytes)) }
}
