// An epoch bundle's records as librdkafka takes them: one batch per topic, in the order of the epochs.
internal import Basics
internal import Kafka

extension KafkaError {
  /// The topic would not take the record another time either: too large (10, 18), forbidden (29), against the
  /// topic's policy (44) or its rules for records (87).
  fileprivate var isOfRecord: Bool { [10, 18, 29, 44, 87].contains(cause?.code) }
}

/// What is produced in one transaction, kept until its delivery is known.
struct OutgoingBatches {
  private(set) var batches: [ProduceBatch] = []
  private var numbers: [String: Int] = [:]
  private var epochs: [(record: Place, changelogs: [Place?])] = []
  /// Of earlier transactions: memory got anew for every transaction would cost a page fault every 4 kB.
  private var spare: [ProduceBatch] = []

  private struct Place {
    var batch: ProduceBatch
    var index: Int
  }

  init() {}

  /// Gets ready for another transaction.
  mutating func clear() {
    // One whose producer was given up may still be read by it.
    spare = (spare + batches).filter { !$0.isPending }
    batches = []
    numbers = [:]
    epochs = []
  }

  mutating func add(_ publications: [Publication]) {
    for publication in publications {
      let buffer = publication.buffer
      add(buffer.outputs, to: publication.outputTopics)
      add(buffer.announcements, to: publication.outputTopics)
      let changelogs = add(buffer.changelog, to: publication.changelogTopics)
      add(buffer.quarantine, to: [publication.quarantineTopic])
      let batch = batch(publication.epochs.topic)
      let index = batch.append(
        to: publication.epochs.partition, key: nil, value: unsafe buffer.recordBytes.span.bytes,
        timestamp: buffer.record.recordedTime)
      epochs.append((Place(batch: batch, index: index), changelogs))
    }
  }

  var isEmpty: Bool { batches.isEmpty }

  private mutating func batch(_ topic: String) -> ProduceBatch {
    if let number = numbers[topic] { return batches[number] }
    numbers[topic] = batches.count
    let batch: ProduceBatch
    if let index = spare.firstIndex(where: { $0.topic == topic }) {
      batch = spare.remove(at: index)
      batch.removeAll()
    } else {
      batch = ProduceBatch(topic: topic)
    }
    batches.append(batch)
    return batch
  }

  /// Adds records whose outputs are numbers of `topics`. Returns the place of the last one for each.
  @discardableResult
  private mutating func add(_ records: OutboundRecords, to topics: [String]) -> [Place?] {
    var last = [Place?](repeating: nil, count: topics.count)
    for index in 0..<records.count {
      let record = records[index]
      let batch = last[record.output]?.batch ?? self.batch(topics[record.output])
      let place = batch.append(
        to: record.partition, key: record.key, value: record.value, timestamp: record.timestamp)
      records.forEachHeader(of: index) { name, value in batch.appendHeader(name, value) }
      last[record.output] = Place(batch: batch, index: place)
    }
    return last
  }

  /// Where the epochs came to lie, once everything has been reported on.
  func delivered() throws(ClientFailure) -> [DeliveredEpoch] {
    for batch in batches {
      guard let failure = batch.firstFailure else { continue }
      let reason = "\(batch.topic): \(failure.error)"
      throw failure.error.isOfRecord ? .refused(reason) : .abort(reason)
    }
    var delivered: [DeliveredEpoch] = []
    for (record, changelogs) in epochs {
      var ends: [Offset?] = []
      for place in changelogs {
        if let place { ends.append(try offset(of: place)) } else { ends.append(nil) }
      }
      delivered.append(DeliveredEpoch(record: try offset(of: record), changelogs: ends))
    }
    return delivered
  }

  private func offset(of place: Place) throws(ClientFailure) -> Offset {
    guard case .delivered(let offset) = place.batch.outcome(of: place.index) else {
      throw .abort("\(place.batch.topic): a record without a delivery report")
    }
    return offset
  }
}
