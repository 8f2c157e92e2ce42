// From a disk to a broker that goes on, and the jobs that keep the disk: flushes, checkpoints, compactions.
// The jobs run on other threads; here they are given out, and their ends taken note of.
public import Basics

extension Broker {
  /// Reads back what the disk holds, or begins on an empty one.
  public static func open(
    on disk: any Disk, storing storeSettings: LogStoreSettings, settings: BrokerSettings, now: Timestamp
  ) throws(StoreError) -> (broker: Broker, report: RecoveryReport) {
    var state = BrokerState()
    let (store, report) = try LogStore.open(on: disk, settings: storeSettings) { entry throws(StoreError) in
      do throws(MalformedChange) {
        try state.apply(entry)
      } catch {
        throw .damaged(
          file: "journal", position: 0, what: "it holds a change that this version does not know")
      }
    }
    for (log, _) in state.partitions { state.becameDurable(log, to: store.endOffset(of: log)) }
    let broker = Broker(store: store, state: state, settings: settings, now: now)
    for topic in state.topics.values { broker.configureLogs(of: topic) }
    return (broker, report)
  }

  /// Replies that wait for at most this may leave.
  public var durable: JournalPosition { store.durable }

  /// What waits to be written, for the flusher's thread.
  public func takeFlush() -> FlushJob? { store.takeFlush() }

  /// The job has run: what it wrote may be shown to readers.
  public func completed(_ job: FlushJob, now: Timestamp) {
    store.completed(job)
    logsWithFreshMarkers = logsWithFreshMarkers.filter { log in
      state.becameDurable(log, to: store.readableEnd(of: log))
      return state.partitions[log]?.hasUnsureEndings ?? false
    }
    answerPolls(now: now)
    if store.checkpointIsDue { checkpoint() }
  }

  /// Writes the state down, so that the journal before it can go.
  func checkpoint() { store.checkpoint(state.checkpoint.map(\.encoded)) }
}
