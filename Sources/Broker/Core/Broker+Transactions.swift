// Transactions: producers get ids and epochs, partitions and groups join, and an end is one frame: a marker
// in every partition, the offsets applied or dropped, the transaction's new state.
import Basics
import BrokerProtocol

extension Broker {
  func initProducerID(_ request: InitProducerIDRequest, _ caller: Caller, now: Timestamp)
    -> InitProducerIDResponse
  {
    guard let id = request.transactionalID else {
      guard caller.principal.maySomewhereWrite else {
        return InitProducerIDResponse(error: .clusterAuthorizationFailed)
      }
      let producer = state.nextProducerID
      write([countersAfter(producer)], now: now)
      return InitProducerIDResponse(error: .none, producerID: producer, producerEpoch: ProducerEpoch(0))
    }
    guard !id.isEmpty else { return InitProducerIDResponse(error: .invalidRequest) }
    guard caller.principal.mayUse(transactionalID: id) else {
      return InitProducerIDResponse(error: .transactionalIDAuthorizationFailed)
    }
    let timeouts = .milliseconds(1)...settings.transactionTimeout_max
    guard timeouts.contains(request.transactionTimeout) else {
      return InitProducerIDResponse(error: .invalidTransactionTimeout)
    }
    guard let known = state.transactions[id] else { return begin(id, request.transactionTimeout, now: now) }
    switch known.initialization(producer: request.producerID, epoch: request.producerEpoch) {
    case .refuse(let error): return InitProducerIDResponse(error: told(error, caller, since: 4))
    case .repeated:
      return InitProducerIDResponse(
        error: .none, producerID: known.producerID, producerEpoch: known.epoch)
    case .bump: return raise(known, request, now: now)
    }
  }

  private func begin(_ id: String, _ timeout: Duration, now: Timestamp) -> InitProducerIDResponse {
    let producer = state.nextProducerID
    let transaction = TransactionState(id: id, producerID: producer, timeout: timeout, now: now)
    write([countersAfter(producer), .transaction(transaction)], now: now)
    return InitProducerIDResponse(error: .none, producerID: producer, producerEpoch: transaction.epoch)
  }

  /// The next epoch, after what was ongoing is aborted by markers that fence the former one.
  private func raise(_ known: TransactionState, _ request: InitProducerIDRequest, now: Timestamp)
    -> InitProducerIDResponse
  {
    var (changes, entries): ([Change], [JournalEntry]) = ([], [])
    if known.phase == .ongoing {
      (changes, entries) = endings(of: known, .abort, markerEpoch: known.fencingEpoch, now: now)
    }
    let freshID = known.needsFreshID ? state.nextProducerID : nil
    if let freshID { changes.append(countersAfter(freshID)) }
    var transaction = known
    transaction.initialize(
      claiming: (request.producerID, request.producerEpoch), timeout: request.transactionTimeout,
      freshID: freshID, now: now)
    write(changes + [.transaction(transaction)], entries, now: now)
    return InitProducerIDResponse(
      error: .none, producerID: transaction.producerID, producerEpoch: transaction.epoch)
  }

  private func countersAfter(_ producer: ProducerID) -> Change {
    .counters(producer: ProducerID(producer.rawValue + 1), log: state.nextLog)
  }

  /// Clients that do not know PRODUCER_FENCED yet are told INVALID_PRODUCER_EPOCH.
  private func told(_ error: ErrorCode, _ caller: Caller, since version: Int16) -> ErrorCode {
    error == .producerFenced && caller.version < version ? .invalidProducerEpoch : error
  }

  private func transaction(
    _ id: String, of producer: ProducerID, _ epoch: ProducerEpoch, _ caller: Caller
  ) throws(Refusal) -> TransactionState {
    guard caller.principal.mayUse(transactionalID: id) else {
      throw Refusal(.transactionalIDAuthorizationFailed)
    }
    guard let transaction = state.transactions[id] else { throw Refusal(.invalidProducerIDMapping) }
    if let refusal = transaction.refusal(of: producer, epoch: epoch) {
      throw Refusal(told(refusal, caller, since: 2))
    }
    return transaction
  }
}

extension Broker {
  func addPartitions(_ request: AddPartitionsToTxnRequest, _ caller: Caller, now: Timestamp)
    -> AddPartitionsToTxnResponse
  {
    let places = request.topics.flatMap { topic in
      topic.partitions.map { TopicPartition(topic: topic.name, partition: $0) }
    }
    let forbidden = Set(places.filter { !caller.principal.mayWrite($0.topic) })
    let missing = Set(places.filter { state.log(of: $0) == nil })
    var refusal: ErrorCode?
    do throws(Refusal) {
      let known = try transaction(
        request.transactionalID, of: request.producerID, request.producerEpoch, caller)
      if missing.isEmpty, forbidden.isEmpty { add(places, [], to: known, now: now) }
    } catch { refusal = error.code }
    // One that is missing keeps all out: Kafka's rule, which clients count on.
    func error(at place: TopicPartition) -> ErrorCode {
      refusal
        ?? (forbidden.contains(place) ? .topicAuthorizationFailed : nil)
        ?? (missing.contains(place) ? .unknownTopicOrPartition : nil)
        ?? (missing.isEmpty && forbidden.isEmpty ? ErrorCode.none : .operationNotAttempted)
    }
    return AddPartitionsToTxnResponse(
      topics: request.topics.map { topic in
        TopicEntry(
          name: topic.name,
          partitions: topic.partitions.map {
            PartitionError(
              partition: $0, error: error(at: TopicPartition(topic: topic.name, partition: $0)))
          })
      })
  }

  func addOffsets(_ request: AddOffsetsToTxnRequest, _ caller: Caller, now: Timestamp)
    -> AddOffsetsToTxnResponse
  {
    do throws(Refusal) {
      let known = try transaction(
        request.transactionalID, of: request.producerID, request.producerEpoch, caller)
      guard caller.principal.mayUse(group: request.groupID) else { throw Refusal(.groupAuthorizationFailed) }
      guard !request.groupID.isEmpty else { throw Refusal(.invalidGroupID) }
      add([], [request.groupID], to: known, now: now)
      return AddOffsetsToTxnResponse(error: .none)
    } catch { return AddOffsetsToTxnResponse(error: error.code) }
  }

  private func add(
    _ partitions: [TopicPartition], _ groups: [String], to known: TransactionState, now: Timestamp
  ) {
    var transaction = known
    if transaction.add(partitions, groups, now: now) { write([.transaction(transaction)], now: now) }
  }

  func endTransaction(_ request: EndTxnRequest, _ caller: Caller, now: Timestamp) -> EndTxnResponse {
    do throws(Refusal) {
      var known = try transaction(
        request.transactionalID, of: request.producerID, request.producerEpoch, caller)
      switch known.ending(commit: request.commit) {
      case .alreadyEnded: break
      case .refuse(let error): throw Refusal(error)
      case .end(let outcome):
        let (changes, entries) = endings(of: known, outcome, markerEpoch: known.epoch, now: now)
        known.end(outcome, now: now)
        write(changes + [.transaction(known)], entries, now: now)
      }
      return EndTxnResponse(error: .none)
    } catch { return EndTxnResponse(error: error.code) }
  }

  func abortTimedOutTransactions(now: Timestamp) {
    let timedOut = state.transactions.values.filter { $0.deadline.map { $0 <= now } ?? false }
    for known in timedOut.sorted(by: { $0.id < $1.id }) {
      let (changes, entries) = endings(of: known, .abort, markerEpoch: known.fencingEpoch, now: now)
      var transaction = known
      transaction.abortAndFence(now: now)
      write(changes + [.transaction(transaction)], entries, now: now)
    }
  }

  /// Markers for every partition and the groups' pending offsets, in a fixed order.
  private func endings(
    of transaction: TransactionState, _ outcome: TransactionOutcome, markerEpoch: ProducerEpoch,
    now: Timestamp
  ) -> ([Change], [JournalEntry]) {
    let changes = transaction.groups.sorted().map { group in
      Change.offsetsEnded(group: group, transaction.producerID, commit: outcome == .commit)
    }
    let markers = transaction.partitions.sorted().compactMap { place in
      state.log(of: place).map { log in
        JournalEntry.append(
          log,
          .marker(
            outcome, at: store.endOffset(of: log), timestamp: now, producerID: transaction.producerID,
            producerEpoch: markerEpoch, coordinatorEpoch: 0))
      }
    }
    return (changes, markers)
  }
}
