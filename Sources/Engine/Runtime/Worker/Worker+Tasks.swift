// A worker's tasks: which are its own, how they get going, what they gather.
internal import Basics

extension Worker {
  /// Serves the group. False when the worker has ended by it.
  func serveGroup(_ now: Moment) -> Bool {
    do throws(ClientFailure) {
      for event in try port.pollGroup() { obey(event) }
      return true
    } catch {
      guard case .fenced(let reason) = error else {
        trouble = error.reason
        return true
      }
      _ = end(.fenced(reason), now)
      return false
    }
  }

  /// A revoked task is parked until the next assignment tells whether it comes back; only then is it
  /// forgotten.
  private func obey(_ event: GroupEvent) {
    switch event {
    case .revoked(let partitions), .lost(let partitions):
      for task in orderedTasks where partitions.contains(task.epochs) { task.park(port) }
    case .assigned(let partitions):
      for task in orderedTasks where !partitions.contains(task.epochs) {
        task.park(port)
        tasks[task.id] = nil
      }
      for partition in partitions.sorted() {
        guard let definition = definitions.first(where: { $0.epochsTopic == partition.topic }) else {
          continue
        }
        let id = TaskID(processor: definition.name, partition: partition.partition)
        let task = tasks[id] ?? OwnedTask(partition.partition, of: definition, shared, disk)
        tasks[id] = task
        task.assign()
      }
    }
  }

  func obey(_ command: WorkerCommand, _ now: Moment) {
    switch command {
    case .stop(let deadline):
      guard state == .running else { return }
      state = .stopping
      stopBy = now.uptime + deadline
    case .skip(let id):
      guard let task = tasks[id], case .stalled = task.phase else { return }
      attempt(task, now) { () throws(ClientFailure) in try task.skipDeleted(port) }
    }
  }

  /// Carries take-overs and restores on. Restoring tasks contribute nothing to transactions and hold nobody
  /// up.
  func advanceTasks(_ now: Moment) {
    for task in orderedTasks where task.retryAt <= now.uptime {
      attempt(task, now) { () throws(ClientFailure) in
        try task.advance(port, settings, at: now)
      }
    }
  }

  func gather(_ now: Moment) {
    isDry = true
    for task in orderedTasks where task.phase == .running && task.retryAt <= now.uptime {
      attempt(task, now) { () throws(ClientFailure) in
        if try task.gather(port, settings, now) { isDry = false }
      }
    }
  }

  /// Passing trouble is waited out; a refusal stalls the task, and no other.
  func attempt(_ task: OwnedTask, _ now: Moment, _ body: () throws(ClientFailure) -> Void) {
    do throws(ClientFailure) {
      try body()
    } catch {
      trouble = error.reason
      if case .refused(let reason) = error {
        task.stall(reason, port)
      } else {
        if task.mustBegin { task.beginAgain(port) }
        task.retryAt = now.uptime + settings.retryInterval
      }
    }
  }
}
