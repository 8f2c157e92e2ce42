// A running task's turn: gather what its inputs hold, fold it into an epoch, remember its commit.
internal import Basics
internal import Store

extension OwnedTask {
  var hasGathered: Bool { inputs.contains { !$0.batch.isEmpty } }

  func isFull(_ settings: EngineSettings) -> Bool {
    inputs.reduce(0) { $0 + $1.batch.count } >= settings.recordsPerEpochMax
      || inputs.reduce(0) { $0 + $1.batch.byteCount } >= settings.bytesPerEpochMax
  }

  /// Takes what has been fetched of its inputs, up to an epoch's limits. True when there was any.
  func gather(_ port: any ClientPort, _ settings: EngineSettings) throws(ClientFailure) -> Bool {
    var hasAny = false
    let share = settings.recordsPerEpochMax / inputs.count
    for index in inputs.indices {
      guard !isFull(settings) else { break }
      let before = inputs[index].batch.count
      guard before < share else { continue }
      let end = try port.read(inputs[index].partition, into: &inputs[index].batch, limit: share - before)
      inputs[index].looked(end: end)
      hasAny = hasAny || inputs[index].batch.count > before
    }
    return hasAny
  }

  /// Folds everything gathered into an epoch, which then waits for its commit.
  func seal(at wallClock: Timestamp) throws(ClientFailure) {
    precondition(phase == .running && sealed == nil, "an epoch on top of one not committed")
    let cursors = inputs
    let batches = inputs.indices.map { inputs[$0].take() }
    let end = max(time.now, wallClock)
    time.openEpoch(end: end, watermark: RecordedTime.watermark(behind: end))
    var open = OpenEpoch(
      batches, isControl: cursors.map(\.isControl), context: FoldContext(destinations, time),
      quarantine: Quarantine(
        processor: id.processor, inputs: cursors.map(\.partition), partition: quarantinePartition))
    body.fold(&open)
    open.finish()
    time = open.context.clock
    var changelog = OutboundRecords()
    for (number, store) in body.stores.enumerated() {
      store.takeChanges(into: &changelog, as: number, id.partition, at: time.now)
    }
    do throws(StoreError) { try state?.checkStores() } catch {
      // What was folded without what the disk could not give must not be published.
      memory = nil
      throw ClientFailure(error)
    }
    let taken = zip(cursors, open.ledgers).map { $0.taken($1) }
    let record = EpochRecord(
      epoch: epoch, recordedTime: time.now, watermark: time.watermark, codeHash: definition.codeHash,
      inputs: taken.sorted { $0.partition < $1.partition })
    sealed = EpochBuffer(
      record: record, outputs: open.context.records, quarantine: open.quarantine.records,
      changelog: changelog)
    epoch = epoch.next
  }

  /// The sealed epoch is known to be committed. Where its records lie is not known when the log was asked
  /// whether it is committed: then the changelogs count as read up to where they were before, which a restore
  /// may repeat.
  func committed(_ delivered: DeliveredEpoch?, at wallClock: Timestamp) throws(ClientFailure) {
    guard let buffer = sealed else { preconditionFailure("a commit of nothing") }
    let last = LoggedEpoch(record: buffer.record, bytes: buffer.recordBytes)
    memory = Memory(last: last)
    sealed = nil
    lastCommit = wallClock
    try keepState(of: last, delivered, at: wallClock)
  }

  /// The sealed epoch as it is sent.
  var publication: Publication? {
    sealed.map {
      Publication(
        buffer: $0, outputTopics: definition.outputs.map(\.topic),
        changelogTopics: definition.changelogTopics, quarantineTopic: definition.quarantineTopic,
        epochs: epochs)
    }
  }

  private var destinations: [FoldContext.Destination] {
    definition.outputs.map {
      .init(topic: $0.topic, partitions: partitionCounts[$0.topic] ?? 1, recordBytesMax: $0.recordBytesMax)
    }
  }

  /// A quarantine topic with fewer partitions than the processor has tasks is shared out.
  private var quarantinePartition: PartitionID {
    PartitionID(id.partition.rawValue % max(1, partitionCounts[definition.quarantineTopic] ?? 1))
  }
}
