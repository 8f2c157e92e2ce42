// What operators' tools ask: groups, their positions, settings one by one, transactions, the cluster.
import Basics
import BrokerProtocol
import Testing

@testable import BrokerCore

/// The answer's body, if it is of the kind the caller expects.
private func body<Body>(_ response: Response, as _: Body.Type = Body.self) throws -> Body {
  try #require(Mirror(reflecting: response).children.first?.value as? Body)
}

extension Conversation {
  /// Joins as a lone consumer of these topics; the group is stable once it has synced.
  fileprivate func join(_ group: String, _ topics: [String], type: String = "consumer") throws
    -> JoinGroupResponse
  {
    var metadata: [UInt8] = [0, 1, 0, 0, 0, UInt8(topics.count)]
    for topic in topics {
      metadata += [0, UInt8(topic.utf8.count)]
      metadata += topic.utf8
    }
    metadata += [0, 0, 0, 0]
    let request = JoinGroupRequest(
      groupID: group, sessionTimeout: .seconds(10), rebalanceTimeout: .seconds(10), memberID: "",
      protocolType: type, protocols: [.init(name: "range", metadata: ByteSlice(metadata))])
    let joined: JoinGroupResponse = try body(try ask(.joinGroup(request), version: 2))
    #expect(joined.error == .none)
    return joined
  }

  fileprivate func sync(_ group: String, _ member: JoinGroupResponse) throws {
    let request = SyncGroupRequest(
      groupID: group, generation: member.generation, memberID: member.memberID,
      assignments: [.init(memberID: member.memberID, assignment: ByteSlice([7]))])
    let synced: SyncGroupResponse = try body(try ask(.syncGroup(request), version: 5))
    #expect(synced.error == .none)
  }

  /// Commits a position of partition 0 from outside of the membership.
  fileprivate func commit(_ group: String, _ topic: String, at offset: Int64) throws {
    let commit = OffsetCommitRequest(
      groupID: group,
      topics: [
        TopicEntry(name: topic, partitions: [.init(partition: PartitionID(0), offset: Offset(offset))])
      ])
    let response: OffsetCommitResponse = try body(try ask(.offsetCommit(commit), version: 8))
    #expect(response.topics[0].partitions[0].error == .none)
  }

  fileprivate func states(_ request: ListGroupsRequest = .init(states: [])) throws -> [String: String] {
    let listed: ListGroupsResponse = try body(try ask(.listGroups(request), version: 5))
    return Dictionary(uniqueKeysWithValues: listed.groups.map { ($0.groupID, $0.state) })
  }

  fileprivate func describe(_ group: String) throws -> DescribeGroupsResponse.Group {
    let request = DescribeGroupsRequest(groupIDs: [group])
    let described: DescribeGroupsResponse = try body(try ask(.describeGroups(request), version: 5))
    return described.groups[0]
  }

  fileprivate func delete(_ group: String) throws -> ErrorCode {
    let request = DeleteGroupsRequest(groupIDs: [group])
    let deleted: DeleteGroupsResponse = try body(try ask(.deleteGroups(request), version: 2))
    return deleted.results[0].error
  }

  fileprivate func deletePosition(_ group: String, _ topic: String, partition: Int32 = 0) throws
    -> (whole: ErrorCode, partition: ErrorCode?)
  {
    let topics = [TopicEntry(name: topic, partitions: [PartitionID(partition)])]
    let request = OffsetDeleteRequest(groupID: group, topics: topics)
    let deleted: OffsetDeleteResponse = try body(try ask(.offsetDelete(request), version: 0))
    return (deleted.error, deleted.topics.first?.partitions.first?.error)
  }
}

@Suite struct GroupOperatorTests {
  @Test("groups are listed with their states, also those of which only positions are left")
  func listing() throws {
    let talk = try Conversation()
    try talk.create("t")
    try talk.commit("outsider", "t", at: 1)
    let member = try talk.join("team", ["t"])
    #expect(try talk.states() == ["outsider": "Empty", "team": "CompletingRebalance"])
    try talk.sync("team", member)
    #expect(try talk.states(.init(states: ["stable"])) == ["team": "Stable"])
    #expect(try talk.states(.init(states: [], types: ["Classic"])).count == 2)
    #expect(try talk.states(.init(states: [], types: ["consumer"])).isEmpty)
  }

  @Test("a group that lost its last member is still known for what it was, and may become something else")
  func emptied() throws {
    let talk = try Conversation()
    let member = try talk.join("team", ["t"])
    let leave = LeaveGroupRequest(groupID: "team", members: [.init(memberID: member.memberID)])
    _ = try talk.ask(.leaveGroup(leave), version: 5)
    #expect(try talk.describe("team").protocolType == "consumer")
    _ = try talk.join("team", [], type: "connect")
    #expect(try talk.describe("team").protocolType == "connect")
  }

  @Test("a stable group is described with its members and their shares; one there is not is dead")
  func describing() throws {
    let talk = try Conversation()
    let member = try talk.join("team", ["t"])
    #expect(try talk.describe("team").state == "CompletingRebalance")
    #expect(try talk.describe("team").members.map(\.metadata.isEmpty) == [true])
    try talk.sync("team", member)
    let group = try talk.describe("team")
    #expect((group.state, group.protocolType, group.protocolName) == ("Stable", "consumer", "range"))
    #expect(group.members.map(\.memberID) == [member.memberID])
    #expect(group.members.map(\.clientID) == ["test"])
    #expect(ConsumerSubscription.topics(in: group.members[0].metadata) == ["t"])
    #expect(group.members[0].assignment.bytes == [7])
    let nobody = try talk.describe("nobody")
    #expect(nobody.state == "Dead" && nobody.error == .none)
  }

  @Test("a group with members is not deleted; an empty one goes with its positions, for good")
  func deleting() throws {
    let talk = try Conversation()
    try talk.create("t")
    #expect(try talk.delete("team") == .groupIDNotFound)
    let member = try talk.join("team", ["t"])
    #expect(try talk.delete("team") == .nonEmptyGroup)
    let leave = LeaveGroupRequest(groupID: "team", members: [.init(memberID: member.memberID)])
    _ = try talk.ask(.leaveGroup(leave), version: 5)
    try talk.commit("team", "t", at: 4)
    #expect(try talk.delete("team") == .none)
    #expect(try talk.position(of: "team", in: "t").offset == .none)
    try talk.flush()
    try talk.restart()
    #expect(try talk.states().isEmpty)
    #expect(try talk.delete("team") == .groupIDNotFound)
  }

  @Test("a position is deleted unless its topic is being read or not there")
  func deletingPositions() throws {
    let talk = try Conversation()
    try talk.create("t")
    try talk.create("u")
    try talk.commit("team", "t", at: 4)
    try talk.commit("team", "u", at: 5)
    _ = try talk.join("team", ["t"])
    #expect(try talk.deletePosition("team", "t") == (.none, .groupSubscribedToTopic))
    #expect(try talk.deletePosition("team", "u") == (.none, ErrorCode.none))
    #expect(try talk.deletePosition("team", "u", partition: 1) == (.none, .unknownTopicOrPartition))
    #expect(try talk.position(of: "team", in: "t").offset == Offset(4))
    #expect(try talk.position(of: "team", in: "u").offset == .none)
    #expect(try talk.deletePosition("nobody", "t") == (.groupIDNotFound, nil))
    _ = try talk.join("others", [], type: "connect")
    #expect(try talk.deletePosition("others", "t") == (.nonEmptyGroup, nil))
  }
}

@Suite struct TopicOperatorTests {
  private func grow(_ talk: Conversation, to count: Int32, validateOnly: Bool = false, assigned: Int? = nil)
    throws -> ErrorCode
  {
    let assignments = assigned.map {
      (0..<$0).map { _ in CreatePartitionsRequest.Assignment(brokerIDs: [1]) }
    }
    let request = CreatePartitionsRequest(
      topics: [.init(name: "t", partitionCount: count, assignments: assignments)], validateOnly: validateOnly)
    let response: CreatePartitionsResponse = try body(try talk.ask(.createPartitions(request), version: 3))
    return response.results[0].error
  }

  @Test("a topic grows, keeps its records and settings, and never shrinks")
  func growing() throws {
    let talk = try Conversation()
    #expect(try grow(talk, to: 3) == .unknownTopicOrPartition)
    try talk.create("t", ["retention.ms": "-1"])
    _ = try talk.produce(.of(["a"]), to: "t")
    #expect(try grow(talk, to: 3, validateOnly: true) == .none)
    #expect(try talk.produce(.of(["b"]), to: "t", partition: 2).error == .unknownTopicOrPartition)
    #expect(try grow(talk, to: 3, assigned: 1) == .invalidReplicaAssignment)
    #expect(try grow(talk, to: 3, assigned: 2) == .none)
    #expect(try talk.produce(.of(["b"]), to: "t", partition: 2).error == .none)
    #expect(try grow(talk, to: 3) == .invalidPartitions)
    #expect(try grow(talk, to: .max) == .invalidPartitions)
    try talk.create("u")
    try talk.flush()
    try talk.restart()
    #expect(try talk.values(in: "t") == ["a"])
    #expect(try talk.values(in: "t", partition: 2) == ["b"])
    #expect(try talk.values(in: "u") == [])
    #expect(talk.broker.state.topics["t"]?.settings.retention == nil)
  }

  private func alter(
    _ talk: Conversation, _ name: String, _ operation: IncrementalAlterConfigsRequest.Operation,
    _ value: String?, kind: ConfigResource.Kind = .topic
  ) throws -> ErrorCode {
    let request = IncrementalAlterConfigsRequest(resources: [
      .init(
        resource: ConfigResource(kind: kind, name: "t"),
        changes: [.init(name: name, operation: operation, value: value)])
    ])
    let response: AlterConfigsResponse = try body(
      try talk.ask(.incrementalAlterConfigs(request), version: 1))
    return response.results[0].error
  }

  private func overrides(_ talk: Conversation) -> [String: String?] {
    let configs = talk.broker.state.topics["t"]?.overrides ?? []
    return Dictionary(uniqueKeysWithValues: configs.map { ($0.name, $0.value) })
  }

  @Test("one setting changes and the others stay")
  func alteringOne() throws {
    let talk = try Conversation()
    try talk.create("t", ["retention.ms": "5", "segment.bytes": "1000"])
    #expect(try alter(talk, "retention.ms", .set, "7") == .none)
    #expect(overrides(talk) == ["retention.ms": "7", "segment.bytes": "1000"])
    #expect(try alter(talk, "segment.bytes", .delete, nil) == .none)
    #expect(overrides(talk) == ["retention.ms": "7"])
    #expect(try alter(talk, "cleanup.policy", .append, "compact") == .none)
    #expect(overrides(talk)["cleanup.policy"] == "delete,compact")
    #expect(try alter(talk, "cleanup.policy", .subtract, "delete") == .none)
    #expect(overrides(talk)["cleanup.policy"] == "compact")
  }

  @Test("a change that makes no sense changes nothing")
  func refusedChanges() throws {
    let talk = try Conversation()
    #expect(try alter(talk, "retention.ms", .set, "7") == .unknownTopicOrPartition)
    try talk.create("t", ["retention.ms": "5"])
    #expect(try alter(talk, "retention.ms", .set, "soon") == .invalidConfig)
    #expect(try alter(talk, "retention.ms", .set, nil) == .invalidRequest)
    #expect(try alter(talk, "retention.ms", .append, "7") == .invalidConfig)
    #expect(try alter(talk, "retention.mss", .delete, nil) == .invalidConfig)
    #expect(try alter(talk, "cleanup.policy", .subtract, "delete") == .invalidConfig)
    #expect(try alter(talk, "retention.ms", .set, "7", kind: .broker) == .invalidRequest)
    #expect(overrides(talk) == ["retention.ms": "5"])
  }

  @Test("the only epoch ends where the durable log does, and no other epoch ever was")
  func epochEnds() throws {
    let talk = try Conversation()
    try talk.create("t")
    _ = try talk.produce(.of(["a", "b"]), to: "t")
    func end(of epoch: Int32, current: Int32 = -1, in topic: String = "t") throws
      -> OffsetForLeaderEpochResponse.Partition
    {
      let request = OffsetForLeaderEpochRequest(topics: [
        TopicEntry(
          name: topic,
          partitions: [.init(partition: PartitionID(0), currentLeaderEpoch: current, leaderEpoch: epoch)])
      ])
      let response: OffsetForLeaderEpochResponse = try body(
        try talk.ask(.offsetForLeaderEpoch(request), version: 4))
      return response.topics[0].partitions[0]
    }
    #expect(try end(of: 0).endOffset == .zero)
    try talk.flush()
    #expect(try end(of: 0, current: 0).endOffset == Offset(2))
    #expect(try end(of: 0).leaderEpoch == 0)
    #expect(try end(of: 1).endOffset == .none)
    #expect(try end(of: 0, current: 1).error == .unknownLeaderEpoch)
    #expect(try end(of: 0, in: "u").error == .unknownTopicOrPartition)
  }

  @Test("the cluster is this broker, and has no controllers beside it")
  func cluster() throws {
    let talk = try Conversation()
    var request = DescribeClusterRequest()
    func ask() throws -> DescribeClusterResponse {
      try body(try talk.ask(.describeCluster(request), version: 1))
    }
    #expect(try ask().brokers.map(\.nodeID) == [talk.settings.nodeID])
    #expect(try ask().controllerID == talk.settings.nodeID)
    request.endpoints = .controllers
    #expect(try ask().error == .unsupportedEndpointType)
  }
}

@Suite struct TransactionOperatorTests {
  private func list(_ talk: Conversation, _ states: [String] = [], _ producers: [ProducerID] = []) throws
    -> ListTransactionsResponse
  {
    let request = ListTransactionsRequest(states: states, producerIDs: producers)
    return try body(try talk.ask(.listTransactions(request), version: 0))
  }

  private func describe(_ talk: Conversation, _ id: String) throws
    -> DescribeTransactionsResponse.Transaction
  {
    let request = DescribeTransactionsRequest(transactionalIDs: [id])
    let response: DescribeTransactionsResponse = try body(
      try talk.ask(.describeTransactions(request), version: 0))
    return response.transactions[0]
  }

  private func producers(_ talk: Conversation, _ topic: String) throws -> DescribeProducersResponse.Partition
  {
    let request = DescribeProducersRequest(topics: [TopicEntry(name: topic, partitions: [PartitionID(0)])])
    let response: DescribeProducersResponse = try body(
      try talk.ask(.describeProducers(request), version: 0))
    return response.topics[0].partitions[0]
  }

  @Test("who holds a topic's readers up can be found from the topic")
  func findingTheHolder() throws {
    let talk = try Conversation()
    try talk.create("t")
    _ = try talk.produce(.of(["before"]), to: "t")
    var client = try TransactionalClient(talk, id: "x", timeout: .seconds(60))
    #expect(try describe(talk, "x").state == "Empty")
    try client.add("t")
    try client.produce(["a", "b"], to: "t")
    let holder = try #require(try producers(talk, "t").producers.first)
    #expect(holder.transactionStart == Offset(1) && holder.lastSequence == 1)
    let listed = try list(talk, ["Ongoing"], [holder.producerID])
    #expect(listed.transactions.map(\.transactionalID) == ["x"])
    let described = try describe(talk, "x")
    #expect(described.state == "Ongoing" && described.startedAt == talk.now)
    #expect(described.topics.map(\.name) == ["t"] && described.timeout == .seconds(60))
    talk.pass(.seconds(61))
    #expect(try describe(talk, "x").state == "CompleteAbort")
    #expect(try describe(talk, "x").startedAt == .none)
    #expect(try producers(talk, "t").producers.map(\.transactionStart) == [.none])
  }

  @Test("states and ids that there are not are named as such")
  func unknown() throws {
    let talk = try Conversation()
    _ = try TransactionalClient(talk, id: "x", timeout: .seconds(60))
    #expect(try list(talk).transactions.map(\.state) == ["Empty"])
    #expect(try list(talk, ["Dead", "Undead"]).unknownStates == ["Undead"])
    #expect(try list(talk, ["Ongoing"]).transactions.isEmpty)
    #expect(try list(talk, [], [ProducerID(99)]).transactions.isEmpty)
    #expect(try describe(talk, "y").error == .transactionalIDNotFound)
    #expect(try describe(talk, "").error == .invalidRequest)
    #expect(try producers(talk, "u").error == .unknownTopicOrPartition)
  }
}
