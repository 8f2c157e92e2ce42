// What a task does with the rows it finds on disk: a pure decision from facts.
//
//     nothing there ........................... absent: restore from the changelogs, or rebuild from the
// inputs
//     unreadable .............................. restore fully
//     another cluster, log, list of stores .... restore fully
//     ahead of the log ........................ restore fully
//     older than the changelog's memory ....... restore fully
//     values no schema can read ............... refuse
//     same epoch as the log ................... ready
//     behind, place in the log not known ...... restore fully
//     behind .................................. apply the changelogs' tails, once the log has shown that the
//                                               rows' own epoch is one of its records
public import Basics

/// The end of a task's epoch log.
public struct LogEnd: Hashable, Sendable {
  public var epoch: Epoch
  /// Of the bytes of the epoch's record.
  public var recordHash: UInt64
  /// Where the record stands, when that is known.
  public var recordOffset: Offset?

  public init(epoch: Epoch, recordHash: UInt64, recordOffset: Offset? = nil) {
    self.epoch = epoch
    self.recordHash = recordHash
    self.recordOffset = recordOffset
  }
}

/// What is known when a task starts.
public struct StartUpFacts: Sendable {
  public var clusterID: String
  /// nil: the task has never committed an epoch.
  public var log: LogEnd?
  /// The stores as the code declares them, in order.
  public var stores: [(name: String, schema: StoreSchema)]
  /// The changelogs' `delete.retention.ms`: how long a tombstone can still be read. nil: no changelog is
  /// compacted.
  public var tombstoneRetention: Duration?
  /// The wall clock.
  public var now: Timestamp

  public init(
    clusterID: String, log: LogEnd?, stores: [(name: String, schema: StoreSchema)],
    tombstoneRetention: Duration?, now: Timestamp
  ) {
    self.clusterID = clusterID
    self.log = log
    self.stores = stores
    self.tombstoneRetention = tombstoneRetention
    self.now = now
  }
}

/// A record of a task's epoch log.
public struct LogPlace: Hashable, Sendable {
  public var offset: Offset
  public var recordHash: UInt64

  public init(offset: Offset, recordHash: UInt64) {
    self.offset = offset
    self.recordHash = recordHash
  }
}

public enum StartUp: Hashable, Sendable {
  /// Why rows cannot be carried on.
  public enum RestoreReason: String, Hashable, Sendable {
    case ahead = "the state on disk is ahead of the epoch log"
    case differentCluster = "the state on disk belongs to another cluster"
    case differentLog = "the state on disk belongs to another epoch log"
    case differentStores = "the state on disk holds other stores"
    case unknownPlace = "it is not known where the state on disk stands in the epoch log"
    case damaged = "the state on disk is damaged"
    case stale = "the state on disk is older than the changelogs remember deletions"
  }

  /// The rows are what the log's last epoch left.
  case ready
  /// The rows are older: each store's changelog from here on brings them up to date, if the epoch log's
  /// record at `place` has this hash. Another record there, or none: `restoreFully(.differentLog)`.
  case applyTail(from: [Offset], place: LogPlace)
  case restoreFully(RestoreReason)
  /// No rows at all.
  case absent

  /// - Parameter metadata: what the database says of the task.
  /// - Throws: when values are in a schema version that this code cannot read.
  public static func decide(_ metadata: TaskMetadata?, _ facts: StartUpFacts) throws(Diagnostic) -> StartUp {
    guard let metadata else { return facts.log == nil ? .ready : .absent }
    guard metadata.clusterID == facts.clusterID else { return .restoreFully(.differentCluster) }
    guard let log = facts.log else { return .restoreFully(.differentLog) }
    guard metadata.epoch <= log.epoch else { return .restoreFully(.ahead) }
    guard metadata.stores.map(\.name) == facts.stores.map(\.name) else {
      return .restoreFully(.differentStores)
    }
    try refuseUnreadable(metadata, facts)
    if metadata.epoch == log.epoch {
      return metadata.recordHash == log.recordHash ? .ready : .restoreFully(.differentLog)
    }
    if let retention = facts.tombstoneRetention, facts.now - metadata.writtenAt > retention / 2 {
      return .restoreFully(.stale)
    }
    guard let offset = metadata.recordOffset else { return .restoreFully(.unknownPlace) }
    return .applyTail(
      from: metadata.stores.map(\.next), place: LogPlace(offset: offset, recordHash: metadata.recordHash))
  }

  /// A changelog holds the same versions as the rows, so restoring would not help.
  private static func refuseUnreadable(_ metadata: TaskMetadata, _ facts: StartUpFacts) throws(Diagnostic) {
    for (stored, declared) in zip(metadata.stores, facts.stores) {
      try refuse(stored.oldestSchema...stored.oldestSchema, of: declared.name, declared.schema)
    }
  }

  /// Refuses values of these schema versions when the code cannot read all of them.
  static func refuse(
    _ versions: ClosedRange<UInt8>, of store: String, _ schema: StoreSchema
  ) throws(Diagnostic) {
    let isNewer = versions.upperBound > schema.current
    guard isNewer || versions.lowerBound < schema.oldestReadable else { return }
    throw Diagnostic(
      "values of the store \"\(store)\" are in schema version "
        + "\(isNewer ? versions.upperBound : versions.lowerBound)",
      at: .named(store), why: "this build reads versions \(schema.oldestReadable) to \(schema.current)",
      next: isNewer
        ? "run the newer build that wrote them"
        : "give the store a migration, or rebuild it from the inputs")
  }
}
