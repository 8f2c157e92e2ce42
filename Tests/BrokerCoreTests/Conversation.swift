// A broker over a disk in memory, driven by hand: ask, let time pass, flush, kill. Nothing happens on its
// own.
import Basics
import BrokerProtocol

@testable import BrokerCore

final class Conversation {
  let disk: MemoryDisk
  private(set) var broker: Broker
  var settings: BrokerSettings
  var now: Timestamp
  /// Who asks.
  var principal = Principal.anyone
  private var nextToken: UInt64 = 0
  /// Answers that nobody has taken yet.
  private var answered: [ReplyToken: Reply] = [:]

  init(
    now: Timestamp = Timestamp(milliseconds: 1_700_000_000_000),
    _ adjust: (inout BrokerSettings) -> Void = { _ in }
  ) throws {
    disk = MemoryDisk()
    settings = BrokerSettings(seed: 1)
    adjust(&settings)
    self.now = now
    broker = try Broker.open(on: disk, storing: LogStoreSettings(), settings: settings, now: now).broker
  }

  /// Sends a request; its answer is there at once, later, or never.
  @discardableResult
  func send(_ request: Request, version: Int16, client: String? = "test", connection: UInt64 = 1)
    -> ReplyToken
  {
    nextToken += 1
    let token = ReplyToken(rawValue: nextToken)
    broker.handle(
      request, header: RequestHeader(key: .produce, version: version, clientID: client),
      from: ConnectionID(rawValue: connection), token: token, as: principal, now: now)
    collect()
    return token
  }

  /// The answer to a request, if there is one.
  func answer(to token: ReplyToken) -> Reply? { answered.removeValue(forKey: token) }

  func ask(_ request: Request, version: Int16) throws -> Response {
    let token = send(request, version: version)
    guard let reply = answer(to: token) else { throw NoAnswer() }
    return reply.response
  }

  struct NoAnswer: Error {}

  func pass(_ duration: Duration) {
    now = now + duration
    broker.tick(now: now)
    collect()
  }

  func flush() throws {
    while let job = broker.takeFlush() {
      try job.run()
      broker.completed(job, now: now)
    }
    collect()
  }

  /// A new start on what has been flushed; everything else is lost.
  func restart() throws {
    answered = [:]
    broker = try Broker.open(on: disk, storing: LogStoreSettings(), settings: settings, now: now).broker
  }

  private func collect() {
    for reply in broker.takeReplies() { answered[reply.address.token] = reply }
  }
}

/// Short forms of what tests ask most.
extension Conversation {
  @discardableResult
  func create(_ topic: String, partitions: Int32 = 1, _ configs: [String: String] = [:]) throws
    -> CreateTopicsResponse.Topic
  {
    let configs = configs.sorted { $0.key < $1.key }.map { ConfigValue(name: $0.key, value: $0.value) }
    let request = CreateTopicsRequest(topics: [
      .init(name: topic, partitionCount: partitions, replicationFactor: 1, configs: configs)
    ])
    guard case .createTopics(let response) = try ask(.createTopics(request), version: 7) else {
      throw NoAnswer()
    }
    return response.topics[0]
  }

  func produce(_ batch: RecordBatch, to topic: String, partition: Int32 = 0, transactionalID: String? = nil)
    throws -> ProduceResponse.Partition
  {
    try produce(ByteSlice(batch.bytes), to: topic, partition: partition, transactionalID: transactionalID)
  }

  func produce(_ bytes: ByteSlice?, to topic: String, partition: Int32 = 0, transactionalID: String? = nil)
    throws -> ProduceResponse.Partition
  {
    let request = Self.produceRequest(bytes, to: topic, partition: partition, transactionalID)
    guard case .produce(let response) = try ask(request, version: 9) else { throw NoAnswer() }
    return response.topics[0].partitions[0]
  }

  static func produceRequest(
    _ bytes: ByteSlice?, to topic: String, partition: Int32 = 0, _ transactionalID: String? = nil,
    acks: Acks = .all
  ) -> Request {
    .produce(
      ProduceRequest(
        transactionalID: transactionalID, acks: acks,
        topics: [
          TopicEntry(name: topic, partitions: [.init(partition: PartitionID(partition), records: bytes)])
        ]))
  }

  static func fetchRequest(
    _ topic: String, from offset: Int64, partition: Int32 = 0, _ isolation: IsolationLevel,
    wait: Duration = .zero, minBytes: Int32 = 0, maxBytes: Int32 = .max
  ) -> Request {
    .fetch(
      FetchRequest(
        maxWait: wait, minBytes: minBytes, maxBytes: maxBytes, isolation: isolation,
        topics: [
          TopicEntry(
            name: topic,
            partitions: [.init(partition: PartitionID(partition), fetchOffset: Offset(offset))])
        ]))
  }

  func fetch(
    _ topic: String, from offset: Int64, partition: Int32 = 0,
    _ isolation: IsolationLevel = .readUncommitted
  ) throws -> FetchResponse.Partition {
    let request = Self.fetchRequest(topic, from: offset, partition: partition, isolation)
    guard case .fetch(let response) = try ask(request, version: 12) else { throw NoAnswer() }
    return response.topics[0].partitions[0]
  }

  /// What a consumer with this isolation would hand to its user.
  func values(in topic: String, partition: Int32 = 0, _ isolation: IsolationLevel = .readUncommitted) throws
    -> [String]
  {
    try readable(fetch(topic, from: 0, partition: partition, isolation))
  }
}

/// The records' values, in order, without those of aborted transactions.
func readable(_ part: FetchResponse.Partition) throws -> [String] {
  var skipped: Set<ProducerID> = []
  var upcoming = (part.abortedTransactions ?? []).sorted { $0.firstOffset < $1.firstOffset }
  var values: [String] = []
  for chunk in part.records {
    guard case .memory(let bytes) = chunk else { continue }
    for batch in try RecordBatch.all(in: bytes) {
      while let next = upcoming.first, next.firstOffset <= batch.header.lastOffset {
        skipped.insert(next.producerID)
        upcoming.removeFirst()
      }
      if let outcome = batch.markedOutcome {
        if outcome == .abort { skipped.remove(batch.header.producerID) }
        continue
      }
      if batch.header.attributes.isTransactional, skipped.contains(batch.header.producerID) { continue }
      var reader = RecordReader(batch.records)
      while let record = try reader.next() {
        values.append(String(decoding: record.value?.bytes ?? [], as: UTF8.self))
      }
    }
  }
  return values
}

extension RecordBatch {
  /// A batch as a producer sends it: base offset 0, one record per value.
  static func of(
    _ values: [String], producer: ProducerID = .none, epoch: Int16 = -1, sequence: Int32 = -1,
    transactional: Bool = false, at time: Timestamp = Timestamp(milliseconds: 1_700_000_000_000)
  ) -> RecordBatch {
    var builder = RecordBatchBuilder(
      baseTimestamp: time, attributes: RecordBatchAttributes(isTransactional: transactional),
      producerID: producer, producerEpoch: ProducerEpoch(epoch), baseSequence: sequence)
    for value in values {
      builder.append(key: ByteSlice([1]), value: ByteSlice(Array(value.utf8)), timestamp: time)
    }
    return builder.build()
  }
}
