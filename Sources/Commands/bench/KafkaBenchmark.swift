// The wrapper beside plain C librdkafka: the same topic, the same loop, the same result. The measuring
// thread's own processor time is what the wrapper can add to; librdkafka's threads work the same for both.
import Basics
import BrokerCore
import BrokerServer
import Kafka

func kafkaBenchmark(_ settings: BenchmarkSettings) throws -> [Measurement] {
  let broker = settings.bootstrap == nil ? try startBroker(settings.seed) : nil
  let address = settings.bootstrap ?? broker?.endpoint.description ?? ""
  let load = Load(bootstrap: address, count: settings.isFull ? 1_000_000 : 2000, seed: settings.seed)
  let admin = try Admin(["bootstrap.servers": address])
  for topic in Load.topics {
    try? admin.deleteTopic(topic)
    try admin.createTopic(topic, partitions: 1, replication: 1)
  }
  var results = [
    try load.produceInC("bench-c-batch", timestamps: false),
    try load.produce("bench-batch", timestamps: false),
    try load.produceInC("bench-c-timed", timestamps: true), try load.produce("bench-timed", timestamps: true),
  ]
  for batch in [1, 1000] {
    results.append(try load.consumeInC("bench-c-batch", batch: batch))
    results.append(try load.consume("bench-c-batch", batch: batch))
  }
  try broker?.stop()
  return results
}

private func startBroker(_ seed: UInt64) throws -> EmbeddedBroker {
  var settings = EmbeddedBrokerSettings(disk: MemoryDisk(), broker: BrokerSettings(seed: seed))
  settings.server.listen.port = 0
  return try EmbeddedBroker.start(
    settings, log: Logger(service: "broker", version: "bench", minimumLevel: .error))
}

/// Records of 200 bytes with keys of 8, the same for every seed.
struct Load {
  static let topics = ["bench-c-batch", "bench-batch", "bench-c-timed", "bench-timed"]
  static let batchSize = 1000

  var bootstrap: String
  var count: Int
  var value: [UInt8]

  init(bootstrap: String, count: Int, seed: UInt64) {
    self.bootstrap = bootstrap
    self.count = count
    var random = SeededRandom(seed: seed)
    value = (0..<200).map { _ in UInt8(random.int(in: 0..<256)) }
  }

  static let producer = [
    "queue.buffering.max.messages": "1000000", "linger.ms": "5", "enable.idempotence": "true",
  ]
  static let consumer = [
    "queued.min.messages": "1000000", "queued.max.messages.kbytes": "1048576",
    "enable.partition.eof": "true", "enable.auto.offset.store": "false",
  ]

  func settings(_ more: [String: String]) -> [String: String] {
    more.merging(["bootstrap.servers": bootstrap]) { $1 }
  }

  /// What both ways of reading compute from a record.
  static func mixed(_ hash: UInt64, offset: Int64, count: Int, first: UInt8) -> UInt64 {
    (hash ^ UInt64(bitPattern: offset) ^ UInt64(count) << 32 ^ UInt64(first)) &* 0x100_0000_01b3
  }
}

extension Load {
  func produce(_ topic: String, timestamps: Bool) throws -> Measurement {
    let producer = try Producer(ClientConfiguration(settings(Load.producer)))
    // Batches take turns: one is filled while the others are on their way.
    var batches = (0..<16).map { _ in ProduceBatch(topic: topic) }
    let name = "produce \(timestamps ? "timestamped" : "batch"), wrapper"
    return try Measurement.of(name, count: count) {
      var failed = 0
      for start in stride(from: 0, to: count, by: Load.batchSize) {
        let batch = batches.removeFirst()
        batches.append(batch)
        while batch.isPending { producer.poll(.milliseconds(1)) }
        failed += batch.failedCount
        batch.removeAll()
        fill(batch, from: start, timestamps: timestamps)
        try producer.produce(batch, timeout: .seconds(60))
        producer.poll(.zero)
      }
      try producer.flush(.seconds(60))
      return UInt64(count - failed - batches.reduce(0) { $0 + $1.failedCount })
    }
  }

  private func fill(_ batch: ProduceBatch, from start: Int, timestamps: Bool) {
    for index in start..<min(count, start + Load.batchSize) {
      var key = UInt64(index)
      _ = unsafe withUnsafeBytes(of: &key) { key in
        unsafe batch.append(
          to: PartitionID(0), key: key.bytes, value: value.span.bytes,
          timestamp: timestamps ? Timestamp(milliseconds: 1_700_000_000_000 + Int64(index)) : nil)
      }
    }
  }

  func consume(_ topic: String, batch size: Int) throws -> Measurement {
    let consumer = try Consumer(ClientConfiguration(settings(Load.consumer)))
    let partition = TopicPartition(topic: topic, partition: PartitionID(0))
    let queue = try consumer.start(partition, at: .earliest)
    var batch = ConsumeBatch(capacity: size)
    return try Measurement.of("consume \(size == 1 ? "one by one" : "batch"), wrapper", count: count) {
      var (hash, seen) = (UInt64(0), 0)
      while seen < count {
        try queue.read(into: &batch)
        if batch.isEmpty { consumer.wait(.milliseconds(100)) }
        for index in 0..<batch.count {
          let record = batch[index]
          guard let value = record.value, value.byteCount > 0 else { continue }
          let first = unsafe value.unsafeLoad(as: UInt8.self)
          hash = Load.mixed(hash, offset: record.offset.rawValue, count: value.byteCount, first: first)
        }
        seen += batch.count
      }
      return hash
    }
  }
}
