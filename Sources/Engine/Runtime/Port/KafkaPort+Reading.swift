// Reading partitions through librdkafka: each has a queue of its own, read in place and copied into the
// engine's batch.
public import Basics
internal import Kafka

extension KafkaPort {
  public func startReading(_ partition: TopicPartition, at offset: Offset) throws(ClientFailure) {
    stopReading(partition)
    queues[partition] = try failing { () throws(KafkaError) in
      try consumer.start(partition, at: .offset(offset))
    }
  }

  public func stopReading(_ partition: TopicPartition) {
    queues.removeValue(forKey: partition)?.stop()
  }

  public func knownEnd(of partition: TopicPartition) -> Offset? { queues[partition]?.knownEnd }

  public func read(
    _ partition: TopicPartition, into batch: inout RecordBatch, limit: Int
  ) throws(ClientFailure) -> Offset? {
    guard let queue = queues[partition] else { preconditionFailure("\(partition) is not being read") }
    let goal = batch.count + limit
    repeat {
      try failing { () throws(KafkaError) in try queue.read(into: &fetched) }
      for index in 0..<fetched.count { batch.append(fetched[index]) }
    } while fetched.count == fetched.capacity && batch.count < goal
    fetched.clear()
    return queue.end
  }
}

extension RecordBatch {
  fileprivate mutating func append(_ record: ConsumedRecord) {
    append(record.offset, at: record.timestamp, key: record.key, value: record.value)
    record.forEachHeader { name, value in appendHeader(name, value) }
  }
}
