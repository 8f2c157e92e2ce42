// Committed positions: kept at once (OffsetCommit), when a transaction commits (TxnOffsetCommit), asked for
// (OffsetFetch).
import Basics
import BrokerProtocol

extension Broker {
  func offsetCommit(_ request: OffsetCommitRequest, _ caller: Caller, now: Timestamp) -> OffsetCommitResponse
  {
    let refusal =
      caller.principal.mayUse(group: request.groupID)
      ? refusalToCommit(
        group: request.groupID, generation: request.generation, memberID: request.memberID,
        instance: request.groupInstanceID, transactional: false, now: now) : .groupAuthorizationFailed
    let (results, accepted) = sort(request.topics, by: caller.principal, refusal: refusal, now: now)
    if !accepted.isEmpty { write([.offsets(group: request.groupID, accepted)], now: now) }
    return OffsetCommitResponse(topics: results)
  }

  func commitOffsets(_ request: TxnOffsetCommitRequest, _ caller: Caller, now: Timestamp)
    -> TxnOffsetCommitResponse
  {
    let refusal =
      refusalToHold(request, caller)
      ?? refusalToCommit(
        group: request.groupID, generation: request.generation, memberID: request.memberID,
        instance: request.groupInstanceID, transactional: true, now: now)
    let (results, accepted) = sort(request.topics, by: caller.principal, refusal: refusal, now: now)
    if !accepted.isEmpty {
      write([.offsetsPending(group: request.groupID, request.producerID, accepted)], now: now)
    }
    return TxnOffsetCommitResponse(topics: results)
  }

  /// The group must have joined the producer's open transaction, or nothing would ever end what is pending.
  private func refusalToHold(_ request: TxnOffsetCommitRequest, _ caller: Caller) -> ErrorCode? {
    guard caller.principal.mayUse(transactionalID: request.transactionalID) else {
      return .transactionalIDAuthorizationFailed
    }
    guard caller.principal.mayUse(group: request.groupID) else { return .groupAuthorizationFailed }
    guard let transaction = state.transactions[request.transactionalID] else {
      return .invalidProducerIDMapping
    }
    if let refusal = transaction.refusal(of: request.producerID, epoch: request.producerEpoch) {
      return refusal == .producerFenced ? .invalidProducerEpoch : refusal
    }
    let hasJoined = transaction.phase == .ongoing && transaction.groups.contains(request.groupID)
    return hasJoined ? nil : .invalidTransactionState
  }

  private func refusalToCommit(
    group id: String, generation: Int32, memberID: String, instance: String?, transactional: Bool,
    now: Timestamp
  ) -> ErrorCode? {
    if id.isEmpty && !transactional && generation >= 0 { return .invalidGroupID }
    guard groups[id] != nil else { return generation < 0 ? nil : .illegalGeneration }
    return groups[id]?.refusalToCommit(
      generation: generation, memberID: memberID, instance: instance, transactional: transactional, now: now)
  }

  /// What each partition is answered, and the offsets that are to be kept.
  private func sort(
    _ topics: [TopicEntry<CommittedOffset>], by principal: Principal, refusal: ErrorCode?, now: Timestamp
  ) -> (results: [TopicEntry<PartitionError>], accepted: [TopicPartition: StoredOffset]) {
    var accepted: [TopicPartition: StoredOffset] = [:]
    let results = topics.map { topic in
      TopicEntry(
        name: topic.name,
        partitions: topic.partitions.map { part in
          let place = TopicPartition(topic: topic.name, partition: part.partition)
          let error = refusal ?? fault(in: part, at: place, by: principal)
          if error == nil {
            accepted[place] = StoredOffset(
              offset: part.offset, leaderEpoch: part.leaderEpoch, metadata: part.metadata ?? "",
              committedAt: now)
          }
          return PartitionError(partition: part.partition, error: error ?? .none)
        })
    }
    return (results, accepted)
  }

  private func fault(
    in part: CommittedOffset, at place: TopicPartition, by principal: Principal
  ) -> ErrorCode? {
    if !principal.mayRead(place.topic) { return .topicAuthorizationFailed }
    if state.log(of: place) == nil { return .unknownTopicOrPartition }
    let isTooLong = (part.metadata?.utf8.count ?? 0) > settings.offsetMetadata_bytes_max
    return isTooLong ? .offsetMetadataTooLarge : nil
  }
}

extension Broker {
  func offsetFetch(_ request: OffsetFetchRequest, _ caller: Caller) -> OffsetFetchResponse {
    OffsetFetchResponse(
      groups: request.groups.map { group in
        guard caller.principal.mayUse(group: group.groupID) else {
          return refused(group, .groupAuthorizationFailed)
        }
        let offsets = state.offsets[group.groupID] ?? GroupOffsets()
        let asked = group.topics ?? everything(in: offsets).filter { caller.principal.maySee($0.name) }
        return OffsetFetchResponse.Group(
          groupID: group.groupID,
          topics: asked.map { topic in
            let isForbidden = !caller.principal.maySee(topic.name)
            return TopicEntry(
              name: topic.name,
              partitions: topic.partitions.map { partition in
                if isForbidden { return .init(partition: partition, error: .topicAuthorizationFailed) }
                return position(
                  in: TopicPartition(topic: topic.name, partition: partition), offsets,
                  mustBeStable: request.requireStable)
              })
          })
      })
  }

  /// Clients before version 2 look for the error at the partitions only.
  private func refused(_ group: OffsetFetchRequest.Group, _ error: ErrorCode) -> OffsetFetchResponse.Group {
    OffsetFetchResponse.Group(
      groupID: group.groupID, error: error,
      topics: (group.topics ?? []).map { topic in
        TopicEntry(
          name: topic.name, partitions: topic.partitions.map { .init(partition: $0, error: error) })
      })
  }

  private func everything(in offsets: GroupOffsets) -> [TopicEntry<PartitionID>] {
    let places = Set(offsets.committed.keys).union(offsets.pending.values.flatMap(\.keys))
    var topics: [TopicEntry<PartitionID>] = []
    for place in places.sorted() {
      if topics.last?.name != place.topic { topics.append(TopicEntry(name: place.topic)) }
      topics[topics.count - 1].partitions.append(place.partition)
    }
    return topics
  }

  private func position(in place: TopicPartition, _ offsets: GroupOffsets, mustBeStable: Bool)
    -> OffsetFetchResponse.Partition
  {
    var result = OffsetFetchResponse.Partition(partition: place.partition)
    if mustBeStable && offsets.isUnstable(place) {
      result.error = .unstableOffsetCommit
    } else if let stored = offsets.committed[place] {
      result.offset = stored.offset
      result.leaderEpoch = stored.leaderEpoch
      result.metadata = stored.metadata
    }
    return result
  }
}
