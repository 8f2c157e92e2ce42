// What a start would do with a task's stores, told without starting: the same decision as a worker's
// (`StartUp`), from the same facts, and nothing is changed by asking.
public import Basics
internal import POSIX
internal import Store

/// What a start with this build would do with one task.
public struct TaskForecast: Sendable {
  public enum Action: String, Hashable, Sendable {
    /// The task has committed nothing, or the store is new in this build: it begins empty.
    case begin
    /// The rows on disk are carried on.
    case reuse
    /// They are carried on, and values of older schema versions are read by the store's migration.
    case migrate
    /// The rows are made anew from the changelogs.
    case restore
    /// It must not start: state would be lost or misread.
    case refuse
  }

  public struct Store: Hashable, Sendable {
    public var name: String
    public var action: Action
    public var why: String
  }

  public var task: TaskID
  /// The last epoch committed.
  public var last: Epoch?
  /// Whether that epoch was folded by other code than this build's.
  public var isOtherCode = false
  public var stores: [Store] = []
  /// What keeps the task from going on although it may start.
  public var warnings: [String] = []

  public var isRefused: Bool { stores.contains { $0.action == .refuse } }
}

extension TaskForecast {
  /// - Parameter disk: the instance's state; nil when there is none yet.
  public init(
    _ partition: PartitionID, of definition: ProcessorDefinition, _ port: any ClientPort,
    disk: StateWriter?, tombstoneRetention: Duration, now: Timestamp
  ) throws(Diagnostic) {
    task = TaskID(processor: definition.name, partition: partition)
    let stores = definition.makeBody(partition).stores.compactMap { $0 as? any StateStore }
    let changelogs = definition.allChangelogTopics.map { TopicPartition(topic: $0, partition: partition) }
    do throws(ClientFailure) {
      let epochs = TopicPartition(topic: definition.epochsTopic, partition: partition)
      let logged = try lastEpoch(of: epochs, port)
      last = logged?.record.epoch
      isOtherCode = logged.map { $0.record.codeHash != definition.codeHash } ?? false
      let metadata = try disk?.forecastMetadata(of: task)
      let decision = Result { () throws(Diagnostic) in
        try StartUp.decide(
          metadata,
          StartUpFacts(
            clusterID: try clusterID(port), log: logged?.end, stores: stores.map { ($0.name, $0.schema) },
            tombstoneRetention: tombstoneRetention, now: now))
      }
      for (index, store) in stores.enumerated() {
        let position = metadata?.stores.first { $0.name == store.name }
        var judged = judge(store, position, decision, hasLog: logged != nil)
        if isOtherCode, metadata != nil, position == nil {
          // The rows were written by a build that knew of no such store.
          judged = Store(name: store.name, action: .begin, why: "the store is new in this build")
        } else if logged != nil, let fault = try loss(changelogs[index], position, judged.action, port) {
          judged = Store(name: store.name, action: .refuse, why: fault)
        }
        self.stores.append(judged)
      }
      for input in logged?.record.inputs ?? [] {
        let earliest = try port.bounds(of: input.partition).lowerBound
        guard earliest > input.next else { continue }
        warnings.append(
          "\(input.partition): records from \(input.next) up to \(earliest) were deleted unread; the task"
            + " waits until ratchet tasks skip \(task)")
      }
    } catch {
      throw Diagnostic("what a start would do cannot be told", at: .named("\(task)"), why: error.reason)
    }
  }

  private func judge(
    _ store: any StateStore, _ position: TaskMetadata.StorePosition?, _ decision: Result<StartUp, Diagnostic>,
    hasLog: Bool
  ) -> Store {
    func judged(_ action: Action, _ why: String) -> Store {
      Store(name: store.name, action: action, why: why)
    }
    switch decision {
    case .failure(let diagnostic): return judged(.refuse, diagnostic.description)
    case .success(.absent): return judged(.restore, "there are no rows on this disk that can be read")
    case .success(.restoreFully(let reason)):
      return judged(hasLog ? .restore : .begin, reason.rawValue)
    case .success(.ready) where !hasLog: return judged(.begin, "no epoch is recorded")
    case .success(.ready), .success(.applyTail):
      if let position, position.oldestSchema < store.schema.current {
        return judged(
          .migrate, "values in schema version \(position.oldestSchema) are read as \(store.schema.current)")
      }
      guard case .success(.applyTail) = decision else {
        return judged(.reuse, "the rows are as the last epoch left them")
      }
      return judged(
        .reuse, "the rows are older: the changelog is read from offset \(position?.next ?? .zero)")
    }
  }
}

/// Why going on would lose state: what the rows or the log speak of is not in the changelog. nil: it would
/// not.
private func loss(
  _ changelog: TopicPartition, _ position: TaskMetadata.StorePosition?, _ action: TaskForecast.Action,
  _ port: any ClientPort
) throws(ClientFailure) -> String? {
  let count: Int32
  do throws(ClientFailure) { count = try port.partitionCount(of: changelog.topic) } catch {
    guard case .refused = error else { throw error }
    return "its changelog \(changelog.topic) is not there, and the task has committed epochs; rows that would"
      + " show that the store is new in this build are not on this disk"
  }
  guard changelog.partition.rawValue < count else {
    return "its changelog \(changelog.topic) has only \(count) partitions"
  }
  let end = try port.bounds(of: changelog).upperBound
  if let position, end < position.next {
    return "its changelog ends at offset \(end), and the rows were written behind \(position.next):"
      + " it is another topic by now"
  }
  return nil
}

private func clusterID(_ port: any ClientPort) throws(Diagnostic) -> String {
  do throws(ClientFailure) { return try port.clusterID() } catch {
    throw Diagnostic("the brokers do not tell their cluster", why: error.reason)
  }
}

/// The last record of an epochs partition, found as a worker finds it that knows no committed offset.
private func lastEpoch(
  of partition: TopicPartition, _ port: any ClientPort
) throws(ClientFailure) -> LoggedEpoch? {
  var takeOver = TakeOver()
  var action = takeOver.committed(nil)
  defer { port.stopReading(partition) }
  while true {
    switch action {
    case .askBounds: action = takeOver.bounds(try port.bounds(of: partition))
    case .startReading(let offset):
      try port.startReading(partition, at: offset)
      action = .readOn
    case .readOn:
      var batch = RecordBatch()
      let end = try port.read(partition, into: &batch, limit: 1000)
      if batch.isEmpty, end == nil { port.wait(.milliseconds(50)) }
      var records: [(offset: Offset, value: [UInt8])] = []
      batch.forEach(in: 0..<batch.count, of: 0) { record in
        let value: [UInt8] = if let value = record.value { value.copied } else { [] }
        records.append((record.offset, value))
      }
      action = takeOver.fetched(records, isAtEnd: end != nil)
    case .failed(let reason): throw .refused(reason)
    case .finished(let last): return last
    }
  }
}

extension StateWriter {
  fileprivate func forecastMetadata(of task: TaskID) throws(ClientFailure) -> TaskMetadata? {
    do throws(StoreError) { return try metadata(of: task) } catch {
      // A start takes damaged metadata for none.
      if case .restore = error { return nil }
      throw .refused(error.diagnostic.description)
    }
  }

  /// An instance's state as it lies on disk; nil where there is none. The folder must be held.
  public static func existing(in folder: DataFolder) throws(Diagnostic) -> StateWriter? {
    let path = "\(folder.path)/state"
    guard isFolder(path) else { return nil }
    do throws(StoreError) { return try StateWriter(Database(at: path)) } catch {
      // A start moves a damaged one aside and begins with an empty one.
      if case .restore = error { return nil }
      throw error.diagnostic
    }
  }
}
