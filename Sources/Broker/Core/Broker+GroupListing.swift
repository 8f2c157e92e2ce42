// Groups as operators see them: listed, described, deleted whole or a few of their positions.
import Basics
import BrokerProtocol

extension Broker {
  /// Those with members, and those of which only positions are left.
  private var groupIDs: [String] { Set(groups.keys).union(state.offsets.keys).sorted() }

  func listGroups(_ request: ListGroupsRequest, _ caller: Caller) -> ListGroupsResponse {
    let states = Set(request.states.map { $0.lowercased() })
    let types = Set(request.types.map { $0.lowercased() })
    let listed = groupIDs.filter { caller.principal.mayUse(group: $0) }.map { id in
      let record = groups[id]?.record ?? GroupRecord(id: id)
      return ListGroupsResponse.Group(
        groupID: id, protocolType: record.protocolType ?? "", state: record.phase.kafkaName, type: "classic")
    }
    return ListGroupsResponse(
      groups: listed.filter { group in
        (states.isEmpty || states.contains(group.state.lowercased()))
          && (types.isEmpty || types.contains(group.type))
      })
  }

  func describeGroups(_ request: DescribeGroupsRequest, _ caller: Caller) -> DescribeGroupsResponse {
    DescribeGroupsResponse(
      groups: request.groupIDs.map { id in
        if !caller.principal.mayUse(group: id) {
          return .init(groupID: id, error: .groupAuthorizationFailed)
        }
        if let group = groups[id] { return group.description }
        let state = state.offsets[id] == nil ? "Dead" : GroupRecord.Phase.empty.kafkaName
        return .init(groupID: id, state: state)
      })
  }

  func deleteGroups(_ request: DeleteGroupsRequest, _ caller: Caller, now: Timestamp) -> DeleteGroupsResponse
  {
    DeleteGroupsResponse(
      results: request.groupIDs.map {
        .init(groupID: $0, error: deleteGroup($0, caller.principal, now: now) ?? .none)
      })
  }

  private func deleteGroup(_ id: String, _ principal: Principal, now: Timestamp) -> ErrorCode? {
    guard principal.mayUse(group: id) else { return .groupAuthorizationFailed }
    guard groups[id] != nil || state.offsets[id] != nil else { return .groupIDNotFound }
    guard groups[id]?.isEmpty ?? true else { return .nonEmptyGroup }
    write([.groupRemoved(id)], now: now)
    groups[id] = nil
    return nil
  }

  func offsetDelete(_ request: OffsetDeleteRequest, _ caller: Caller, now: Timestamp) -> OffsetDeleteResponse
  {
    guard caller.principal.mayUse(group: request.groupID) else {
      return OffsetDeleteResponse(error: .groupAuthorizationFailed)
    }
    let record = groups[request.groupID]?.record
    guard record != nil || state.offsets[request.groupID] != nil else {
      return OffsetDeleteResponse(error: .groupIDNotFound)
    }
    // What members of another kind are at work on, nobody here can tell.
    if let record, !record.members.isEmpty, record.protocolType != "consumer" {
      return OffsetDeleteResponse(error: .nonEmptyGroup)
    }
    var removed: [TopicPartition] = []
    let results = request.topics.map { topic in
      let isInUse = record?.isSubscribed(to: topic.name) ?? false
      return TopicEntry(
        name: topic.name,
        partitions: topic.partitions.map { partition in
          let place = TopicPartition(topic: topic.name, partition: partition)
          if !caller.principal.mayRead(topic.name) {
            return PartitionError(partition: partition, error: .topicAuthorizationFailed)
          }
          if state.log(of: place) == nil {
            return PartitionError(partition: partition, error: .unknownTopicOrPartition)
          }
          if isInUse { return PartitionError(partition: partition, error: .groupSubscribedToTopic) }
          removed.append(place)
          return PartitionError(partition: partition)
        })
    }
    if !removed.isEmpty { write([.offsetsRemoved(group: request.groupID, removed)], now: now) }
    return OffsetDeleteResponse(error: .none, topics: results)
  }
}

extension GroupRecord.Phase {
  /// Kafka's word for it, which tools show.
  var kafkaName: String {
    switch self {
    case .empty: "Empty"
    case .joining: "PreparingRebalance"
    case .syncing: "CompletingRebalance"
    case .stable: "Stable"
    }
  }
}

extension GroupRecord {
  /// Whether any member names the topic. One whose metadata cannot be read may mean every topic.
  func isSubscribed(to topic: String) -> Bool {
    members.contains { member in
      member.assignors.contains { assignor in
        ConsumerSubscription.topics(in: ByteSlice(assignor.metadata))?.contains(topic) ?? true
      }
    }
  }
}

extension Group {
  /// Metadata and shares are shown only while they stand, as Kafka does.
  fileprivate var description: DescribeGroupsResponse.Group {
    let isStable = record.phase == .stable
    return DescribeGroupsResponse.Group(
      groupID: record.id, state: record.phase.kafkaName, protocolType: record.protocolType ?? "",
      protocolName: isStable ? record.protocolName ?? "" : "",
      members: record.members.map { member in
        let metadata = isStable ? member.metadata(for: record.protocolName) : []
        return .init(
          memberID: member.id, groupInstanceID: member.instanceID,
          clientID: seats[member.id]?.clientID ?? "", metadata: ByteSlice(metadata),
          assignment: ByteSlice(isStable ? member.assignment : []))
      })
  }
}
