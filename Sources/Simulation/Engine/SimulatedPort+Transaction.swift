// The producer. What was sent may have arrived or not; what was answered may not have been heard; and the end
// of a transaction may be reported as anything.
internal import Basics
internal import BrokerCore
internal import BrokerProtocol
internal import Runtime

extension SimulatedPort {
  func openProducer() throws(ClientFailure) {
    try call { () throws(ClientFailure) in
      // The requests of the one before stay under way.
      lateRequests.removeAll { $0.connection == producing }
      reconnect(&producing)
      producer = SimulatedProducer()
    }
  }

  func initializeTransactions() throws(ClientFailure) {
    try call { () throws(ClientFailure) in
      if world.has(.patience, 1, in: 4) { throw .retry("COORDINATOR_LOAD_IN_PROGRESS") }
      if world.has(.doubt, 1, in: 40) { throw .unknown("a fatal error while initializing") }
      try initialize(claiming: nil)
    }
  }

  private func initialize(
    claiming former: (id: ProducerID, epoch: ProducerEpoch)?
  ) throws(ClientFailure) {
    let request = InitProducerIDRequest(
      transactionalID: instance, transactionTimeout: EngineWorld.transactionTimeout,
      producerID: former?.id ?? .none, producerEpoch: former?.epoch ?? .none)
    guard case .initProducerID(let answer) = try exchange(.initProducerID(request), version: 4) else {
      throw .retry("timed out")
    }
    try check(answer.error)
    producer?.identity = (answer.producerID, answer.producerEpoch)
    producer?.sequences = [:]
  }

  func beginTransaction() throws(ClientFailure) {
    try call { () throws(ClientFailure) in producer?.clear() }
  }

  func produce(_ publications: [Publication]) throws(ClientFailure) {
    try call { () throws(ClientFailure) in
      if world.has(.patience, 1, in: 30) { throw .retry("_QUEUE_FULL") }
      if producer?.isFilled != true { producer?.fill(publications, &world.random) }
      // librdkafka sends in the background, and says nothing of it here.
      if world.random.chance(1, in: 2) { try? deliver(atMost: world.random.int(in: 0..<6)) }
    }
  }

  func flush() throws(ClientFailure) -> [DeliveredEpoch] {
    try call { () throws(ClientFailure) in
      try deliver(atMost: .max)
      guard let producer else { throw .unknown("no producer") }
      var delivered: [DeliveredEpoch] = []
      for (record, changelogs) in producer.epochs {
        guard let offset = producer.offset(of: record) else {
          throw .abort("a record without a delivery report")
        }
        delivered.append(
          DeliveredEpoch(
            record: offset, changelogs: changelogs.map { $0.flatMap { producer.offset(of: $0) } }))
      }
      return delivered
    }
  }

  func sendOffsets(_ offsets: [TopicPartition: Offset]) throws(ClientFailure) {
    guard let right else { throw .abort("the group has no seat for this worker at present") }
    // Between here and the commit no generation protects anybody any more.
    try call(pauseOdds: 30) { () throws(ClientFailure) in
      if world.has(.patience, 1, in: 20) { throw .retry("NOT_COORDINATOR") }
      let (id, epoch) = try identity()
      producer?.mayBeOpen = true
      let joining = AddOffsetsToTxnRequest(
        transactionalID: instance, producerID: id, producerEpoch: epoch, groupID: Self.group)
      guard case .addOffsetsToTxn(let added) = try exchange(.addOffsetsToTxn(joining), version: 3) else {
        throw .retry("timed out")
      }
      try check(added.error)
      var topics: [TopicEntry<CommittedOffset>] = []
      for (partition, offset) in offsets.sorted(by: { $0.key < $1.key }) {
        if topics.last?.name != partition.topic { topics.append(TopicEntry(name: partition.topic)) }
        topics[topics.count - 1].partitions.append(.init(partition: partition.partition, offset: offset))
      }
      let isUnfenced = world.sabotage == .unfencedOffsets
      let request = TxnOffsetCommitRequest(
        transactionalID: instance, groupID: Self.group, producerID: id, producerEpoch: epoch,
        generation: isUnfenced ? -1 : right.generation, memberID: isUnfenced ? "" : right.member,
        groupInstanceID: isUnfenced ? nil : instance, topics: topics)
      guard case .txnOffsetCommit(let answer) = try exchange(.txnOffsetCommit(request), version: 3) else {
        throw .retry("timed out")
      }
      for part in answer.topics.flatMap(\.partitions) { try check(part.error) }
    }
  }

  func commitTransaction() throws(ClientFailure) {
    try call { () throws(ClientFailure) in
      if world.has(.doubt, 1, in: 30) { throw .abort("an abortable error before the commit") }
      let isLost = world.sabotage == .lostCommit && world.isStormy && world.random.chance(1, in: 20)
      try end(commit: !isLost)
      producer?.clear()
    }
  }

  func abortTransaction() throws(ClientFailure) {
    try call { () throws(ClientFailure) in
      let isUncertain = producer?.hasUncertain ?? true
      // A transaction of which the brokers know nothing is aborted without asking them.
      if producer?.mayBeOpen ?? true { try end(commit: false) }
      if isUncertain {
        do throws(ClientFailure) { try initialize(claiming: producer?.identity) } catch {
          throw .unknown(error.reason)
        }
      }
      producer?.clear()
    }
  }

  /// Asks for the transaction's end. What is reported is not always what happened.
  private func end(commit: Bool) throws(ClientFailure) {
    let (id, epoch) = try identity()
    let request = Request.endTxn(
      EndTxnRequest(transactionalID: instance, producerID: id, producerEpoch: epoch, commit: commit))
    if world.has(.doubt) {
      switch world.random.int(in: 0..<16) {
      case 0:
        _ = world.broker.ask(request, version: 2, on: producing, world.now)
        throw .unknown("a fatal error behind what had succeeded")
      case 1: throw .unknown("timed out")
      case 2:
        world.delay(request, version: 2, on: producing, of: process)
        throw .unknown("timed out")
      default: break
      }
    }
    guard case .endTxn(let answer) = world.exchange(request, version: 2, on: producing, of: process) else {
      throw .unknown("timed out")
    }
    guard answer.error != .none else { return }
    // An abort that has nothing to end is none; whatever else is refused is fatal.
    if !commit, answer.error == .invalidTransactionState { return }
    throw .unknown("\(answer.error)")
  }

  private func identity() throws(ClientFailure) -> (ProducerID, ProducerEpoch) {
    guard let identity = producer?.identity else { throw .unknown("a producer without an id") }
    return identity
  }

  private func exchange(_ request: Request, version: Int16) throws(ClientFailure) -> Response {
    guard let response = world.exchange(request, version: version, on: producing, of: process) else {
      throw .retry("timed out")
    }
    return response
  }

  private func check(_ error: ErrorCode) throws(ClientFailure) {
    switch error {
    case .none: return
    case .concurrentTransactions, .coordinatorLoadInProgress, .coordinatorNotAvailable, .notCoordinator:
      throw .retry("\(error)")
    case .illegalGeneration, .unknownMemberID, .rebalanceInProgress: throw .abort("\(error)")
    case .fencedInstanceID: throw .fenced("\(error)")
    case .unknownTopicOrPartition: throw .refused("\(error)")
    default: throw .unknown("\(error)")
    }
  }

  /// Sends batches that are not known to be delivered, at most so many, those of a partition in order.
  private func deliver(atMost limit: Int) throws(ClientFailure) {
    var rest = limit
    for index in producer?.batches.indices ?? 0..<0 where rest > 0 {
      guard let batch = producer?.batches[index], batch.delivered == nil else { continue }
      if let failure = batch.failure { throw .abort(failure) }
      rest -= 1
      try enlist(batch.place)
      guard let bytes = producer?.bytes(of: index) else { return }
      let part = ProduceRequest.Partition(partition: batch.place.partition, records: bytes)
      let request = ProduceRequest(
        transactionalID: instance, topics: [TopicEntry(name: batch.place.topic, partitions: [part])])
      if world.sabotage == .repeatedRecords, world.isStormy, world.random.chance(1, in: 50) {
        // As if it had another number.
        _ = world.broker.ask(.produce(request), version: 9, on: producing, world.now)
        producer?.batches[index].sequence = nil
        return try deliver(atMost: rest)
      }
      guard case .produce(let answer) = try exchange(.produce(request), version: 9) else {
        throw .retry("timed out")
      }
      try take(answer.topics[0].partitions[0], for: index)
    }
  }

  private func take(_ answer: ProduceResponse.Partition, for index: Int) throws(ClientFailure) {
    switch answer.error {
    case .none: producer?.batches[index].delivered = answer.baseOffset
    case .messageTooLarge, .unknownTopicOrPartition, .invalidRecord:
      producer?.batches[index].failure = "\(answer.error)"
      throw .abort("\(answer.error)")
    case .invalidProducerEpoch, .unknownProducerID, .outOfOrderSequenceNumber:
      // Fatal in one version of librdkafka, reason for an abort in another.
      if world.random.chance(1, in: 2) { throw .abort("\(answer.error)") }
      throw .unknown("\(answer.error)")
    default: throw .unknown("\(answer.error)")
    }
  }

  private func enlist(_ place: TopicPartition) throws(ClientFailure) {
    guard producer?.added.contains(place) == false else { return }
    let (id, epoch) = try identity()
    producer?.mayBeOpen = true
    let request = AddPartitionsToTxnRequest(
      transactionalID: instance, producerID: id, producerEpoch: epoch,
      topics: [TopicEntry(name: place.topic, partitions: [place.partition])])
    guard case .addPartitionsToTxn(let answer) = try exchange(.addPartitionsToTxn(request), version: 3) else {
      throw .retry("timed out")
    }
    for part in answer.topics.flatMap(\.partitions) { try check(part.error) }
    producer?.added.insert(place)
  }
}
