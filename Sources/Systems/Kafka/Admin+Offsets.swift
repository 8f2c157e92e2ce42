// Offsets: where partitions begin and end, where they were at a time, what a group has committed; and cutting
// a partition's beginning off.
internal import CRdKafka
public import Basics

/// What offset of a partition is asked for.
public enum OffsetQuery: Hashable, Sendable {
  /// The first record that is still there.
  case earliest
  /// The offset after the last record, open transactions' records included.
  case latest
  /// The first record stamped then or later.
  case at(Timestamp)

  /// Kafka asks for all three by a time, two of them special.
  var rawTime: Int64 {
    switch self {
    case .earliest: Int64(RD_KAFKA_OFFSET_BEGINNING)
    case .latest: Int64(RD_KAFKA_OFFSET_END)
    case .at(let time): max(0, time.rawValue)
    }
  }
}

extension Admin {
  /// The offsets asked for; a partition without a record that young is left out.
  public func offsets(
    _ queries: [TopicPartition: OffsetQuery]
  ) throws(KafkaError) -> [TopicPartition: Offset] {
    let list = TopicPartitionList(offsets: queries.lazy.map { (key: $0.key, value: $0.value.rawTime) })
    try KafkaError.check(
      unsafe rd_kafka_offsets_for_times(client.raw, list.raw, timeout.clampedMilliseconds))
    return try list.offsets().filter { $0.value >= .zero }
  }

  /// A group's committed offsets of these partitions, left out where there is none. With `requireStable`,
  /// `retry` while a transaction that changes one is open.
  public func committedOffsets(
    of group: String, _ partitions: [TopicPartition], requireStable: Bool = true
  ) throws(KafkaError) -> [TopicPartition: Offset] {
    let list = TopicPartitionList(partitions)
    let question = unsafe rd_kafka_ListConsumerGroupOffsets_new(group, list.raw)
    defer { unsafe rd_kafka_ListConsumerGroupOffsets_destroy(question) }
    return try unsafe request({ options, queue in
      var request = unsafe question
      // It fails only for options made for another request.
      _ = unsafe KafkaError(
        consuming: rd_kafka_AdminOptions_set_require_stable_offsets(options, requireStable ? 1 : 0))
      unsafe rd_kafka_ListConsumerGroupOffsets(client.raw, &request, 1, options, queue)
    }) { event throws(KafkaError) in
      try unsafe committedOffsets(event).filter { $0.value >= .zero }
    }
  }

  private func committedOffsets(_ event: OpaquePointer) throws(KafkaError) -> [TopicPartition: Offset] {
    var count = 0
    let results = unsafe rd_kafka_ListConsumerGroupOffsets_result_groups(
      rd_kafka_event_ListConsumerGroupOffsets_result(event), &count)
    guard count > 0, let result = unsafe results?[0] else { return [:] }
    if let error = unsafe rd_kafka_group_result_error(result) {
      try unsafe check(rd_kafka_error_code(error), rd_kafka_error_string(error))
    }
    guard let list = unsafe rd_kafka_group_result_partitions(result) else { return [:] }
    return try unsafe TopicPartitionList.offsets(in: list)
  }

  /// Makes the brokers forget a group and its committed offsets. `refused` with `NON_EMPTY_GROUP`: it has
  /// members, or its static members' seats are still kept.
  public func deleteGroup(_ name: String) throws(KafkaError) {
    let order = unsafe rd_kafka_DeleteGroup_new(name)
    defer { unsafe rd_kafka_DeleteGroup_destroy(order) }
    try unsafe request({ options, queue in
      var request = unsafe order
      unsafe rd_kafka_DeleteGroups(client.raw, &request, 1, options, queue)
    }) { event throws(KafkaError) in
      var count = 0
      let results = unsafe rd_kafka_DeleteGroups_result_groups(
        rd_kafka_event_DeleteGroups_result(event), &count)
      for index in 0..<count {
        guard let error = unsafe rd_kafka_group_result_error(results?[index]) else { continue }
        try unsafe check(rd_kafka_error_code(error), rd_kafka_error_string(error))
      }
    }
  }

  /// Deletes the records before these offsets. Returns each partition's earliest offset afterwards.
  @discardableResult
  public func deleteRecords(
    before offsets: [TopicPartition: Offset]
  ) throws(KafkaError) -> [TopicPartition: Offset] {
    let list = TopicPartitionList(offsets: offsets.lazy.map { (key: $0.key, value: $0.value.rawValue) })
    let order = unsafe rd_kafka_DeleteRecords_new(list.raw)
    defer { unsafe rd_kafka_DeleteRecords_destroy(order) }
    return try unsafe request({ options, queue in
      var request = unsafe order
      unsafe rd_kafka_DeleteRecords(client.raw, &request, 1, options, queue)
    }) { event throws(KafkaError) in
      let result = unsafe rd_kafka_event_DeleteRecords_result(event)
      guard let list = unsafe rd_kafka_DeleteRecords_result_offsets(result) else { return [:] }
      return try unsafe TopicPartitionList.offsets(in: list)
    }
  }
}
