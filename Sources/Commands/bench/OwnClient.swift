// Our client's side of the broker's measurements.
import Basics
import Kafka

private let recordBytes = [UInt8](repeating: UInt8(ascii: "r"), count: 200)
/// How many records one turn hands over.
private let batchCount = 1000
private let patience = Duration.seconds(30)

/// The client of this house over Debian's librdkafka.
struct OwnClient: BrokerClient {
  let name = "ratchet's own"

  func sendRecords(_ count: Int, to topic: String, partitions: Int, on bootstrap: String) throws -> Double {
    let producer = try Producer([
      "bootstrap.servers": bootstrap, "linger.ms": "5", "batch.size": "1048576",
      "queue.buffering.max.messages": "1000000", "queue.buffering.max.kbytes": "1048576",
    ])
    var batches: [ProduceBatch] = []
    let began = ContinuousClock.now
    for turn in 0..<count / batchCount {
      let batch = batches.first { !$0.isPending } ?? ProduceBatch(topic: topic)
      if batch.isEmpty { batches.append(batch) }
      batch.removeAll()
      let partition = PartitionID(Int32(turn % partitions))
      for _ in 0..<batchCount {
        unsafe batch.append(to: partition, key: nil, value: recordBytes.span.bytes)
      }
      try producer.produce(batch, timeout: patience)
      producer.poll(.zero)
    }
    try producer.flush(patience)
    guard batches.allSatisfy({ $0.failedCount == 0 }) else {
      throw BenchFailure("records were not delivered")
    }
    return rate(count / batchCount * batchCount, since: began)
  }

  func readRecords(_ count: Int, from topic: String, partitions: Int, on bootstrap: String) throws -> Double {
    let consumer = try Consumer([
      "bootstrap.servers": bootstrap, "queued.min.messages": "1000000",
      "queued.max.messages.kbytes": "262144",
      "fetch.message.max.bytes": "4194304",
    ])
    let began = ContinuousClock.now
    let queues = try (0..<partitions).map { partition in
      try consumer.start(
        TopicPartition(topic: topic, partition: PartitionID(Int32(partition))), at: .earliest)
    }
    var batch = ConsumeBatch(capacity: 4096)
    var seen = 0
    while seen < count, ContinuousClock.now - began < patience * 4 {
      let before = seen
      for queue in queues {
        try queue.read(into: &batch)
        seen += batch.count
      }
      if seen == before { consumer.wait(.milliseconds(50)) }
    }
    guard seen >= count else { throw BenchFailure("\(seen) of \(count) records came") }
    return rate(count, since: began)
  }

  func commitTransactions(_ count: Int, on topic: String, on bootstrap: String) throws -> Latency {
    let metadata = try membership(in: topic, on: bootstrap)
    let producer = try Producer([
      "bootstrap.servers": bootstrap, "transactional.id": topic, "linger.ms": "0", "retry.backoff.ms": "1",
    ])
    try producer.initializeTransactions(patience)
    let batch = ProduceBatch(topic: topic)
    let position = TopicPartition(topic: topic, partition: PartitionID(0))
    var times: [Duration] = []
    for number in 0..<count {
      batch.removeAll()
      for _ in 0..<10 { unsafe batch.append(to: PartitionID(0), key: nil, value: recordBytes.span.bytes) }
      let began = ContinuousClock.now
      try producer.beginTransaction()
      try producer.produce(batch)
      try producer.sendOffsets([position: Offset(Int64(number + 1))], as: metadata, timeout: patience)
      guard producer.commitTransaction(patience) == .committed else {
        throw BenchFailure("a transaction was not committed")
      }
      times.append(ContinuousClock.now - began)
    }
    // The first transaction also makes connections.
    let sorted = times.dropFirst().sorted().map { $0 / .milliseconds(1) }
    return Latency(median_ms: sorted[sorted.count / 2], p99_ms: sorted[sorted.count * 99 / 100])
  }

  /// The member goes away when this returns; its place in the group outlives it for a session timeout.
  private func membership(in group: String, on bootstrap: String) throws -> GroupMetadata {
    let member = try GroupMember([
      "bootstrap.servers": bootstrap, "group.id": group, "group.instance.id": "bench",
      "session.timeout.ms": "300000", "max.poll.interval.ms": "300000",
    ])
    try member.subscribe([group])
    var found: GroupMetadata?
    let deadline = ContinuousClock.now + patience
    while found == nil, ContinuousClock.now < deadline {
      try member.poll(.milliseconds(50)) { if case .assigned(_, let metadata) = $0 { found = metadata } }
    }
    guard let found else { throw BenchFailure("no place in the group") }
    return found
  }
}

private func rate(_ count: Int, since began: ContinuousClock.Instant) -> Double {
  Double(count) / ((ContinuousClock.now - began) / .seconds(1))
}
