// The records that an epoch record names, read again: exactly as many as it says, or nothing can be said.
internal import Basics
internal import Runtime

/// The input partitions of a task, read along its epoch log.
struct EpochInputs {
  private let port: any ClientPort
  private let definition: ProcessorDefinition
  private let partition: PartitionID
  private var readers: [TopicPartition: PartitionReader] = [:]
  /// The first offset that is still there.
  private var earliest: [TopicPartition: Offset] = [:]

  /// What an epoch's inputs turned out to be.
  enum Reading {
    /// In the processor's declared order.
    case complete([EpochRecord.Input], [RecordBatch])
    case missing(ReplayResult.Missing)
    /// The record names other partitions than the processor reads.
    case otherInputs
  }

  init(_ definition: ProcessorDefinition, _ partition: PartitionID, _ port: any ClientPort)
    throws(Diagnostic)
  {
    (self.definition, self.partition, self.port) = (definition, partition, port)
    for input in definition.inputs {
      let place = TopicPartition(topic: input.topic, partition: partition)
      earliest[place] = try port.knownBounds(of: place).lowerBound
    }
  }

  func stop() { for reader in readers.values { reader.stop() } }

  /// True when nothing that the epoch read, and nothing behind it, was deleted.
  func isRetained(_ record: EpochRecord) -> Bool {
    record.inputs.allSatisfy { $0.first == $0.next || $0.first >= earliest[$0.partition] ?? .zero }
  }

  mutating func read(_ record: EpochRecord) throws(Diagnostic) -> Reading {
    var inputs: [EpochRecord.Input] = []
    var batches: [RecordBatch] = []
    for declared in definition.inputs {
      let place = TopicPartition(topic: declared.topic, partition: partition)
      guard let input = record.inputs.first(where: { $0.partition == place }) else { return .otherInputs }
      let batch = try read(input)
      guard Int64(batch.count) == input.ledger.read else {
        return .missing(
          ReplayResult.Missing(
            epoch: record.epoch, partition: place, first: input.first, next: input.next,
            read: input.ledger.read, found: Int64(batch.count), earliest: earliest[place] ?? .zero))
      }
      inputs.append(input)
      batches.append(batch)
    }
    return inputs.count == record.inputs.count ? .complete(inputs, batches) : .otherInputs
  }

  private mutating func read(_ input: EpochRecord.Input) throws(Diagnostic) -> RecordBatch {
    guard input.first < input.next else { return RecordBatch() }
    let earliest = earliest[input.partition] ?? .zero
    // What was deleted is known to be missing without reading what is left.
    guard input.first >= earliest || input.next > earliest else { return RecordBatch() }
    let reader: PartitionReader
    if let known = readers[input.partition] {
      reader = known
    } else {
      reader = try PartitionReader(input.partition, at: max(input.first, earliest), port)
      readers[input.partition] = reader
    }
    _ = try reader.take(before: input.first)
    return try reader.take(before: input.next)
  }
}
