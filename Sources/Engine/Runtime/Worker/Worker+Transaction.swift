// A worker's transactions: one at a time, over all its tasks that have a sealed epoch.
internal import Basics

extension Worker {
  /// Brings the producer to where a transaction can begin. Commits of unknown result are settled when this
  /// first returns true again, so the tasks concerned look up their place only then.
  func prepareProducer(_ now: Moment) -> Bool {
    while !transaction.isReady {
      guard now.uptime >= retryAt else { return false }
      _ = step(now)
      if hasEnded { return false }
    }
    return true
  }

  /// Folds what may be folded, if it is time. True when there is something to commit.
  func sealIfDue(_ now: Moment) -> Bool {
    let running = orderedTasks.filter { $0.phase == .running }
    if !running.contains(where: { $0.sealed != nil }) {
      isolates = false
      let ready = running.filter { $0.hasWork(now) }
      let isDue = pace.isDue(
        at: now.uptime, hasWork: !ready.isEmpty, isFull: ready.contains { $0.isFull(now, settings) },
        isDry: isDry)
      guard isDue || stopBy != nil else { return false }
      pace.closed(at: now.uptime)
      for task in ready {
        attempt(task, now) { () throws(ClientFailure) in try task.seal(at: now) }
      }
    }
    bundle = running.filter { $0.sealed != nil && $0.phase == .running }
    if isolates { bundle = Array(bundle.prefix(1)) }
    transactionBegan = now.uptime
    return !bundle.isEmpty && now.uptime >= retryAt
  }

  func stepOpenTransaction(_ now: Moment) -> Rest {
    guard now.uptime >= retryAt else { return .upTo(retryAt - now.uptime) }
    return step(now)
  }

  /// Carries out the step that is due.
  func step(_ now: Moment) -> Rest {
    do throws(ClientFailure) {
      try carryOut(transaction.next)
      trouble = nil
      conclude(transaction.succeeded(), now)
    } catch {
      trouble = error.reason
      retryAt = now.uptime + settings.retryInterval
      let isLate = now.uptime - transactionBegan >= settings.transactionTimeMax
      if transaction.isOpen, case .refused(let reason) = error { refusal = reason }
      conclude(transaction.failed(error, isLate: isLate), now)
      if case .fenced(let reason) = error { return end(.fenced(reason), now) }
    }
    return .none
  }

  private func carryOut(_ step: TransactionSteps.Step) throws(ClientFailure) {
    switch step {
    case .openProducer: try port.openProducer()
    case .initialize: try port.initializeTransactions()
    case .begin: try port.beginTransaction()
    case .produce: try port.produce(bundle.compactMap(\.publication))
    case .flush: delivered = try port.flush()
    case .sendOffsets: try port.sendOffsets(bundleOffsets)
    case .commit: try port.commitTransaction()
    case .abort: try port.abortTransaction()
    }
  }

  private func conclude(_ result: TransactionSteps.Result, _ now: Moment) {
    switch result {
    case .nothing: return
    case .committed:
      for (task, delivered) in zip(bundle, delivered) {
        attempt(task, now) { () throws(ClientFailure) in
          try task.committed(delivered, at: now.wallClock)
        }
      }
    case .aborted: blame()
    // The new producer settles what became of it; then the log tells.
    case .unknown: for task in bundle { task.beginTakeOver() }
    }
    bundle = []
    refusal = nil
  }

  /// After a refusal: sends each task's epoch alone, so that only the task whose epoch is refused stalls.
  private func blame() {
    guard let refusal else { return }
    isolates = true
    if bundle.count == 1 { bundle[0].stall(refusal, port) }
  }

  /// Where the group stands once the transaction is committed: behind each epoch record, and at each input's
  /// next record.
  private var bundleOffsets: [TopicPartition: Offset] {
    var offsets: [TopicPartition: Offset] = [:]
    for (task, delivered) in zip(bundle, delivered) {
      offsets[task.epochs] = delivered.record.next
      for input in task.sealed?.record.inputs ?? [] { offsets[input.partition] = input.next }
    }
    return offsets
  }
}
