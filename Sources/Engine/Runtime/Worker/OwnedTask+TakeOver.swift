// Getting a task going: where does it stand, what does its memory lack, where does each input go on.
internal import Basics

extension OwnedTask {
  /// Looks up the task's place anew: it was assigned, or a commit's result is unknown.
  func beginTakeOver() {
    takeOver = TakeOver()
    phase.become(.takingOver)
  }

  /// Carries a take-over or a restore on, as far as it goes without waiting.
  func advance(_ port: any ClientPort, _ settings: EngineSettings, at now: Moment) throws(ClientFailure) {
    switch phase {
    case .takingOver:
      do throws(ClientFailure) {
        try carryOut(try nextAction(port, settings.recordsPerEpochMax), port, settings, now)
      } catch {
        takeOver = TakeOver()
        throw error
      }
    case .restoring: try restoreOn(port, settings, now)
    case .parked, .running, .stalled: break
    }
  }

  private func nextAction(_ port: any ClientPort, _ limit: Int) throws(ClientFailure) -> TakeOver.Action {
    switch takeOver.question {
    case .committedOffset: return takeOver.committed(try port.committedOffset(of: epochs))
    case .bounds: return takeOver.bounds(try port.bounds(of: epochs))
    case .records:
      var batch = RecordBatch()
      let end = try port.read(epochs, into: &batch, limit: limit)
      var records: [(offset: Offset, value: [UInt8])] = []
      batch.forEach(in: 0..<batch.count, of: 0) { record in
        let value: [UInt8] = if let value = record.value { value.copied } else { [] }
        records.append((record.offset, value))
      }
      return takeOver.fetched(records, isAtEnd: end != nil)
    }
  }

  private func carryOut(
    _ action: TakeOver.Action, _ port: any ClientPort, _ settings: EngineSettings, _ now: Moment
  ) throws(ClientFailure) {
    switch action {
    case .askBounds, .readOn: break
    case .startReading(let offset): try port.startReading(epochs, at: offset)
    case .failed(let reason): stall(reason, port)
    case .finished(let last):
      port.stopReading(epochs)
      try settle(last, port, settings, now)
    }
  }

  /// Compares what the log says with what the task remembers.
  private func settle(
    _ last: LoggedEpoch?, _ port: any ClientPort, _ settings: EngineSettings, _ now: Moment
  ) throws(ClientFailure) {
    if let sealed, sealed.recordBytes == last?.bytes {
      try committed(nil, foundAt: last?.offset, at: now.wallClock)
    }
    if let memory, memory.last?.bytes == last?.bytes { return try run(port, now) }
    // It may still be reading from where its memory stood.
    stopReading(port)
    forget(last)
    if let restore = try openState(last, port, settings, at: now) {
      self.restore = restore
      return phase.become(.restoring)
    }
    memory = Memory(last: last)
    try run(port, now)
  }

  /// The task's memory is of no use: another worker went on from an earlier epoch, or this one has just
  /// begun.
  private func forget(_ last: LoggedEpoch?) {
    sealed = nil
    memory = nil
    inputs = []
    fold = TaskFold(id.partition, of: definition, after: last?.record)
    epoch = last?.record.epoch.next ?? Epoch(0)
  }

  private func restoreOn(
    _ port: any ClientPort, _ settings: EngineSettings, _ now: Moment
  ) throws(ClientFailure) {
    switch try restore?.advance(fold.stores, port, limit: settings.recordsPerEpochMax) {
    case .some(.more): return
    case .some(.otherLog):
      let target = restore?.target
      stopReading(port)
      restore = try restoreFully(because: StartUp.RestoreReason.differentLog.rawValue, to: target, now)
      return
    case .some(.unexpected(let changelog)): throw .refused(orphan(changelog).description)
    case .some(.filled):
      try checkRestored()
      let target = restore?.target
      changelogNext = restore?.ends ?? []
      if let target { try keepRestored(target, at: now.wallClock) }
      memory = Memory(last: target)
      restore = nil
    case nil: break
    }
    try run(port, now)
  }

  /// To go on would fold the inputs from their beginning into stores that already hold them, or throw away
  /// what only the changelog still knows.
  private func orphan(_ changelog: TopicPartition) -> Diagnostic {
    Diagnostic(
      "the epoch log \(epochs) is empty, but the changelog \(changelog) is not", at: .named(id.description),
      why: "which records of the inputs the changelog has seen stood in the epoch log",
      next: "to begin anew from the inputs, delete and create both topics; "
        + "to keep the state, bring the epoch log back")
  }

  /// Begins to read the inputs where the task stands.
  private func run(_ port: any ClientPort, _ now: Moment) throws(ClientFailure) {
    let upstreamTopics = definition.inputs.flatMap(\.upstream).map(\.epochsTopic)
    for topic in definition.outputs.map(\.topic) + [definition.quarantineTopic] + upstreamTopics {
      fold.partitionCounts[topic] = try port.partitionCount(of: topic)
    }
    if inputs.isEmpty { inputs = try makeCursors(port) }
    if !isReading {
      upstream = makeClocks(now)
      for input in inputs {
        if input.kind == .control {
          try shared.start(input.partition, at: input.next, for: id)
        } else {
          try port.startReading(input.partition, at: input.next)
        }
      }
      isReading = true
    }
    phase.become(.running)
  }

  /// As of the last epoch: nothing has been gathered yet.
  private func makeClocks(_ now: Moment) -> UpstreamClocks {
    let passedOver = memory?.last?.record.passedOver ?? []
    var clocks: [UpstreamClocks.One] = []
    for (number, input) in definition.inputs.enumerated() {
      for upstream in input.upstream {
        for task in 0..<(fold.partitionCounts[upstream.epochsTopic] ?? 0) {
          let id = UpstreamTask(topic: input.topic, processor: upstream.processor, task: PartitionID(task))
          clocks.append(
            .init(
              id: id, announced: fold.announced(number, id.processor, id.task), heardAt: now.uptime,
              isPassedOver: passedOver.contains(id)))
        }
      }
    }
    return UpstreamClocks(clocks)
  }

  private func makeCursors(_ port: any ClientPort) throws(ClientFailure) -> [InputCursor] {
    var cursors: [InputCursor] = []
    for input in definition.inputs {
      let partition = TopicPartition(topic: input.topic, partition: id.partition)
      let known = memory?.last?.record.next(of: partition)
      let first = if let known { known } else { try port.bounds(of: partition).lowerBound }
      cursors.append(InputCursor(partition, input.kind, first: first))
    }
    return cursors
  }
}
