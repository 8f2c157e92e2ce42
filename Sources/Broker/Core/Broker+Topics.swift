// Topics: created, deleted, listed; records deleted from their front.
import Basics
import BrokerProtocol

extension Broker {
  func metadata(_ request: MetadataRequest, _ caller: Caller, now: Timestamp) -> MetadataResponse {
    let topics =
      request.topics.map { asked in
        asked.map { describe($0, caller.principal, mayCreate: request.allowAutoTopicCreation, now: now) }
      }
      ?? state.topics.values.filter { caller.principal.maySee($0.name) }.sorted { $0.name < $1.name }.map(
        describe)
    return MetadataResponse(
      brokers: [.init(nodeID: settings.nodeID, host: settings.host, port: settings.port)],
      clusterID: settings.clusterID, controllerID: settings.nodeID, topics: topics)
  }

  func describeCluster(_ request: DescribeClusterRequest) -> DescribeClusterResponse {
    guard request.endpoints == .brokers else {
      return DescribeClusterResponse(
        error: .unsupportedEndpointType, errorMessage: "the broker has no controllers beside it")
    }
    return DescribeClusterResponse(
      clusterID: settings.clusterID, controllerID: settings.nodeID,
      brokers: [.init(nodeID: settings.nodeID, host: settings.host, port: settings.port)])
  }

  private func describe(
    _ asked: MetadataRequest.Topic, _ principal: Principal, mayCreate: Bool, now: Timestamp
  ) -> MetadataResponse.Topic {
    guard let name = asked.name else {
      let topic = state.topic(asked.id).flatMap { principal.maySee($0.name) ? $0 : nil }
      return topic.map(describe) ?? .init(error: .unknownTopicID, id: asked.id)
    }
    guard principal.maySee(name) else { return .init(error: .topicAuthorizationFailed, name: name) }
    if let topic = state.topics[name] { return describe(topic) }
    if TopicName.fault(in: name) != nil { return .init(error: .invalidTopic, name: name) }
    guard mayCreate && settings.createsTopics && principal.mayWrite(name) else {
      return .init(error: .unknownTopicOrPartition, name: name)
    }
    return describe(create(name, partitions: settings.partitionsStandard, [], now: now))
  }

  private func describe(_ topic: Topic) -> MetadataResponse.Topic {
    .init(
      error: .none, name: topic.name, id: topic.id,
      partitions: topic.logs.indices.map { index in
        .init(
          error: .none, partition: PartitionID(Int32(index)), leaderID: settings.nodeID,
          replicas: [settings.nodeID], inSyncReplicas: [settings.nodeID])
      })
  }

  private func create(_ name: String, partitions: Int32, _ configs: [ConfigValue], now: Timestamp) -> Topic {
    let first = state.nextLog.rawValue
    let logs = (0..<UInt64(partitions)).map { LogID(first + $0) }
    let id = TopicID(high: random.next(), low: random.next())
    let topic = Topic(name: name, id: id, logs: logs, overrides: configs)
    let next = LogID(first + UInt64(partitions))
    write(
      [.counters(producer: state.nextProducerID, log: next), .topic(topic)], logs.map { .create($0) },
      now: now)
    configureLogs(of: topic)
    return topic
  }

  /// Tells the logs where their segments end.
  func configureLogs(of topic: Topic) {
    for log in topic.logs { store.setSegmentBytes(Int(topic.settings.segment_bytes), of: log) }
  }
}

extension Broker {
  func createTopics(_ request: CreateTopicsRequest, _ caller: Caller, now: Timestamp) -> CreateTopicsResponse
  {
    let names = request.topics.map(\.name)
    return CreateTopicsResponse(
      topics: request.topics.map { asked in
        do throws(Refusal) {
          if names.count(where: { $0 == asked.name }) > 1 {
            throw Refusal(.invalidRequest, "the request names \(asked.name) more than once")
          }
          guard caller.principal.mayWrite(asked.name) else { throw Refusal(.topicAuthorizationFailed) }
          return try create(asked, onlyValidate: request.validateOnly, now: now)
        } catch {
          return .init(name: asked.name, error: error.code, errorMessage: error.message)
        }
      })
  }

  private func create(_ asked: CreateTopicsRequest.Topic, onlyValidate: Bool, now: Timestamp)
    throws(Refusal) -> CreateTopicsResponse.Topic
  {
    if let fault = TopicName.fault(in: asked.name) { throw Refusal(.invalidTopic, fault) }
    if state.topics[asked.name] != nil {
      throw Refusal(.topicAlreadyExists, "topic \(asked.name) exists already")
    }
    let partitions = try partitionCount(of: asked)
    try check(asked.configs)
    var result = CreateTopicsResponse.Topic(
      name: asked.name, partitionCount: partitions, replicationFactor: 1,
      configs: TopicSetting.all.map { setting in
        let value = asked.configs.first { $0.name == setting.name }?.value
        return .init(
          name: setting.name, value: value ?? setting.standard, source: value == nil ? .standard : .topic)
      })
    if !onlyValidate {
      result.id = create(asked.name, partitions: partitions, asked.configs, now: now).id
    }
    return result
  }

  private func partitionCount(of asked: CreateTopicsRequest.Topic) throws(Refusal) -> Int32 {
    var count = asked.partitionCount
    if count == -1 {
      count = asked.assignments.isEmpty ? settings.partitionsStandard : Int32(asked.assignments.count)
    }
    guard (1...settings.partitions_max).contains(count) else {
      throw Refusal(
        .invalidPartitions, "\(count) partitions; must be from 1 to \(settings.partitions_max)")
    }
    guard [-1, 1].contains(asked.replicationFactor) || !asked.assignments.isEmpty else {
      throw Refusal(
        .invalidReplicationFactor,
        "replication factor \(asked.replicationFactor); one broker keeps one copy: use 1 or -1")
    }
    return count
  }

  func check(_ configs: [ConfigValue]) throws(Refusal) {
    do { _ = try TopicSettings(configs) } catch { throw Refusal(.invalidConfig, error.message) }
  }

  func deleteTopics(_ request: DeleteTopicsRequest, _ caller: Caller, now: Timestamp) -> DeleteTopicsResponse
  {
    DeleteTopicsResponse(
      topics: request.topics.map { asked in
        let topic = asked.name.map { state.topics[$0] } ?? state.topic(asked.id)
        // Of a name the answer must not tell strangers whether it is there.
        if let name = asked.name ?? topic?.name, !caller.principal.mayWrite(name) {
          return .init(name: asked.name, id: asked.id, error: .topicAuthorizationFailed)
        }
        guard let topic else {
          let error: ErrorCode = asked.name == nil ? .unknownTopicID : .unknownTopicOrPartition
          return .init(name: asked.name, id: asked.id, error: error)
        }
        write([.topicRemoved(topic.name)], topic.logs.map { .remove($0) }, now: now)
        forget(topic)
        return .init(name: topic.name, id: topic.id)
      })
  }

  /// What is known of its logs besides the state.
  private func forget(_ topic: Topic) {
    for log in topic.logs { (activeSegments[log], horizons[log]) = (nil, nil) }
    unreadTopics.forget(topic.id)
  }

  func deleteRecords(_ request: DeleteRecordsRequest, _ caller: Caller, now: Timestamp)
    -> DeleteRecordsResponse
  {
    DeleteRecordsResponse(
      topics: request.topics.map { topic in
        TopicEntry(
          name: topic.name,
          partitions: topic.partitions.map { part in
            do throws(Refusal) {
              guard caller.principal.mayWrite(topic.name) else { throw Refusal(.topicAuthorizationFailed) }
              return .init(
                partition: part.partition, lowWatermark: try deleteRecords(part, of: topic.name, now: now))
            } catch { return .init(partition: part.partition, error: error.code) }
          })
      })
  }

  private func deleteRecords(_ part: DeleteRecordsRequest.Partition, of name: String, now: Timestamp)
    throws(Refusal) -> Offset
  {
    guard let topic = state.topics[name], let log = topic.log(of: part.partition) else {
      throw Refusal(.unknownTopicOrPartition)
    }
    // A compacted log owes its readers the last record of each key.
    guard topic.settings.deletes else { throw Refusal(.policyViolation) }
    let end = store.readableEnd(of: log)
    let target = part.offset == .none ? end : part.offset
    guard target >= .zero, target <= end else { throw Refusal(.offsetOutOfRange) }
    if target > store.startOffset(of: log) { write([], [.trim(log, below: target)], now: now) }
    return store.startOffset(of: log)
  }
}
