// librdkafka's list of partitions with offsets, owned: a leaked one makes the destruction of its client hang.
internal import Basics
internal import CRdKafka

/// An owned `rd_kafka_topic_partition_list_t`.
@safe struct TopicPartitionList: ~Copyable {
  let raw: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

  init(_ partitions: some Collection<TopicPartition>) {
    unsafe raw = rd_kafka_topic_partition_list_new(Int32(clamping: partitions.count))
    for partition in partitions {
      unsafe rd_kafka_topic_partition_list_add(raw, partition.topic, partition.partition.rawValue)
    }
  }

  /// Each partition with a number that the call it is meant for reads as an offset or a time.
  init(offsets: some Collection<(key: TopicPartition, value: Int64)>) {
    unsafe raw = rd_kafka_topic_partition_list_new(Int32(clamping: offsets.count))
    for (partition, offset) in offsets {
      let entry = unsafe rd_kafka_topic_partition_list_add(
        raw, partition.topic, partition.partition.rawValue)
      unsafe entry?.pointee.offset = offset
    }
  }

  deinit { unsafe rd_kafka_topic_partition_list_destroy(raw) }

  /// The partitions with their offsets; throws the first partition's error.
  func offsets() throws(KafkaError) -> [TopicPartition: Offset] {
    try unsafe TopicPartitionList.offsets(in: raw)
  }

  static func offsets(
    in list: UnsafePointer<rd_kafka_topic_partition_list_t>
  ) throws(KafkaError) -> [TopicPartition: Offset] {
    var offsets: [TopicPartition: Offset] = [:]
    for index in 0..<Int(unsafe list.pointee.cnt) {
      let entry = unsafe list.pointee.elems[index]
      try unsafe KafkaError.check(entry.err)
      let partition = unsafe TopicPartition(entry)
      offsets[partition] = unsafe Offset(entry.offset)
    }
    return offsets
  }

  static func partitions(in list: UnsafePointer<rd_kafka_topic_partition_list_t>) -> [TopicPartition] {
    (0..<Int(unsafe list.pointee.cnt)).map { index in unsafe TopicPartition(list.pointee.elems[index]) }
  }
}

extension TopicPartition {
  init(_ entry: rd_kafka_topic_partition_t) {
    unsafe self.init(topic: String(cString: entry.topic), partition: PartitionID(entry.partition))
  }
}
