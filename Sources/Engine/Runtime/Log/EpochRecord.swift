// What one epoch of a task was, as its epochs partition keeps it: the recorded order of the world. With it
// and the retained inputs the epoch can be folded again to the same bytes. The bytes of it:
// docs/epoch-records.md.
public import Basics

/// One committed epoch: which records it read, the time it recorded, and hashes of all it made.
public struct EpochRecord: Hashable, Sendable {
  /// What the epoch read of one input partition: the records in `first ..< next` that Kafka delivers.
  /// Transaction markers, records of aborted transactions and what compaction removed lie inside but are not
  /// counted.
  public struct Input: Hashable, Sendable {
    public var partition: TopicPartition
    public var first: Offset
    /// Where the next epoch begins.
    public var next: Offset
    /// How many offsets in front of the range a person ordered to be passed over, because they were deleted.
    public var skipped: Int64
    public var ledger: Ledger

    public init(
      _ partition: TopicPartition, first: Offset, next: Offset, skipped: Int64 = 0, ledger: Ledger = Ledger()
    ) {
      self.partition = partition
      self.first = first
      self.next = next
      self.skipped = skipped
      self.ledger = ledger
    }
  }

  public var epoch: Epoch
  /// Recorded time at the epoch's end; never less than the previous epoch's.
  public var recordedTime: Timestamp
  /// The watermark at the epoch's end; never less than the previous epoch's.
  public var watermark: EventTime
  /// Of the code that folded it.
  public var codeHash: UInt64
  /// Of the configuration in force at its end, as the control input has it; 0 without one.
  public var configurationHash: UInt64
  /// Of outputs and quarantined records, in order.
  public var outputHash: UInt64
  /// Of the changes of all stores, in order.
  public var stateHash: UInt64
  /// Every input partition of the task, also those of which nothing was read, ordered by topic, then number.
  public var inputs: [Input]
  /// Upstream tasks that did not hold time back in this epoch, because they had been silent; in order.
  public var passedOver: [UpstreamTask]

  public init(
    epoch: Epoch, recordedTime: Timestamp, watermark: EventTime, codeHash: UInt64,
    configurationHash: UInt64 = 0, outputHash: UInt64 = 0, stateHash: UInt64 = 0, inputs: [Input],
    passedOver: [UpstreamTask] = []
  ) {
    self.epoch = epoch
    self.recordedTime = recordedTime
    self.watermark = watermark
    self.codeHash = codeHash
    self.configurationHash = configurationHash
    self.outputHash = outputHash
    self.stateHash = stateHash
    self.inputs = inputs
    self.passedOver = passedOver
  }

  /// All inputs' ledgers together.
  public var ledger: Ledger { inputs.reduce(Ledger()) { $0 + $1.ledger } }

  public func next(of partition: TopicPartition) -> Offset? {
    inputs.first { $0.partition == partition }?.next
  }
}

/// A task that writes one of this task's inputs.
public struct UpstreamTask: Hashable, Comparable, Sendable {
  /// The input.
  public var topic: String
  public var processor: String
  public var task: PartitionID

  public init(topic: String, processor: String, task: PartitionID) {
    self.topic = topic
    self.processor = processor
    self.task = task
  }

  public static func < (a: UpstreamTask, b: UpstreamTask) -> Bool {
    (a.topic, a.processor, a.task) < (b.topic, b.processor, b.task)
  }
}
