// What a producer handle of librdkafka keeps: its identity, the open transaction, and the batches whose
// delivery is not known.
internal import Basics
internal import BrokerProtocol
internal import Runtime

struct SimulatedProducer {
  struct Batch {
    var place: TopicPartition
    var records: [DeliveredRecord]
    /// Its first sequence number, given when it is sent first.
    var sequence: Int32?
    var delivered: Offset?
    var failure: String?
  }

  /// Where an epoch's records are found once they are delivered: a batch and a place in it.
  struct Place {
    var batch: Int
    var index: Int
  }

  var identity: (id: ProducerID, epoch: ProducerEpoch)?
  var sequences: [TopicPartition: Int32] = [:]
  /// Partitions that the brokers know to be in the open transaction.
  var added: Set<TopicPartition> = []
  /// The brokers may know of the open transaction.
  var mayBeOpen = false
  var batches: [Batch] = []
  var epochs: [(record: Place, changelogs: [Place?])] = []
  var isFilled = false

  /// A new transaction: whatever was known of the last one is done with.
  mutating func clear() {
    added = []
    mayBeOpen = false
    batches = []
    epochs = []
    isFilled = false
  }

  /// Some batch may or may not stand in its log: sequence numbers cannot go on from here.
  var hasUncertain: Bool {
    batches.contains { ($0.sequence != nil && $0.delivered == nil) || $0.failure != nil }
  }

  /// Takes an epoch's records, in batches of a few, each partition's in order.
  mutating func fill(_ publications: [Publication], _ random: inout SeededRandom) {
    isFilled = true
    for publication in publications {
      let buffer = publication.buffer
      _ = add(buffer.outputs, to: publication.outputTopics, &random)
      _ = add(buffer.announcements, to: publication.outputTopics, &random)
      let changelogs = add(buffer.changelog, to: publication.changelogTopics, &random)
      _ = add(buffer.quarantine, to: [publication.quarantineTopic], &random)
      let record = DeliveredRecord(
        offset: .zero, timestamp: buffer.record.recordedTime, key: nil, value: buffer.recordBytes)
      epochs.append((add(record, to: publication.epochs, &random), changelogs))
    }
  }

  private mutating func add(
    _ records: OutboundRecords, to topics: [String], _ random: inout SeededRandom
  ) -> [Place?] {
    var last = [Place?](repeating: nil, count: topics.count)
    for index in 0..<records.count {
      let record = records[index]
      let place = TopicPartition(topic: topics[record.output], partition: record.partition)
      var copy = DeliveredRecord(offset: .zero, timestamp: record.timestamp)
      if let key = record.key { copy.key = key.copied }
      if let value = record.value { copy.value = value.copied }
      records.forEachHeader(of: index) { name, value in
        var header = DeliveredRecord.Header(name: String(decoding: name.copied, as: UTF8.self))
        if let value { header.value = value.copied }
        copy.headers.append(header)
      }
      last[record.output] = add(copy, to: place, &random)
    }
    return last
  }

  private mutating func add(
    _ record: DeliveredRecord, to place: TopicPartition, _ random: inout SeededRandom
  ) -> Place {
    let open = batches.lastIndex { $0.place == place }
    if let open, random.chance(4, in: 5) {
      batches[open].records.append(record)
      return Place(batch: open, index: batches[open].records.count - 1)
    }
    batches.append(Batch(place: place, records: [record]))
    return Place(batch: batches.count - 1, index: 0)
  }

  func offset(of place: Place) -> Offset? {
    batches[place.batch].delivered.map { $0 + Int64(place.index) }
  }

  /// The batch as it goes over the wire, numbered on its first way.
  mutating func bytes(of index: Int) -> ByteSlice {
    let place = batches[index].place
    if batches[index].sequence == nil {
      batches[index].sequence = sequences[place, default: 0]
      sequences[place, default: 0] += Int32(batches[index].records.count)
    }
    return RecordBatch.carrying(
      batches[index].records, as: identity, sequence: batches[index].sequence ?? 0, isTransactional: true)
  }
}

extension BrokerProtocol.RecordBatch {
  /// The records as a producer sends them; without an identity, as one that keeps no order.
  static func carrying(
    _ records: [DeliveredRecord], as identity: (id: ProducerID, epoch: ProducerEpoch)?, sequence: Int32,
    isTransactional: Bool
  ) -> ByteSlice {
    var builder = RecordBatchBuilder(
      baseTimestamp: records[0].timestamp,
      attributes: RecordBatchAttributes(isTransactional: isTransactional),
      producerID: identity?.id ?? .none, producerEpoch: identity?.epoch ?? .none,
      baseSequence: identity == nil ? -1 : sequence)
    for record in records {
      builder.append(
        key: record.key.map { ByteSlice($0) }, value: record.value.map { ByteSlice($0) },
        headers: record.headers.map { ($0.name, $0.value.map { ByteSlice($0) }) },
        timestamp: record.timestamp)
    }
    return ByteSlice(builder.build().bytes)
  }
}

extension RawSpan {
  var copied: [UInt8] { unsafe withUnsafeBytes { unsafe [UInt8]($0) } }
}
