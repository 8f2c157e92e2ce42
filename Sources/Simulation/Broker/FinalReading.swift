// What stands in the broker at the end, read through its own requests.
import Basics
import BrokerCore
import BrokerProtocol

struct FinalReading {
  /// Every record, by partition, in order.
  private(set) var records: [TopicPartition: [(offset: Offset, value: String)]] = [:]
  /// Those that readers of committed records get.
  private(set) var committed: [TopicPartition: [(offset: Offset, value: String)]] = [:]
  private(set) var topics: Set<String> = []
  /// The first offsets that were not deleted.
  private(set) var starts: [TopicPartition: Offset] = [:]
  private var positions: [String: Int64] = [:]
  private let broker: Broker
  private let now: Timestamp

  init(of broker: Broker, at now: Timestamp) {
    (self.broker, self.now) = (broker, now)
    guard case .metadata(let metadata) = ask(.metadata(MetadataRequest(topics: nil))) else { return }
    for topic in metadata.topics {
      guard let name = topic.name else { continue }
      topics.insert(name)
      for partition in topic.partitions {
        let place = TopicPartition(topic: name, partition: partition.partition)
        records[place] = read(place, .readUncommitted)
        committed[place] = read(place, .readCommitted)
      }
    }
  }

  private func ask(_ request: Request) -> Response? {
    broker.handle(
      request, header: RequestHeader(key: .metadata, version: 8), from: ConnectionID(rawValue: 0),
      token: ReplyToken(rawValue: 0), now: now)
    return broker.takeReplies().last?.response
  }

  /// From `start` or, where that was deleted, from what is left.
  private mutating func read(
    _ place: TopicPartition, _ isolation: IsolationLevel, from start: Offset = .zero
  ) -> [(Offset, String)] {
    let part = FetchRequest.Partition(partition: place.partition, fetchOffset: start)
    let request = FetchRequest(
      maxWait: .zero, isolation: isolation, topics: [TopicEntry(name: place.topic, partitions: [part])])
    guard case .fetch(let response) = ask(.fetch(request)) else { return [] }
    let answer = response.topics[0].partitions[0]
    starts[place] = answer.logStartOffset
    if answer.error == .offsetOutOfRange, start < answer.logStartOffset {
      return read(place, isolation, from: answer.logStartOffset)
    }
    // A batch may begin before what was asked for.
    return FetchedRecords(answer).records.filter { $0.offset >= start }
  }

  /// The group's committed position in partition 0 of the workers' topic; -1 when there is none.
  func position(of group: String) -> Int64 {
    let asked = TopicEntry(name: Scenery.records, partitions: [PartitionID(0)])
    let request = OffsetFetchRequest(groups: [.init(groupID: group, topics: [asked])])
    guard case .offsetFetch(let response) = ask(.offsetFetch(request)) else { return -1 }
    return response.groups[0].topics[0].partitions[0].offset.rawValue
  }
}

/// The names that clients share.
enum Scenery {
  static let records = "records"
  static let partitions: Int32 = 2
  static let workers = "workers"
  /// Compacted: of each key the last committed value stays.
  static let table = TopicPartition(topic: "table", partition: PartitionID(0))
  /// Its oldest records are deleted on request.
  static let trimmed = TopicPartition(topic: "trimmed", partition: PartitionID(0))

  static func place(_ partition: Int32) -> TopicPartition {
    TopicPartition(topic: records, partition: PartitionID(partition))
  }
}

/// What a client writes: its name and a number that grows. Every fifth of its values has the same key.
struct NumberedValue: Hashable {
  static let keys = 5
  let writer: Substring
  let number: Int

  /// Nil when it is no client's value.
  init?(_ text: String) {
    let parts = text.split(separator: ":")
    guard parts.count == 2, let number = Int(parts[1]) else { return nil }
    (writer, self.number) = (parts[0], number)
  }

  var key: String { "\(writer)/\(number % Self.keys)" }
}

/// A fetched partition as a consumer hands it on: without markers and without what was aborted.
struct FetchedRecords {
  private(set) var records: [(offset: Offset, value: String)] = []
  /// Where to go on.
  private(set) var next: Offset?
  private(set) var isBroken = false

  init(_ part: FetchResponse.Partition) {
    var aborted = (part.abortedTransactions ?? []).sorted { $0.firstOffset < $1.firstOffset }
    var skipped: Set<ProducerID> = []
    for chunk in part.records {
      guard case .memory(let bytes) = chunk, let batches = try? RecordBatch.all(in: bytes) else {
        isBroken = true
        continue
      }
      for batch in batches {
        next = batch.header.nextOffset
        while let first = aborted.first, first.firstOffset <= batch.header.lastOffset {
          skipped.insert(first.producerID)
          aborted.removeFirst()
        }
        if let outcome = batch.markedOutcome {
          if outcome == .abort { skipped.remove(batch.header.producerID) }
        } else if !(batch.header.attributes.isTransactional && skipped.contains(batch.header.producerID)) {
          take(batch)
        }
      }
    }
  }

  private mutating func take(_ batch: RecordBatch) {
    var reader = RecordReader(batch.records)
    while let record = try? reader.next() {
      let value = String(decoding: record.value?.bytes ?? [], as: UTF8.self)
      records.append((batch.header.baseOffset + record.offsetDelta, value))
    }
  }
}

extension RecordBatch {
  /// One record per value, as a producer sends them.
  static func carrying(
    _ values: [String], producer: ProducerID, epoch: ProducerEpoch, sequence: Int32, transactional: Bool
  ) -> ByteSlice {
    var builder = RecordBatchBuilder(
      baseTimestamp: .zero, attributes: RecordBatchAttributes(isTransactional: transactional),
      producerID: producer, producerEpoch: epoch, baseSequence: sequence)
    for value in values {
      let key = NumberedValue(value).map { ByteSlice(Array($0.key.utf8)) }
      builder.append(key: key, value: ByteSlice(Array(value.utf8)))
    }
    return ByteSlice(builder.build().bytes)
  }
}
