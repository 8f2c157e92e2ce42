// Compares what an epoch makes today with what it published then, to name the first difference. It runs once,
// when the hashes have said that there is one, so it reads whatever it has to.
internal import Basics
internal import Runtime

/// The comparison of one epoch.
struct DifferenceSearch {
  private let definition: ProcessorDefinition
  private let task: TaskID
  private let port: any ClientPort
  private let fold: TaskFold

  typealias Detail = EpochDifference.Detail

  init(_ definition: ProcessorDefinition, _ task: TaskID, _ port: any ClientPort, _ fold: TaskFold) {
    self.definition = definition
    self.task = task
    self.port = port
    self.fold = fold
  }

  /// `previous` is recorded time at the end of the epoch before.
  func difference(
    _ buffer: EpochBuffer, _ recorded: EpochRecord, after previous: Timestamp
  ) throws(Diagnostic) -> EpochDifference {
    var details = timeDetails(buffer.record, recorded)
    if let detail = ledgerDetail(buffer.record, recorded) { details.append(detail) }
    let window = previous...recorded.recordedTime
    if buffer.record.outputHash != recorded.outputHash {
      details.append(try outputDetail(buffer, during: window))
    }
    if buffer.record.stateHash != recorded.stateHash { details.append(try stateDetail(buffer, recorded)) }
    return EpochDifference(epoch: recorded.epoch, recordedTime: recorded.recordedTime, details: details)
  }

  private var epochs: TopicPartition {
    TopicPartition(topic: definition.epochsTopic, partition: task.partition)
  }

  private func timeDetails(_ own: EpochRecord, _ recorded: EpochRecord) -> [Detail] {
    let facts = [
      ("recorded time", "\(recorded.recordedTime)", "\(own.recordedTime)"),
      ("watermark", "\(recorded.watermark)", "\(own.watermark)"),
      ("configuration", hexadecimal(recorded.configurationHash), hexadecimal(own.configurationHash)),
    ]
    return facts.filter { $0.1 != $0.2 }.map {
      Detail(
        part: .time, partition: epochs, key: "", field: $0.0, published: $0.1, recomputed: $0.2, offset: nil)
    }
  }

  private func ledgerDetail(_ own: EpochRecord, _ recorded: EpochRecord) -> Detail? {
    for (recorded, own) in zip(recorded.inputs, own.inputs) where recorded != own {
      let reasons = Set(recorded.ledger.setAside.keys).union(own.ledger.setAside.keys).sorted()
      var counts = [
        ("read", recorded.ledger.read, own.ledger.read),
        ("folded", recorded.ledger.folded, own.ledger.folded),
        ("forwarded", recorded.ledger.forwarded, own.ledger.forwarded),
      ]
      counts += reasons.map { ("\($0)", recorded.ledger.setAside[$0] ?? 0, own.ledger.setAside[$0] ?? 0) }
      guard let first = counts.first(where: { $0.1 != $0.2 }) else { continue }
      return Detail(
        part: .ledger, partition: recorded.partition, key: "", field: first.0, published: "\(first.1)",
        recomputed: "\(first.2)", offset: nil)
    }
    return nil
  }

  // MARK: Outputs

  private func outputDetail(
    _ buffer: EpochBuffer, during window: ClosedRange<Timestamp>
  ) throws(Diagnostic) -> Detail {
    for (number, output) in definition.outputs.enumerated() {
      let own = shown(buffer.outputs, output: number)
      // Without a key it is an announcement, which no hash is taken over.
      let published = try published(output.topic, during: window) { $0.content.key != nil }
      if let detail = compare(own, published, output.topic, .output, { fields($0, $1) }) { return detail }
    }
    let own = shown(buffer.quarantine, output: 0)
    let task = task
    let published = try published(definition.quarantineTopic, during: window) { record in
      let partition = record.header("ratchet_partition")
      return record.header("ratchet_processor") == task.processor
        && (partition == nil || partition == "\(task.partition)")
    }
    let found = compare(own, published, definition.quarantineTopic, .output, { fields($0, $1) })
    return found ?? order(definition.outputs.first?.topic ?? definition.quarantineTopic, .output)
  }

  // MARK: State

  private func stateDetail(
    _ buffer: EpochBuffer, _ recorded: EpochRecord
  ) throws(Diagnostic) -> Detail {
    let window = recorded.recordedTime...recorded.recordedTime
    for (number, topic) in definition.allChangelogTopics.enumerated() {
      let own = shown(buffer.changelog, output: number)
      let published = try published(topic, in: task.partition, during: window) { _ in true }
      let store = number < fold.stores.count ? fold.stores[number] as? any DescribingStore : nil
      let detail = compare(own, published, topic, .state) { published, own in
        described(store, published, own) ?? fields(published, own)
      }
      if let detail { return detail }
    }
    return order(definition.allChangelogTopics.first ?? definition.epochsTopic, .state)
  }

  private func order(_ topic: String, _ part: Detail.Part) -> Detail {
    Detail(
      part: part, partition: TopicPartition(topic: topic, partition: task.partition), key: "",
      field: "order of the records", published: nil, recomputed: nil, offset: nil)
  }

  // MARK: Records

  private func shown(_ records: OutboundRecords, output: Int) -> [ShownRecord] {
    (0..<records.count).filter { records[$0].output == output }.map { ShownRecord(records, $0) }
  }

  /// The records of a topic, or of one of its partitions, stamped within `window`. Tasks share their output
  /// topics, so some of them may be another task's.
  private func published(
    _ topic: String, in partition: PartitionID? = nil, during window: ClosedRange<Timestamp>,
    _ isOwn: (ShownRecord) -> Bool
  ) throws(Diagnostic) -> [ShownRecord] {
    let count = fold.partitionCounts[topic] ?? 1
    let numbers = partition.map { [$0] } ?? (0..<count).map { PartitionID($0) }
    var found: [ShownRecord] = []
    for number in numbers {
      let place = TopicPartition(topic: topic, partition: number)
      let bounds = try port.knownBounds(of: place)
      if bounds.isEmpty { continue }
      let reader = try PartitionReader(place, at: bounds.lowerBound, port)
      defer { reader.stop() }
      while let batch = try reader.read(upTo: bounds.upperBound) {
        for index in 0..<batch.count where window.contains(batch[index].timestamp) {
          let record = ShownRecord(batch[index], of: number)
          if isOwn(record) { found.append(record) }
        }
      }
    }
    return found
  }

  /// The first difference between records: one that comes out today and was not published so, else one that
  /// was published and does not come out. nil when both are the same.
  private func compare(
    _ own: [ShownRecord], _ published: [ShownRecord], _ topic: String, _ part: Detail.Part,
    _ differ: (_ published: ShownRecord, _ own: ShownRecord) -> FieldDifference
  ) -> Detail? {
    var unmatched: [ShownRecord.Content: Int] = [:]
    for record in published { unmatched[record.content, default: 0] += 1 }
    var first: ShownRecord?
    for record in own {
      if let count = unmatched[record.content], count > 0 {
        unmatched[record.content] = count - 1
      } else {
        first = first ?? record
      }
    }
    let rest = published.filter { unmatched[$0.content, default: 0] > 0 }
    guard let first else {
      return rest.first.map { record in
        detail(record, nil, topic, part, FieldDifference(record.keyText, "record", record.valueText, nil))
      }
    }
    let twins = rest.filter {
      $0.content.key == first.content.key && $0.content.partition == first.content.partition
    }
    guard let twin = twins.first(where: { $0.content.timestamp == first.content.timestamp }) ?? twins.first
    else {
      return detail(nil, first, topic, part, FieldDifference(first.keyText, "record", nil, first.valueText))
    }
    return detail(twin, first, topic, part, differ(twin, first))
  }

  private func detail(
    _ published: ShownRecord?, _ own: ShownRecord?, _ topic: String, _ part: Detail.Part,
    _ difference: FieldDifference
  ) -> Detail {
    let partition = (published ?? own)?.content.partition ?? task.partition
    return Detail(
      part: part, partition: TopicPartition(topic: topic, partition: partition), key: difference.key,
      field: difference.field, published: difference.published, recomputed: difference.recomputed,
      offset: published?.offset)
  }
}
