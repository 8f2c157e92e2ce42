// The one way in which an epoch is folded: a worker folds what it has just gathered, a replay what an epoch
// record names. All that an epoch's bytes follow from comes in here, and nothing else does: no clock and no
// port.
public import Basics

/// An epoch whose records and whose end are settled, not yet folded.
public struct ClosedEpoch: Sendable {
  public var epoch: Epoch
  /// What it read of each input, in the processor's declared order; the ledgers are made by folding.
  public var inputs: [EpochRecord.Input]
  /// Where the records of each input are, and which of them the epoch reads.
  public var batches: [RecordBatch]
  public var ranges: [Range<Int>]
  /// Recorded time and watermark at its end.
  public var end: Timestamp
  public var watermark: EventTime
  public var passedOver: [UpstreamTask]
  /// Each record is looked at for what it makes of the stores' values; an epoch that sets none aside for it
  /// is the same either way.
  public var isCareful: Bool

  public init(
    _ epoch: Epoch, _ inputs: [EpochRecord.Input], _ batches: [RecordBatch], _ ranges: [Range<Int>],
    end: Timestamp, watermark: EventTime, passedOver: [UpstreamTask] = [], isCareful: Bool = false
  ) {
    precondition(
      inputs.count == batches.count && inputs.count == ranges.count, "a range of a batch for each input")
    self.epoch = epoch
    self.inputs = inputs
    self.batches = batches
    self.ranges = ranges
    self.end = end
    self.watermark = watermark
    self.passedOver = passedOver
    self.isCareful = isCareful
  }
}

/// A task's memory: its processor and how far recorded time has come. Used on one thread.
public struct TaskFold {
  let id: TaskID
  let definition: ProcessorDefinition
  let body: any TaskBody
  private(set) var time = RecordedTime()
  /// Of the configuration in force.
  private var configurationHash: UInt64 = 0
  /// The one output that a backtest asks for; nil: all of them, and what the stores changed.
  private let onlyOutput: Int?
  /// How many partitions the outputs' topics and the quarantine topic have. Which partition an output goes to
  /// is not part of its hash; which records are forwarded follows from the rekey topic's.
  public var partitionCounts: [String: Int32] = [:]

  /// A task with empty stores, behind the epoch `last`.
  public init(
    _ partition: PartitionID, of definition: ProcessorDefinition, after last: EpochRecord? = nil,
    onlyOutput: Int? = nil
  ) {
    id = TaskID(processor: definition.name, partition: partition)
    self.definition = definition
    self.onlyOutput = onlyOutput
    body = definition.makeBody(partition)
    if let last {
      time = RecordedTime(last.recordedTime, last.watermark)
      configurationHash = last.configurationHash
    }
  }

  /// What it remembers.
  public var stores: [any TaskStore] { body.stores }

  /// What an upstream task had announced by the last epoch's end.
  func announced(_ input: Int, _ processor: String, _ task: PartitionID) -> UpstreamTime? {
    body.time.announced(input, processor, task)
  }

  /// When the next timer is due. Like every fold, it may be asked for only when the stores are full.
  var nextDue: Timestamp? { body.time.next?.due }

  /// Folds an epoch into all that it publishes.
  public mutating func fold(_ closed: ClosedEpoch) -> EpochBuffer {
    time.openEpoch(
      end: closed.end, watermark: closed.watermark,
      isBehindTasks: definition.inputs.contains { $0.kind == .tasks })
    var open = OpenEpoch(
      closed.batches, closed.ranges, kinds: definition.inputs.map(\.kind),
      context: FoldContext(destinations, time, body.time, rekey: rekey, onlyOutput: onlyOutput),
      quarantine: Quarantine(
        processor: id.processor, inputs: closed.inputs.map(\.partition), partition: quarantinePartition),
      undo: closed.isCareful ? RecordUndo(body.stores, body.time) : nil)
    body.fold(&open)
    open.finish()
    time = open.context.clock
    var changelog = OutboundRecords()
    for (number, store) in body.stores.enumerated() where onlyOutput == nil {
      store.takeChanges(into: &changelog, as: number, id.partition, at: time.now)
    }
    for (index, input) in definition.inputs.enumerated() where input.kind == .control {
      let new = closed.batches[index].configurationHash(in: closed.ranges[index])
      configurationHash = new ?? configurationHash
    }
    var inputs = closed.inputs
    for index in inputs.indices { inputs[index].ledger = open.ledgers[index] }
    let record = EpochRecord(
      epoch: closed.epoch, recordedTime: time.now, watermark: time.watermark, codeHash: definition.codeHash,
      configurationHash: configurationHash, inputs: inputs.sorted { $0.partition < $1.partition },
      passedOver: closed.passedOver)
    return EpochBuffer(
      record: record, outputs: open.context.records, quarantine: open.quarantine.records,
      changelog: changelog, announcements: announcements)
  }

  private var rekey: FoldContext.Rekey? {
    guard definition.rekeyTopic != nil else { return nil }
    return .init(
      input: definition.inputs.count - 1, output: definition.outputs.count - 1, task: id.partition)
  }

  /// To every partition of the topics that tasks read: how far this one has come.
  private var announcements: OutboundRecords {
    var records = OutboundRecords()
    let announcement = Announcement(
      processor: id.processor, task: id.partition, time: time.now, watermark: time.watermark)
    let bytes = announcement.encoded()
    for (number, output) in definition.outputs.enumerated() where output.isAnnounced {
      for partition in 0..<(partitionCounts[output.topic] ?? 1) {
        unsafe records.append(
          to: number, PartitionID(partition), at: time.now, key: nil, value: bytes.span.bytes)
      }
    }
    return records
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
