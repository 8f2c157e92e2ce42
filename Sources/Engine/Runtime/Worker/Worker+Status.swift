// A worker's snapshot of itself.
internal import Basics

extension Worker {
  public func status(_ now: Moment) -> WorkerStatus {
    WorkerStatus(
      worker: number, state: state, tasks: orderedTasks.map { status(of: $0, now) }, trouble: trouble)
  }

  private func status(of task: OwnedTask, _ now: Moment) -> TaskStatus {
    TaskStatus(
      task: task.id, state: state(of: task, now), epoch: task.memory?.last?.record.epoch,
      watermark: task.memory?.last?.record.watermark, lastCommit: task.lastCommit,
      lagRecords: task.lagRecords, lagTime: task.lagTime(at: now.wallClock),
      restoreLeft: task.restore?.offsetsLeft, restoreReason: task.restore?.reason,
      waitsFor: task.waitsFor(now))
  }

  private func state(of task: OwnedTask, _ now: Moment) -> TaskStatus.State {
    if case .fenced = state { return .fenced }
    switch task.phase {
    case .parked, .takingOver: return .rebalancing
    case .running: return .running
    case .stalled(let reason): return .stalled(reason)
    case .restoring:
      let records = task.restore?.records ?? 0
      let seconds = task.restore.map { Double(($0.began - now.uptime).milliseconds) / -1000 } ?? 0
      return .restoring(records: records, perSecond: seconds > 0 ? Double(records) / seconds : 0)
    }
  }
}
