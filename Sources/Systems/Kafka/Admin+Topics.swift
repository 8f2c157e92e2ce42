// Topics: which there are, how they are set, making and deleting them.
internal import CRdKafka
public import Basics

/// A topic as its brokers know it.
public struct TopicDescription: Hashable, Sendable {
  public struct Partition: Hashable, Sendable {
    public let id: PartitionID
    /// The broker that leads it; nil while there is none.
    public let leader: Int32?
    public let replicas: [Int32]
  }

  public let name: String
  /// In order of their numbers.
  public let partitions: [Partition]
}

/// One setting of a topic.
public struct TopicSetting: Hashable, Sendable {
  public enum Source: Hashable, Sendable {
    /// Set on the topic itself: what `Admin.replaceSettings` replaces.
    case topic
    /// Taken from the brokers' settings, or Kafka's own default.
    case inherited
  }

  public let name: String
  /// nil when brokers keep it secret.
  public let value: String?
  public let source: Source
  public let isReadOnly: Bool
}

extension Admin {
  /// Every topic of the cluster, by name.
  public func topics() throws(KafkaError) -> [String: TopicDescription] {
    var answer: UnsafePointer<rd_kafka_metadata>?
    try KafkaError.check(
      unsafe rd_kafka_metadata(client.raw, 1, nil, &answer, timeout.clampedMilliseconds))
    guard let answer = unsafe answer else { return [:] }
    defer { unsafe rd_kafka_metadata_destroy(answer) }
    var topics: [String: TopicDescription] = [:]
    for index in 0..<Int(unsafe answer.pointee.topic_cnt) {
      let topic = unsafe TopicDescription(answer.pointee.topics[index])
      topics[topic.name] = topic
    }
    return topics
  }

  /// Makes a topic with these settings; `replication` nil leaves it to the brokers. `refused` with
  /// `TOPIC_ALREADY_EXISTS`: it is there.
  public func createTopic(
    _ name: String, partitions: Int, replication: Int? = nil, settings: [String: String] = [:]
  ) throws(KafkaError) {
    var text = ErrorText()
    let new = unsafe text.written {
      unsafe rd_kafka_NewTopic_new(
        name, Int32(clamping: partitions), Int32(clamping: replication ?? -1), $0, $1)
    }
    guard let topic = unsafe new else {
      throw KafkaError(RD_KAFKA_RESP_ERR__INVALID_ARG, message: text.description)
    }
    defer { unsafe rd_kafka_NewTopic_destroy(topic) }
    for (name, value) in settings.sorted(by: <) {
      try KafkaError.check(unsafe rd_kafka_NewTopic_set_config(topic, name, value))
    }
    try unsafe request({ options, queue in
      var request: OpaquePointer? = unsafe topic
      unsafe rd_kafka_CreateTopics(client.raw, &request, 1, options, queue)
    }) { event throws(KafkaError) in
      var count = 0
      let results = unsafe rd_kafka_CreateTopics_result_topics(
        rd_kafka_event_CreateTopics_result(event), &count)
      try unsafe checkTopics(results, count)
    }
  }

  /// Deletes a topic with its records. `refused` with `UNKNOWN_TOPIC_OR_PART`: it is not there.
  public func deleteTopic(_ name: String) throws(KafkaError) {
    let topic = unsafe rd_kafka_DeleteTopic_new(name)
    defer { unsafe rd_kafka_DeleteTopic_destroy(topic) }
    try unsafe request({ options, queue in
      var request = unsafe topic
      unsafe rd_kafka_DeleteTopics(client.raw, &request, 1, options, queue)
    }) { event throws(KafkaError) in
      var count = 0
      let results = unsafe rd_kafka_DeleteTopics_result_topics(
        rd_kafka_event_DeleteTopics_result(event), &count)
      try unsafe checkTopics(results, count)
    }
  }

  /// All settings of a topic, inherited ones too, by name.
  public func settings(ofTopic name: String) throws(KafkaError) -> [String: TopicSetting] {
    let resource = unsafe rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name)
    defer { unsafe rd_kafka_ConfigResource_destroy(resource) }
    return try unsafe request({ options, queue in
      var request = unsafe resource
      unsafe rd_kafka_DescribeConfigs(client.raw, &request, 1, options, queue)
    }) { event throws(KafkaError) in
      var count = 0
      let results = unsafe rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event), &count)
      try unsafe checkResources(results, count)
      return unsafe settings(results, count)
    }
  }

  /// Sets a topic's own settings to exactly these: whatever was set on it before and is not among them falls
  /// back to what it inherits (AlterConfigs knows no other way). Read `settings(ofTopic:)` first and carry
  /// over what is to stay.
  public func replaceSettings(ofTopic name: String, with settings: [String: String]) throws(KafkaError) {
    let resource = unsafe rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name)
    defer { unsafe rd_kafka_ConfigResource_destroy(resource) }
    for (name, value) in settings.sorted(by: <) {
      try KafkaError.check(unsafe rd_kafka_ConfigResource_set_config(resource, name, value))
    }
    try unsafe request({ options, queue in
      var request = unsafe resource
      unsafe rd_kafka_AlterConfigs(client.raw, &request, 1, options, queue)
    }) { event throws(KafkaError) in
      var count = 0
      let results = unsafe rd_kafka_AlterConfigs_result_resources(
        rd_kafka_event_AlterConfigs_result(event), &count)
      try unsafe checkResources(results, count)
    }
  }
}

// Reading answers.
extension Admin {
  private typealias Results = UnsafeMutablePointer<OpaquePointer?>?

  private func checkTopics(_ results: Results, _ count: Int) throws(KafkaError) {
    for index in 0..<count {
      let result = unsafe results?[index]
      try unsafe check(rd_kafka_topic_result_error(result), rd_kafka_topic_result_error_string(result))
    }
  }

  private func checkResources(_ results: Results, _ count: Int) throws(KafkaError) {
    for index in 0..<count {
      let result = unsafe results?[index]
      try unsafe check(rd_kafka_ConfigResource_error(result), rd_kafka_ConfigResource_error_string(result))
    }
  }

  private func settings(_ results: Results, _ count: Int) -> [String: TopicSetting] {
    var settings: [String: TopicSetting] = [:]
    for index in 0..<count {
      var entryCount = 0
      let entries = unsafe rd_kafka_ConfigResource_configs(results?[index], &entryCount)
      for entry in 0..<entryCount {
        guard let setting = unsafe TopicSetting(entries?[entry]) else { continue }
        settings[setting.name] = setting
      }
    }
    return settings
  }
}

extension TopicDescription {
  init(_ topic: rd_kafka_metadata_topic) {
    name = unsafe String(cString: topic.topic)
    let unordered = (0..<Int(unsafe topic.partition_cnt)).map { index in
      unsafe Partition(topic.partitions[index])
    }
    partitions = unordered.sorted { $0.id < $1.id }
  }
}

extension TopicDescription.Partition {
  init(_ partition: rd_kafka_metadata_partition) {
    id = unsafe PartitionID(partition.id)
    leader = unsafe partition.leader < 0 ? nil : partition.leader
    replicas = (0..<Int(unsafe partition.replica_cnt)).map { unsafe partition.replicas[$0] }
  }
}

extension TopicSetting {
  init?(_ entry: OpaquePointer?) {
    guard let entry = unsafe entry, let name = unsafe rd_kafka_ConfigEntry_name(entry) else { return nil }
    self.name = unsafe String(cString: name)
    value = unsafe rd_kafka_ConfigEntry_value(entry).map { unsafe String(cString: $0) }
    let source = unsafe rd_kafka_ConfigEntry_source(entry)
    self.source = source == RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG ? .topic : .inherited
    isReadOnly = unsafe rd_kafka_ConfigEntry_is_read_only(entry) != 0
  }
}
