// The broker's core: a request and the time go in, changes go to the journal, answers come out. It reads no
// clock, opens no file and knows no socket; all durable state changes through `BrokerState.apply`, and every
// answer carries the journal position it may rest on (docs/decisions/0002-broker-journal.md).
public import Basics
public import BrokerProtocol

/// A response on its way out.
public struct Reply: Sendable {
  public var address: ReplyAddress
  public var response: Response
  /// Must be durable before the response leaves; nil may leave at once.
  public var after: JournalPosition?
}

/// Lives on the event loop's thread, like the store beneath it.
public final class Broker {
  let settings: BrokerSettings
  let store: LogStore
  var state: BrokerState
  /// The groups with what does not outlive the process: who waits, whose session ends when.
  var groups: [String: Group] = [:]
  var polls = FetchPolls()
  var random: SeededRandom
  var upkeepDue: Timestamp
  /// Since when each log's active segment has been seen to be it.
  var activeSegments: [LogID: (base: Offset, since: Timestamp)] = [:]
  /// Logs that the last upkeep found worth compacting, in that order.
  var compactionsDue: ArraySlice<LogID> = []
  /// When the last of the tombstones that a log's last compaction kept may go; after a start unknown until
  /// the next one.
  var horizons: [LogID: Timestamp] = [:]
  var unreadTopics = UnreadTopics()
  /// Logs with markers that may not be durable yet.
  var logsWithFreshMarkers: Set<LogID> = []
  private var replies: [Reply] = []

  init(store: LogStore, state: BrokerState, settings: BrokerSettings, now: Timestamp) {
    self.store = store
    self.state = state
    self.settings = settings
    random = SeededRandom(seed: settings.seed)
    upkeepDue = now
    for record in state.groups.values { groups[record.id] = Group(record, now: now) }
  }

  /// Answers now, or later through `takeReplies`.
  public func handle(
    _ request: Request, header: RequestHeader, from connection: ConnectionID, token: ReplyToken,
    as principal: Principal = .anyone, now: Timestamp
  ) {
    let caller = Caller(
      address: ReplyAddress(connection: connection, token: token), version: header.version,
      clientID: header.clientID, principal: principal)
    switch request {
    case .produce(let request): produce(request, caller, now: now)
    case .fetch(let request): fetch(request, caller, now: now)
    case .joinGroup(let request): joinGroup(request, caller, now: now)
    case .syncGroup(let request): syncGroup(request, caller, now: now)
    default: reply(answer(request, caller, now: now), to: caller.address)
    }
  }

  /// What can be answered at once, and waits for nothing but the journal.
  private func answer(_ request: Request, _ caller: Caller, now: Timestamp) -> Response {
    switch request {
    case .metadata(let request): .metadata(metadata(request, caller, now: now))
    case .listOffsets(let request): .listOffsets(listOffsets(request, caller))
    case .offsetForLeaderEpoch(let request): .offsetForLeaderEpoch(offsetForLeaderEpoch(request, caller))
    case .findCoordinator(let request): .findCoordinator(findCoordinator(request, caller))
    case .heartbeat(let request): .heartbeat(heartbeat(request, caller, now: now))
    case .leaveGroup(let request): .leaveGroup(leaveGroup(request, caller, now: now))
    case .offsetCommit(let request): .offsetCommit(offsetCommit(request, caller, now: now))
    case .offsetFetch(let request): .offsetFetch(offsetFetch(request, caller))
    case .listGroups(let request): .listGroups(listGroups(request, caller))
    case .describeGroups(let request): .describeGroups(describeGroups(request, caller))
    case .deleteGroups(let request): .deleteGroups(deleteGroups(request, caller, now: now))
    case .offsetDelete(let request): .offsetDelete(offsetDelete(request, caller, now: now))
    case .initProducerID(let request): .initProducerID(initProducerID(request, caller, now: now))
    case .addPartitionsToTxn(let request): .addPartitionsToTxn(addPartitions(request, caller, now: now))
    case .addOffsetsToTxn(let request): .addOffsetsToTxn(addOffsets(request, caller, now: now))
    case .txnOffsetCommit(let request): .txnOffsetCommit(commitOffsets(request, caller, now: now))
    case .endTxn(let request): .endTxn(endTransaction(request, caller, now: now))
    case .describeProducers(let request): .describeProducers(describeProducers(request, caller))
    case .listTransactions(let request): .listTransactions(listTransactions(request, caller))
    case .describeTransactions(let request): .describeTransactions(describeTransactions(request, caller))
    case .createTopics(let request): .createTopics(createTopics(request, caller, now: now))
    case .createPartitions(let request): .createPartitions(createPartitions(request, caller, now: now))
    case .deleteTopics(let request): .deleteTopics(deleteTopics(request, caller, now: now))
    case .deleteRecords(let request): .deleteRecords(deleteRecords(request, caller, now: now))
    case .describeConfigs(let request): .describeConfigs(describeConfigs(request, caller))
    case .alterConfigs(let request): .alterConfigs(alterConfigs(request, caller, now: now))
    case .incrementalAlterConfigs(let request): .incrementalAlterConfigs(alterSome(request, caller, now: now))
    case .describeCluster(let request): .describeCluster(describeCluster(request))
    case .apiVersions: .apiVersions(APIVersionsResponse())
    // The server asks for it before anything comes here, where anybody has to sign on at all.
    case .saslHandshake: .saslHandshake(SASLHandshakeResponse(error: .illegalSASLState))
    case .saslAuthenticate: .saslAuthenticate(SASLAuthenticateResponse(error: .illegalSASLState))
    case .produce, .fetch, .joinGroup, .syncGroup:
      preconditionFailure("these are answered in their own time")
    }
  }

  /// The answers made since the last call, in order.
  public func takeReplies() -> [Reply] {
    defer { replies = [] }
    return replies
  }

  /// Holds the answer until all that has been written so far is durable.
  func reply(_ response: Response, to address: ReplyAddress) {
    replies.append(Reply(address: address, response: response, after: store.last))
  }

  /// For answers that rest on nothing undurable, or whose client does not care.
  func replyAtOnce(_ response: Response, to address: ReplyAddress) {
    replies.append(Reply(address: address, response: response, after: nil))
  }

  /// The client is gone: nobody waits for its long polls any more.
  public func disconnected(_ connection: ConnectionID, now: Timestamp) {
    polls.remove(connection)
  }
}

/// Who sent a request, and how much it understands.
struct Caller {
  var address: ReplyAddress
  var version: Int16
  var clientID: String?
  var principal: Principal
}

extension Broker {
  /// Applies one decision and appends it to the journal as one frame.
  func write(_ changes: [Change], _ entries: [JournalEntry] = [], now: Timestamp) {
    guard !changes.isEmpty || !entries.isEmpty else { return }
    var changes = changes
    if now.rawValue - state.clock.rawValue >= BrokerState.clockStep.milliseconds {
      changes.insert(.clock(now), at: 0)
    }
    for change in changes { state.apply(change) }
    for entry in entries {
      switch entry {
      case .append(let log, let batch):
        state.append(batch, to: log)
        if batch.header.attributes.isControl { logsWithFreshMarkers.insert(log) }
      case .trim(let log, let below): state.trim(log, below: below)
      case .replace(let log, let replacement): state.clean(log, below: replacement.cleanedBelow)
      case .roll, .create, .remove, .state: break
      }
    }
    _ = store.append(changes.map { .state($0.encoded) } + entries)
  }

  /// What is due, the same at any moment for the same state.
  public var nextDeadline: Timestamp? {
    let sessions = groups.values.lazy.compactMap(\.nextDeadline).min()
    let transactions = state.transactions.values.lazy.compactMap(\.deadline).min()
    return [sessions, transactions, polls.nextDeadline, upkeepDue].compactMap(\.self).min()
  }

  /// Does what time alone brings about.
  public func tick(now: Timestamp) {
    abortTimedOutTransactions(now: now)
    expireSessions(now: now)
    if let due = polls.nextDeadline, due <= now { answerPolls(now: now) }
    if upkeepDue <= now { upkeep(now: now) }
  }
}
