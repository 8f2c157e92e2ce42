// What of a task's past can be replayed, told from its epoch log and from what is retained, without folding
// anything.
public import Basics
public import Runtime

/// A task's past as its log has it.
public struct TaskSurvey: Sendable {
  /// Epochs in a row that were folded by the same code.
  public struct Stretch: Hashable, Sendable {
    public var codeHash: UInt64
    public var epochs: ClosedRange<Epoch>
  }

  public var task: TaskID
  /// Of today's code.
  public var codeHash: UInt64
  public var records: Int64 = 0
  public var stretches: [Stretch] = []
  /// Recorded time of the first epoch and of the last.
  public var begin: Timestamp?
  public var end: Timestamp?
  /// The last epoch whose inputs are not all there any more.
  public var lastGone: (epoch: Epoch, end: Timestamp)?
  /// False when a processor remembers something, so that its past can only be entered where it began.
  public var isStateless: Bool

  public var epochs: ClosedRange<Epoch>? {
    guard let first = stretches.first, let last = stretches.last else { return nil }
    return first.epochs.lowerBound...last.epochs.upperBound
  }

  /// The whole of it can be folded again.
  public var isWhole: Bool {
    guard let epochs else { return false }
    return lastGone == nil && (epochs.lowerBound == Epoch(0) || isStateless)
  }

  /// Reads the task's epoch log up to its present end.
  public init(
    _ partition: PartitionID, of definition: ProcessorDefinition, _ port: any ClientPort
  ) throws(Diagnostic) {
    task = TaskID(processor: definition.name, partition: partition)
    codeHash = definition.codeHash
    isStateless = TaskFold(partition, of: definition).stores.isEmpty
    var epochs = try RecordedEpochs(
      TopicPartition(topic: definition.epochsTopic, partition: partition), port)
    let inputs = try EpochInputs(definition, partition, port)
    defer { epochs.stop() }
    while let record = try epochs.next() {
      records += record.ledger.read
      begin = begin ?? record.recordedTime
      end = record.recordedTime
      if !inputs.isRetained(record) { lastGone = (record.epoch, record.recordedTime) }
      if let last = stretches.last, last.codeHash == record.codeHash {
        stretches[stretches.count - 1].epochs = last.epochs.lowerBound...record.epoch
      } else {
        stretches.append(Stretch(codeHash: record.codeHash, epochs: record.epoch...record.epoch))
      }
    }
  }
}
