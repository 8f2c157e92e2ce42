// Every request that names a topic, a group or a transactional id, as functions of that name: what each must
// be refused with when the name is somebody else's.
import Basics
import BrokerProtocol

@testable import BrokerCore

/// A request about a topic, a group and a transactional id, of which each may be one's own or not.
struct GuardedRequest: Sendable, CustomStringConvertible {
  struct Names {
    var topic: String
    var group: String
    var transactionalID: String
    /// As the transaction's own producer has it.
    var producer = ProducerID.none
    var epoch = ProducerEpoch.none
  }

  /// Which right over a topic it takes; either one lets its existence be known.
  enum Right { case read, write, either }

  enum Name: String { case topic, group, transactionalID = "transactional id" }

  let key: APIKey
  /// What is somebody else's.
  let foreign: Name
  let error: ErrorCode
  let make: @Sendable (Names) -> Request

  init(_ key: APIKey, _ foreign: Name, _ make: @escaping @Sendable (Names) -> Request) {
    (self.key, self.foreign, self.make) = (key, foreign, make)
    switch foreign {
    case .topic: error = .topicAuthorizationFailed
    case .group: error = .groupAuthorizationFailed
    case .transactionalID: error = .transactionalIDAuthorizationFailed
    }
  }

  /// Of those about topics.
  var right: Right {
    switch key {
    case .fetch, .offsetCommit, .offsetDelete, .describeProducers, .txnOffsetCommit: .read
    case .listOffsets, .metadata, .offsetForLeaderEpoch, .offsetFetch, .describeConfigs: .either
    default: .write
    }
  }

  var description: String { "\(key) of a \(foreign.rawValue)" }
}

private let partition = PartitionID(0)

private func topics(_ names: GuardedRequest.Names) -> [TopicEntry<PartitionID>] {
  [TopicEntry(name: names.topic, partitions: [partition])]
}

private func positions(_ names: GuardedRequest.Names) -> [TopicEntry<CommittedOffset>] {
  [TopicEntry(name: names.topic, partitions: [.init(partition: partition, offset: Offset(1))])]
}

private func offsetCommit(_ names: GuardedRequest.Names) -> Request {
  .offsetCommit(OffsetCommitRequest(groupID: names.group, topics: positions(names)))
}

private func offsetFetch(_ names: GuardedRequest.Names) -> Request {
  .offsetFetch(OffsetFetchRequest(groups: [.init(groupID: names.group, topics: topics(names))]))
}

private func offsetDelete(_ names: GuardedRequest.Names) -> Request {
  .offsetDelete(OffsetDeleteRequest(groupID: names.group, topics: topics(names)))
}

private func addPartitions(_ names: GuardedRequest.Names) -> Request {
  .addPartitionsToTxn(
    AddPartitionsToTxnRequest(
      transactionalID: names.transactionalID, producerID: names.producer, producerEpoch: names.epoch,
      topics: topics(names)))
}

private func addOffsets(_ names: GuardedRequest.Names) -> Request {
  .addOffsetsToTxn(
    AddOffsetsToTxnRequest(
      transactionalID: names.transactionalID, producerID: names.producer, producerEpoch: names.epoch,
      groupID: names.group))
}

private func txnOffsetCommit(_ names: GuardedRequest.Names) -> Request {
  .txnOffsetCommit(
    TxnOffsetCommitRequest(
      transactionalID: names.transactionalID, groupID: names.group, producerID: names.producer,
      producerEpoch: names.epoch, topics: positions(names)))
}

private func transactionalProduce(_ names: GuardedRequest.Names) -> Request {
  let batch = RecordBatch.of(
    ["value"], producer: names.producer, epoch: names.epoch.rawValue, sequence: 0, transactional: true)
  return Conversation.produceRequest(ByteSlice(batch.bytes), to: names.topic, names.transactionalID)
}

private func resource(_ names: GuardedRequest.Names) -> ConfigResource {
  ConfigResource(kind: .topic, name: names.topic)
}

extension GuardedRequest {
  static let all = ofTopics + ofGroups + ofTransactions

  static let ofTopics: [GuardedRequest] = [
    GuardedRequest(.produce, .topic) {
      Conversation.produceRequest(ByteSlice(RecordBatch.of(["value"]).bytes), to: $0.topic)
    },
    GuardedRequest(.fetch, .topic) { Conversation.fetchRequest($0.topic, from: 0, .readUncommitted) },
    GuardedRequest(.listOffsets, .topic) {
      let entry = TopicEntry(
        name: $0.topic, partitions: [ListOffsetsRequest.Partition(partition: partition)])
      return .listOffsets(ListOffsetsRequest(isolation: .readUncommitted, topics: [entry]))
    },
    GuardedRequest(.metadata, .topic) {
      .metadata(MetadataRequest(topics: [.init(id: .none, name: $0.topic)]))
    },
    GuardedRequest(.offsetForLeaderEpoch, .topic) {
      let entry = TopicEntry(
        name: $0.topic,
        partitions: [OffsetForLeaderEpochRequest.Partition(partition: partition, leaderEpoch: 0)])
      return .offsetForLeaderEpoch(OffsetForLeaderEpochRequest(topics: [entry]))
    },
    GuardedRequest(.offsetCommit, .topic, offsetCommit),
    GuardedRequest(.offsetFetch, .topic, offsetFetch),
    GuardedRequest(.offsetDelete, .topic, offsetDelete),
    GuardedRequest(.createTopics, .topic) {
      let topic = CreateTopicsRequest.Topic(
        name: $0.topic + ".new", partitionCount: 1, replicationFactor: 1, configs: [])
      return .createTopics(CreateTopicsRequest(topics: [topic]))
    },
    GuardedRequest(.createPartitions, .topic) {
      .createPartitions(CreatePartitionsRequest(topics: [.init(name: $0.topic, partitionCount: 2)]))
    },
    GuardedRequest(.deleteRecords, .topic) {
      let entry = TopicEntry(
        name: $0.topic, partitions: [DeleteRecordsRequest.Partition(partition: partition)])
      return .deleteRecords(DeleteRecordsRequest(topics: [entry]))
    },
    GuardedRequest(.describeConfigs, .topic) {
      .describeConfigs(DescribeConfigsRequest(resources: [.init(resource: resource($0))]))
    },
    GuardedRequest(.alterConfigs, .topic) {
      .alterConfigs(AlterConfigsRequest(resources: [.init(resource: resource($0), configs: [])]))
    },
    GuardedRequest(.incrementalAlterConfigs, .topic) {
      let change = IncrementalAlterConfigsRequest.Change(
        name: "retention.ms", operation: .set, value: "1000")
      return .incrementalAlterConfigs(
        IncrementalAlterConfigsRequest(resources: [.init(resource: resource($0), changes: [change])]))
    },
    GuardedRequest(.describeProducers, .topic) {
      .describeProducers(DescribeProducersRequest(topics: topics($0)))
    },
    GuardedRequest(.addPartitionsToTxn, .topic, addPartitions),
    GuardedRequest(.txnOffsetCommit, .topic, txnOffsetCommit),
    GuardedRequest(.deleteTopics, .topic) {
      .deleteTopics(DeleteTopicsRequest(topics: [.init(name: $0.topic)]))
    },
  ]

  private static let ofGroups: [GuardedRequest] = [
    GuardedRequest(.findCoordinator, .group) {
      .findCoordinator(FindCoordinatorRequest(kind: .group, keys: [$0.group]))
    },
    GuardedRequest(.offsetCommit, .group, offsetCommit),
    GuardedRequest(.offsetFetch, .group, offsetFetch),
    GuardedRequest(.offsetDelete, .group, offsetDelete),
    GuardedRequest(.joinGroup, .group) {
      .joinGroup(
        JoinGroupRequest(
          groupID: $0.group, sessionTimeout: .seconds(10), protocolType: "consumer",
          protocols: [.init(name: "range")]))
    },
    GuardedRequest(.syncGroup, .group) { .syncGroup(SyncGroupRequest(groupID: $0.group)) },
    GuardedRequest(.heartbeat, .group) { .heartbeat(HeartbeatRequest(groupID: $0.group)) },
    GuardedRequest(.leaveGroup, .group) {
      .leaveGroup(LeaveGroupRequest(groupID: $0.group, members: [.init(memberID: "m")]))
    },
    GuardedRequest(.describeGroups, .group) { .describeGroups(DescribeGroupsRequest(groupIDs: [$0.group])) },
    GuardedRequest(.addOffsetsToTxn, .group, addOffsets),
    GuardedRequest(.txnOffsetCommit, .group, txnOffsetCommit),
    GuardedRequest(.deleteGroups, .group) { .deleteGroups(DeleteGroupsRequest(groupIDs: [$0.group])) },
  ]

  private static let ofTransactions: [GuardedRequest] = [
    GuardedRequest(.findCoordinator, .transactionalID) {
      .findCoordinator(FindCoordinatorRequest(kind: .transaction, keys: [$0.transactionalID]))
    },
    GuardedRequest(.addPartitionsToTxn, .transactionalID, addPartitions),
    GuardedRequest(.addOffsetsToTxn, .transactionalID, addOffsets),
    GuardedRequest(.txnOffsetCommit, .transactionalID, txnOffsetCommit),
    GuardedRequest(.produce, .transactionalID, transactionalProduce),
    GuardedRequest(.describeTransactions, .transactionalID) {
      .describeTransactions(DescribeTransactionsRequest(transactionalIDs: [$0.transactionalID]))
    },
    GuardedRequest(.endTxn, .transactionalID) {
      .endTxn(
        EndTxnRequest(
          transactionalID: $0.transactionalID, producerID: $0.producer, producerEpoch: $0.epoch, commit: true)
      )
    },
    GuardedRequest(.initProducerID, .transactionalID) {
      .initProducerID(
        InitProducerIDRequest(transactionalID: $0.transactionalID, transactionTimeout: .seconds(10)))
    },
  ]
}
