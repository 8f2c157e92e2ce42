// A task's past folded again, epoch by epoch as its log says, with the very code that folds live
// (`TaskFold`): the inputs come from the recorded ranges, time from the epoch records, and nothing is
// published. Each epoch's hashes are compared with the recorded ones.
public import Basics
public import Runtime

/// One replay of one task. State is kept in memory.
public struct TaskReplay {
  private let definition: ProcessorDefinition
  private let id: TaskID
  private let port: any ClientPort
  private let from: Epoch
  private var fold: TaskFold
  private var result: ReplayResult
  /// The first epoch in which other code has left another state than today's would have.
  private var divergedAt: Epoch?

  /// `port` is used for reading alone. Epochs before `from` are folded, for the state they leave, and not
  /// compared.
  public init(
    _ partition: PartitionID, of definition: ProcessorDefinition, _ port: any ClientPort,
    from: Epoch = Epoch(0)
  ) {
    self.definition = definition
    self.port = port
    self.from = from
    id = TaskID(processor: definition.name, partition: partition)
    fold = TaskFold(partition, of: definition)
    result = ReplayResult(id, codeHash: definition.codeHash)
  }

  /// A processor without stores remembers nothing, so its past can be entered anywhere.
  private var isStateless: Bool { fold.stores.isEmpty }

  /// Folds up to the log's present end, or to the first epoch that differs.
  /// - Throws: when something cannot be read, which says nothing about the past.
  public mutating func run(
    progress: (ReplayProgress) -> Void = { _ in }
  ) throws(Diagnostic) -> ReplayResult {
    var epochs = try RecordedEpochs(
      TopicPartition(topic: definition.epochsTopic, partition: id.partition), port)
    var inputs = try EpochInputs(definition, id.partition, port)
    defer {
      epochs.stop()
      inputs.stop()
    }
    var previous: EpochRecord?
    while let record = try epochs.next() {
      let isFirst = previous == nil
      defer { previous = record }
      if isFirst, record.epoch != Epoch(0), !isStateless {
        return ended(.unknown(.logCut(first: record.epoch)))
      }
      if isStateless, record.epoch < from { continue }
      guard let buffer = try folded(record, &inputs, after: previous) else {
        if case .unknown(.missing) = result.verdict { try findRetained(&epochs, inputs, from: record) }
        return result
      }
      progress(
        ReplayProgress(
          task: id, epoch: record.epoch, share: epochs.progress, records: result.records, span: result.span))
      if let verdict = try compared(buffer, record, after: previous) { return ended(verdict) }
    }
    return result.compared > 0 || !result.otherCode.isEmpty ? result : ended(.unknown(.nothingRecorded))
  }

  private mutating func ended(_ verdict: ReplayResult.Verdict) -> ReplayResult {
    result.verdict = verdict
    return result
  }

  /// The epoch folded again; nil when it cannot be, and the verdict says why.
  private mutating func folded(
    _ record: EpochRecord, _ inputs: inout EpochInputs, after previous: EpochRecord?
  ) throws(Diagnostic) -> EpochBuffer? {
    let (read, batches): ([EpochRecord.Input], [RecordBatch])
    switch try inputs.read(record) {
    case .complete(let recorded, let records): (read, batches) = (recorded, records)
    case .otherInputs:
      result.verdict = .unknown(.otherInputs(record.epoch))
      return nil
    case .missing(let missing):
      result.verdict = .unknown(.missing(missing))
      return nil
    }
    if result.folded == 0 {
      if let previous { fold = TaskFold(id.partition, of: definition, after: previous) }
      fold.partitionCounts = try definition.partitionCounts(port)
      result.first = record.epoch
      result.begin = previous?.recordedTime
    }
    let buffer = fold.fold(
      ClosedEpoch(
        record.epoch, read, batches, batches.map { 0..<$0.count }, end: record.recordedTime,
        watermark: record.watermark, passedOver: record.passedOver,
        isCareful: record.ledger.setAside[.stateTooLarge] != nil))
    result.folded += 1
    result.records += record.ledger.read
    result.last = record.epoch
    result.begin = result.begin ?? record.recordedTime
    result.end = record.recordedTime
    return buffer
  }

  /// The verdict, if this epoch ends the replay.
  private mutating func compared(
    _ buffer: EpochBuffer, _ record: EpochRecord, after previous: EpochRecord?
  ) throws(Diagnostic) -> ReplayResult.Verdict? {
    let isSame = buffer.isSame(as: record)
    guard record.codeHash == definition.codeHash else {
      note(record, isSame)
      if buffer.record.stateHash != record.stateHash { divergedAt = divergedAt ?? record.epoch }
      return nil
    }
    guard record.epoch >= from else { return nil }
    result.compared += 1
    if isSame { return nil }
    if let divergedAt { return .unknown(.otherCode(at: record.epoch, since: divergedAt)) }
    let search = DifferenceSearch(definition, id, port, fold)
    return .different(try search.difference(buffer, record, after: previous?.recordedTime ?? .zero))
  }

  private mutating func note(_ record: EpochRecord, _ isSame: Bool) {
    let same: Int64 = isSame ? 1 : 0
    if let last = result.otherCode.last, last.codeHash == record.codeHash,
      last.epochs.upperBound.next == record.epoch
    {
      let index = result.otherCode.count - 1
      result.otherCode[index].epochs = last.epochs.lowerBound...record.epoch
      result.otherCode[index].same += same
    } else {
      result.otherCode.append(
        .init(codeHash: record.codeHash, epochs: record.epoch...record.epoch, same: same))
    }
  }

  /// Where the past can be asked from, when `record` is the first epoch whose inputs are gone.
  private mutating func findRetained(
    _ epochs: inout RecordedEpochs, _ inputs: EpochInputs, from record: EpochRecord
  ) throws(Diagnostic) {
    var time = record.recordedTime
    while let record = try epochs.next() {
      if inputs.isRetained(record) {
        result.retainedFrom = (record.epoch, time)
        return
      }
      time = record.recordedTime
    }
  }
}

extension EpochBuffer {
  /// All that an epoch record says of what folding made.
  fileprivate func isSame(as recorded: EpochRecord) -> Bool {
    record.outputHash == recorded.outputHash && record.stateHash == recorded.stateHash
      && record.inputs == recorded.inputs && record.recordedTime == recorded.recordedTime
      && record.watermark == recorded.watermark && record.configurationHash == recorded.configurationHash
  }
}
