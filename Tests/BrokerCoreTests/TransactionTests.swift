// Transactions through the broker: what readers see, who is fenced, what becomes of offsets.
import Basics
import BrokerProtocol
import Testing

@testable import BrokerCore

/// A transactional producer that does as it is told.
struct TransactionalClient {
  let talk: Conversation
  let id: String
  var producer = ProducerID.none
  var epoch = ProducerEpoch.none
  var sequences: [TopicPartition: Int32] = [:]

  init(_ talk: Conversation, id: String, timeout: Duration = .seconds(10)) throws {
    (self.talk, self.id) = (talk, id)
    let response = try initialize(timeout: timeout)
    #expect(response.error == .none)
    (producer, epoch) = (response.producerID, response.producerEpoch)
  }

  func initialize(
    timeout: Duration = .seconds(10), producer: ProducerID = .none, epoch: ProducerEpoch = .none
  ) throws -> InitProducerIDResponse {
    let request = InitProducerIDRequest(
      transactionalID: id, transactionTimeout: timeout, producerID: producer, producerEpoch: epoch)
    guard case .initProducerID(let response) = try talk.ask(.initProducerID(request), version: 4) else {
      throw Conversation.NoAnswer()
    }
    return response
  }

  @discardableResult
  func add(_ topic: String, partition: Int32 = 0) throws -> ErrorCode {
    let request = AddPartitionsToTxnRequest(
      transactionalID: id, producerID: producer, producerEpoch: epoch,
      topics: [TopicEntry(name: topic, partitions: [PartitionID(partition)])])
    guard case .addPartitionsToTxn(let response) = try talk.ask(.addPartitionsToTxn(request), version: 3)
    else {
      throw Conversation.NoAnswer()
    }
    return response.topics[0].partitions[0].error
  }

  @discardableResult
  mutating func produce(_ values: [String], to topic: String, partition: Int32 = 0) throws -> ErrorCode {
    let place = TopicPartition(topic: topic, partition: PartitionID(partition))
    let batch = RecordBatch.of(
      values, producer: producer, epoch: epoch.rawValue, sequence: sequences[place, default: 0],
      transactional: true)
    let error = try talk.produce(batch, to: topic, partition: partition, transactionalID: id).error
    if error == .none { sequences[place, default: 0] += Int32(values.count) }
    return error
  }

  @discardableResult
  func addOffsets(of group: String) throws -> ErrorCode {
    let request = AddOffsetsToTxnRequest(
      transactionalID: id, producerID: producer, producerEpoch: epoch, groupID: group)
    guard case .addOffsetsToTxn(let response) = try talk.ask(.addOffsetsToTxn(request), version: 3) else {
      throw Conversation.NoAnswer()
    }
    return response.error
  }

  @discardableResult
  func commit(
    _ offset: Int64, of topic: String, in group: String, generation: Int32 = -1, member: String = ""
  )
    throws -> ErrorCode
  {
    let request = TxnOffsetCommitRequest(
      transactionalID: id, groupID: group, producerID: producer, producerEpoch: epoch,
      generation: generation, memberID: member,
      topics: [
        TopicEntry(
          name: topic, partitions: [CommittedOffset(partition: PartitionID(0), offset: Offset(offset))])
      ])
    guard case .txnOffsetCommit(let response) = try talk.ask(.txnOffsetCommit(request), version: 3) else {
      throw Conversation.NoAnswer()
    }
    return response.topics[0].partitions[0].error
  }

  @discardableResult
  func end(commit: Bool) throws -> ErrorCode {
    let request = EndTxnRequest(
      transactionalID: id, producerID: producer, producerEpoch: epoch, commit: commit)
    guard case .endTxn(let response) = try talk.ask(.endTxn(request), version: 3) else {
      throw Conversation.NoAnswer()
    }
    return response.error
  }
}

extension Conversation {
  func position(of group: String, in topic: String, stable: Bool = false) throws
    -> OffsetFetchResponse.Partition
  {
    let request = OffsetFetchRequest(
      groups: [.init(groupID: group, topics: [TopicEntry(name: topic, partitions: [PartitionID(0)])])],
      requireStable: stable)
    guard case .offsetFetch(let response) = try ask(.offsetFetch(request), version: 8) else {
      throw NoAnswer()
    }
    return response.groups[0].topics[0].partitions[0]
  }
}

@Suite struct TransactionTests {
  private func talk(partitions: Int32 = 1) throws -> Conversation {
    let talk = try Conversation()
    try talk.create("t", partitions: partitions)
    return talk
  }

  @Test("committed records appear together, aborted ones never, to readers of committed records")
  func visibility() throws {
    let talk = try talk(partitions: 2)
    var client = try TransactionalClient(talk, id: "x")
    for partition: Int32 in 0..<2 { try client.add("t", partition: partition) }
    try client.produce(["a"], to: "t", partition: 0)
    try client.produce(["b"], to: "t", partition: 1)
    try talk.flush()
    #expect(try talk.values(in: "t", .readCommitted) == [])
    #expect(try talk.values(in: "t", .readUncommitted) == ["a"])
    #expect(try client.end(commit: true) == .none)
    #expect(try talk.values(in: "t", .readCommitted) == [])  // the marker is not durable yet
    try talk.flush()
    #expect(try talk.values(in: "t", .readCommitted) == ["a"])
    #expect(try talk.values(in: "t", partition: 1, .readCommitted) == ["b"])

    try client.add("t")
    try client.produce(["c"], to: "t")
    #expect(try client.end(commit: false) == .none)
    try talk.flush()
    #expect(try talk.values(in: "t", .readCommitted) == ["a"])
    let part = try talk.fetch("t", from: 0, .readCommitted)
    #expect(part.abortedTransactions == [.init(producerID: client.producer, firstOffset: Offset(2))])
    #expect(part.lastStableOffset == Offset(4))
  }

  @Test("an open transaction holds the last stable offset for everybody")
  func lastStableOffset() throws {
    let talk = try talk()
    var client = try TransactionalClient(talk, id: "x")
    try client.add("t")
    try client.produce(["a"], to: "t")
    _ = try talk.produce(.of(["plain"]), to: "t")
    try talk.flush()
    #expect(try talk.fetch("t", from: 0, .readCommitted).lastStableOffset == .zero)
    #expect(try talk.values(in: "t", .readCommitted) == [])
    try client.end(commit: true)
    try talk.flush()
    #expect(try talk.values(in: "t", .readCommitted) == ["a", "plain"])
  }

  @Test("a second instance fences the first: its transaction is aborted, whatever it sends is refused")
  func fencing() throws {
    let talk = try talk()
    var zombie = try TransactionalClient(talk, id: "x")
    try zombie.add("t")
    try zombie.produce(["old"], to: "t")
    var heir = try TransactionalClient(talk, id: "x")
    #expect(heir.producer == zombie.producer && heir.epoch > zombie.epoch)
    #expect(try zombie.produce(["older"], to: "t") == .invalidProducerEpoch)
    #expect(try zombie.add("t") == .producerFenced)
    #expect(try zombie.end(commit: true) == .producerFenced)
    #expect(try zombie.addOffsets(of: "g") == .producerFenced)
    #expect(try zombie.commit(1, of: "t", in: "g") == .invalidProducerEpoch)
    #expect(try zombie.initialize(producer: zombie.producer, epoch: zombie.epoch).error == .producerFenced)
    try heir.add("t")
    #expect(try heir.produce(["new"], to: "t") == .none)
    try heir.end(commit: true)
    try talk.flush()
    #expect(try talk.values(in: "t", .readCommitted) == ["new"])
  }

  @Test("a transaction that takes too long is aborted, and its producer fenced")
  func timeout() throws {
    let talk = try talk()
    var client = try TransactionalClient(talk, id: "x", timeout: .seconds(10))
    try client.add("t")
    try client.produce(["late"], to: "t")
    talk.pass(.milliseconds(9999))
    try talk.flush()
    #expect(try talk.fetch("t", from: 0, .readCommitted).lastStableOffset == .zero)
    talk.pass(.milliseconds(1))
    try talk.flush()
    #expect(try talk.fetch("t", from: 0, .readCommitted).lastStableOffset == Offset(2))
    #expect(try client.end(commit: true) == .producerFenced)
    #expect(try client.produce(["later"], to: "t") == .invalidProducerEpoch)
    #expect(try talk.values(in: "t", .readCommitted) == [])
  }

  @Test("offsets sent in a transaction count when it commits and vanish when it aborts")
  func offsets() throws {
    let talk = try talk()
    let client = try TransactionalClient(talk, id: "x")
    #expect(try client.commit(5, of: "t", in: "g") == .invalidTransactionState)
    try client.addOffsets(of: "g")
    #expect(try client.commit(5, of: "t", in: "g") == .none)
    #expect(try talk.position(of: "g", in: "t").offset == .none)
    #expect(try talk.position(of: "g", in: "t", stable: true).error == .unstableOffsetCommit)
    try client.end(commit: true)
    #expect(try talk.position(of: "g", in: "t", stable: true).offset == Offset(5))
    try client.addOffsets(of: "g")
    try client.commit(9, of: "t", in: "g")
    try client.end(commit: false)
    #expect(try talk.position(of: "g", in: "t", stable: true).offset == Offset(5))
  }

  @Test("offsets of a stale generation are refused, also in a transaction")
  func staleGeneration() throws {
    let talk = try talk()
    let client = try TransactionalClient(talk, id: "x")
    try client.addOffsets(of: "g")
    #expect(try client.commit(1, of: "t", in: "g", generation: 3, member: "m") == .illegalGeneration)
    let join = JoinGroupRequest(
      groupID: "g", sessionTimeout: .seconds(10), protocolType: "consumer", protocols: [.init(name: "range")])
    guard case .joinGroup(let joined) = try talk.ask(.joinGroup(join), version: 3) else { return }
    #expect(
      try client.commit(1, of: "t", in: "g", generation: 0, member: joined.memberID) == .illegalGeneration)
    #expect(try client.commit(1, of: "t", in: "g", generation: 1, member: "m") == .unknownMemberID)
    #expect(try client.commit(1, of: "t", in: "g", generation: 1, member: joined.memberID) == .none)
  }

  @Test("records outside of the transaction are refused: nobody would ever end them")
  func outside() throws {
    let talk = try talk()
    var client = try TransactionalClient(talk, id: "x")
    #expect(try client.produce(["a"], to: "t") == .invalidTransactionState)
    let plain = RecordBatch.of(["a"], producer: client.producer, epoch: client.epoch.rawValue, sequence: 0)
    #expect(try talk.produce(plain, to: "t").error == .invalidTransactionState)
    let stranger = RecordBatch.of(
      ["a"], producer: ProducerID(999), epoch: 0, sequence: 0, transactional: true)
    #expect(try talk.produce(stranger, to: "t", transactionalID: "x").error == .invalidProducerEpoch)
    let nameless = RecordBatch.of(["a"], transactional: true)
    #expect(try talk.produce(nameless, to: "t").error == .invalidRecord)
  }

  @Test("ending: repeated is fine, contradicted or empty is not, unknown ids are told so")
  func endErrors() throws {
    let talk = try talk()
    let client = try TransactionalClient(talk, id: "x")
    #expect(try client.end(commit: true) == .invalidTransactionState)
    try client.add("t")
    #expect(try client.end(commit: true) == .none)
    #expect(try client.end(commit: true) == .none)
    #expect(try client.end(commit: false) == .invalidTransactionState)
    var stranger = client
    stranger.producer = ProducerID(77)
    #expect(try stranger.end(commit: true) == .invalidProducerIDMapping)
    #expect(try client.add("nowhere") == .unknownTopicOrPartition)
  }

  @Test("initializing needs a sound id and a sound timeout")
  func initErrors() throws {
    let talk = try talk()
    func error(_ id: String?, _ timeout: Duration) throws -> ErrorCode {
      let request = InitProducerIDRequest(transactionalID: id, transactionTimeout: timeout)
      guard case .initProducerID(let response) = try talk.ask(.initProducerID(request), version: 4) else {
        throw Conversation.NoAnswer()
      }
      return response.error
    }
    #expect(try error("", .seconds(1)) == .invalidRequest)
    #expect(try error("x", .zero) == .invalidTransactionTimeout)
    #expect(try error("x", .seconds(901)) == .invalidTransactionTimeout)
    #expect(try error(nil, .zero) == .none)
  }

  @Test("an old client is told of its fencing by the old number")
  func oldClients() throws {
    let talk = try talk()
    let zombie = try TransactionalClient(talk, id: "x")
    _ = try TransactionalClient(talk, id: "x")
    let request = EndTxnRequest(
      transactionalID: "x", producerID: zombie.producer, producerEpoch: zombie.epoch, commit: true)
    guard case .endTxn(let response) = try talk.ask(.endTxn(request), version: 1) else { return }
    #expect(response.error == .invalidProducerEpoch)
  }
}
